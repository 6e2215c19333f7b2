"""One checkpoint, measured: retrieval on a corpus's held-out pairs, on Tatoeba, or on both."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from erniem.corpus.corpus import open_corpus
from erniem.embed import Pooling, VectorSettings, open_encoder
from erniem.tasks.retrieve import (
    XTREME_TATOEBA,
    RetrievalTable,
    held_out_retrieval,
    read_tatoeba,
    tatoeba_retrieval,
    xtreme_accuracy,
)
from erniem.tasks.retrieve.margin import Margin

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What was measured of a checkpoint."""

    model: Path
    """The checkpoint."""
    settings: VectorSettings
    """How sentences became vectors."""
    centred: bool
    """Whether the mean of each language was taken off first."""
    margin: Margin
    """What the best match was chosen by."""
    held_out: RetrievalTable | None
    """Between all pairs of languages, on held-out pairs of a corpus."""
    tatoeba: RetrievalTable | None
    """Between English and each language, on Tatoeba."""

    def lines(self) -> list[str]:
        """A table of each test, a line for each pair of languages."""
        tests = (("held-out pairs", self.held_out), ("Tatoeba", self.tatoeba))
        lines = [line for name, table in tests if table is not None for line in _table(name, table)]
        if self.tatoeba is not None and {f"en-{code}" for code in XTREME_TATOEBA} <= set(
            self.tatoeba.pairs
        ):
            lines.append(
                f"XTREME's 36 languages, from English: {xtreme_accuracy(self.tatoeba):.1%}"
            )
        return lines

    def to_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {
            "model": str(self.model),
            "layer": self.settings.layer,
            "pooling": self.settings.pooling,
            "prefix": self.settings.prefix,
            "centred": self.centred,
            "margin": self.margin,
            "held_out": None if self.held_out is None else self.held_out.to_json(),
            "tatoeba": None if self.tatoeba is None else self.tatoeba.to_json(),
        }


def evaluate(
    model: Path,
    *,
    corpus: Path | None = None,
    tatoeba: Path | None = None,
    languages: Sequence[str] | None = None,
    layer: int | Literal["last"] | None = None,
    pooling: Pooling = "mean",
    prefix: str = "",
    centred: bool = False,
    margin: Margin = "absolute",
    output: Path | None = None,
) -> Evaluation:
    """Measures a checkpoint by retrieval.

    Args:
        model: folder with an encoder of any kind and its tokenizer, see `open_encoder`.
        corpus: measure on its held-out pairs.
        tatoeba: measure on the Tatoeba files in this folder.
        languages: only between these; English always stays for Tatoeba.
        layer, pooling, prefix: see `VectorSettings`.
        centred, margin: see `retrieve`.
        output: write the figures there as JSON.

    Raises:
        ValueError: nothing to measure on, or a folder that is not what it should be.
    """
    if corpus is None and tatoeba is None:
        raise ValueError("nothing to measure on: give a corpus, a Tatoeba folder, or both.")
    settings = VectorSettings(layer=layer, pooling=pooling, prefix=prefix)
    encoder = open_encoder(model)
    tables: dict[str, RetrievalTable | None] = {"held_out": None, "tatoeba": None}
    if corpus is not None:
        rows = _held_out(corpus, languages)
        tables["held_out"] = held_out_retrieval(
            encoder, rows, settings, centred=centred, margin=margin, progress=True
        )
    if tatoeba is not None:
        rows = _tatoeba(tatoeba, languages)
        tables["tatoeba"] = tatoeba_retrieval(
            encoder, rows, settings, centred=centred, margin=margin, progress=True
        )
    found = Evaluation(model=model, settings=settings, centred=centred, margin=margin, **tables)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(found.to_json(), indent=1) + "\n", encoding="utf-8")
    return found


def _held_out(corpus: Path, languages: Sequence[str] | None) -> dict[str, list[tuple[str, str]]]:
    """The held-out pairs of a corpus between the languages asked for."""
    held_out = open_corpus(corpus).held_out
    kept = {
        label: rows
        for label, rows in held_out.items()
        if rows and (languages is None or set(label.split("-")) <= set(languages))
    }
    if not kept:
        raise ValueError(
            f"{corpus} holds no pairs out in these languages; it has "
            f"{', '.join(held_out) or 'none'}."
        )
    return kept


def _tatoeba(folder: Path, languages: Sequence[str] | None) -> dict[str, list[tuple[str, str]]]:
    wanted = None if languages is None else [code for code in languages if code != "en"]
    if wanted == []:
        raise ValueError("Tatoeba pairs English with others: name one of them beside en.")
    return read_tatoeba(folder, languages=wanted)


def _table(name: str, table: RetrievalTable) -> list[str]:
    """A line for each pair of languages, and their mean."""
    lines = [f"{name:16}{'rows':>7}{'forth':>9}{'back':>9}{'mean':>9}"]
    for label, found in table.pairs.items():
        shares = f"{found.forward:9.1%}{found.backward:9.1%}{found.mean:9.1%}"
        lines.append(f"{label:16}{found.rows:7,}{shares}")
    if table.pairs:
        lines.append(f"{'mean':16}{'':25}{table.mean:9.1%}")
    lines += [f"{label:16}{rows:7,}   too few rows" for label, rows in table.left_out.items()]
    return lines
