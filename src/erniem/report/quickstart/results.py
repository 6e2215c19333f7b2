"""The results of a pre-training run: what a report shows and `results.json` keeps.

Accuracies are shares between 0 and 1; NaN, or a missing key, says that there is no figure.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

__all__ = ["Figures", "LanguageResult", "Results", "SourceCredit"]

Figures = Mapping[str, float | int]
"""Figures by name."""


@dataclass(frozen=True, kw_only=True)
class LanguageResult:
    """One language: its text, and how well its sentences are found."""

    code: str
    """As in the corpus: `de`."""
    name: str
    """In English: `German`."""
    segments: int
    """Monolingual sentences."""
    pairs: int
    """Parallel segments."""
    tokens: int
    """Pieces trained on."""
    held_out: int
    """Rows on which retrieval is measured."""
    retrieval: Figures
    """Checkpoint → accuracy against English on the held-out pairs, mean of both ways."""
    tatoeba: Figures
    """The same on Tatoeba; may be empty."""


@dataclass(frozen=True, kw_only=True)
class SourceCredit:
    """Where text comes from."""

    name: str
    """Of the source."""
    licence: str
    """Of its text."""
    origin: str
    """Its address, or empty."""
    segments: int
    """Taken from it."""


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything that a report tells, but for the maps."""

    title: str
    """Of the report."""
    languages: tuple[LanguageResult, ...]
    """In the order in which they are shown."""
    checkpoints: tuple[str, ...]
    """In order: `untrained`, `stage 1`, and `stage 2` if it opened."""
    between: Mapping[str, Figures]
    """Checkpoint → `de-fr` → accuracy on held-out pairs, mean of both ways."""
    losses: tuple[Figures, ...]
    """Lines of the training log; each has `step` and some of the other figures."""
    opened_step: int | None
    """Step at which stage 2 opened."""
    seconds: Figures
    """Part of the job → how long it took."""
    versions: Mapping[str, str]
    """Library → version."""
    sources: tuple[SourceCredit, ...]
    """Where the text comes from."""
    recipe: str
    """The resolved recipe, as YAML."""
    notes: tuple[str, ...] = ()
    """Honest remarks, shown beneath the verdict."""

    def __post_init__(self) -> None:
        for language in self.languages:
            for test, shares in (("retrieval", language.retrieval), ("tatoeba", language.tatoeba)):
                self._check_checkpoints(f"{test} of {language.code}", shares)
                _check_shares(f"{test} of {language.code}", shares)
        self._check_checkpoints("between", self.between)
        for checkpoint, shares in self.between.items():
            _check_shares(f"between at {checkpoint}", shares)
        if any("step" not in line for line in self.losses):
            raise ValueError("a line of losses has no step: give every line its step.")

    def _check_checkpoints(self, what: str, by_checkpoint: Mapping[str, Any]) -> None:
        if unknown := sorted(set(by_checkpoint) - set(self.checkpoints)):
            raise ValueError(
                f"{what} names {', '.join(unknown)}, and checkpoints are "
                f"{', '.join(self.checkpoints) or 'none'}: name it there too."
            )

    def to_json(self) -> str:
        """The text of `results.json`; NaN becomes null."""
        return json.dumps(_without_nan(asdict(self)), indent=1, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Results":
        """Reads what `to_json` wrote.

        Raises:
            ValueError: a key is missing or unknown.
        """
        data = json.loads(text)
        _check_keys(cls, data)
        parts = {
            "languages": tuple(_language(one) for one in data["languages"]),
            "checkpoints": tuple(data["checkpoints"]),
            "between": {name: _figures(shares) for name, shares in data["between"].items()},
            "losses": tuple(_figures(line) for line in data["losses"]),
            "seconds": _figures(data["seconds"]),
            "sources": tuple(_source(one) for one in data["sources"]),
            "notes": tuple(data.get("notes", ())),
        }
        return cls(**{**data, **parts})


def _language(data: dict[str, Any]) -> LanguageResult:
    _check_keys(LanguageResult, data)
    shares = {name: _figures(data[name]) for name in ("retrieval", "tatoeba")}
    return LanguageResult(**{**data, **shares})


def _source(data: dict[str, Any]) -> SourceCredit:
    _check_keys(SourceCredit, data)
    return SourceCredit(**data)


def _check_keys(kind: Any, data: Mapping[str, Any]) -> None:
    known = {field.name: field.default is MISSING for field in fields(kind)}
    if unknown := sorted(set(data) - set(known)):
        raise ValueError(f"{kind.__name__} has no {', '.join(unknown)}; it has {', '.join(known)}.")
    if missing := [name for name, needed in known.items() if needed and name not in data]:
        raise ValueError(f"{kind.__name__} lacks {', '.join(missing)}: add it.")


def _check_shares(what: str, shares: Figures) -> None:
    for name, share in shares.items():
        if not (math.isnan(share) or 0 <= share <= 1):
            raise ValueError(f"{what}, {name}: {share} is no share; give it between 0 and 1.")


def _figures(data: Mapping[str, float | int | None]) -> dict[str, float | int]:
    return {name: math.nan if value is None else value for name, value in data.items()}


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
