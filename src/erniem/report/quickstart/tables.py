"""The tables of a report: rows of cells, each with what is read and what it is sorted by."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import yaml

from erniem.report.quickstart.figures import HEALTH_NAMES
from erniem.report.quickstart.results import Figures, LanguageResult, Results
from erniem.report.quickstart.words import count, known, means, percent, points

__all__ = [
    "Cell",
    "ShareRow",
    "Table",
    "health_rows",
    "language_table",
    "needed_shares",
    "uncertainty",
]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a table."""

    text: str
    """What is read."""
    value: float | None = None
    """What it is sorted by."""
    kind: str = ""
    """`gain` or `loss` for a difference that is one."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The table of languages."""

    columns: tuple[tuple[str, tuple[str, ...]], ...]
    """Groups of columns, each with the names of its own."""
    rows: tuple[tuple[Cell, ...], ...]
    """A row for each language, in the order of the results, without its name."""
    total: tuple[Cell, ...]
    """Sums of text, means of accuracies."""


@dataclass(frozen=True, kw_only=True)
class ShareRow:
    """One share of the asking pass, in percent."""

    name: str
    """As the chart names it."""
    first: str
    """At the first check-up."""
    last: str
    """At the last one."""
    least: str
    """What stage 2 needs."""


def language_table(results: Results) -> Table:
    """Text, retrieval, gains and Tatoeba of each language."""
    checkpoints = results.checkpoints
    has_tatoeba = any(language.tatoeba for language in results.languages)
    columns = [
        ("text", ("segments", "pairs", "tokens", "held out")),
        ("retrieval, %", checkpoints),
        ("gain, points", checkpoints[1:]),
        ("Tatoeba, %", checkpoints if has_tatoeba else ()),
    ]
    rows = []
    for one in results.languages:
        text = [_number(value) for value in (one.segments, one.pairs, one.tokens, one.held_out)]
        rows.append((*text, *_accuracies(one.retrieval, one.tatoeba, checkpoints, has_tatoeba)))
    segments = _number(sum(one.segments for one in results.languages))
    tokens = _number(sum(one.tokens for one in results.languages))
    # A pair belongs to two languages: a sum would count it twice.
    text = [segments, Cell(text=""), tokens, Cell(text="")]
    retrieval, tatoeba = (means(results, test)[0] for test in ("retrieval", "tatoeba"))
    return Table(
        columns=tuple(group for group in columns if group[1]),
        rows=tuple(rows),
        total=(*text, *_accuracies(retrieval, tatoeba, checkpoints, has_tatoeba)),
    )


def uncertainty(languages: Sequence[LanguageResult]) -> tuple[int, str] | None:
    """Held-out rows of the middle language, and half of the widest 95 % interval they give.

    Widest at an accuracy of a half: 1.96 · √(0.25 / rows), in points.
    """
    rows = [language.held_out for language in languages if language.held_out and language.retrieval]
    middle = int(median(rows)) if rows else 0
    return (middle, f"{98 / math.sqrt(middle):.1f}") if middle else None


def needed_shares(recipe: str) -> dict[str, float]:
    """The shares of the asking pass that a recipe needs to open stage 2, by their name in the log.

    They stand under `health: opening:`; there are none where the recipe does not say.
    """
    try:
        part = yaml.safe_load(recipe)
    except yaml.YAMLError:
        return {}
    for key in ("health", "opening"):
        part = part.get(key) if isinstance(part, dict) else None
    least = part if isinstance(part, dict) else {}
    names = {"distinct": "distinct", "content": "content", "found": "found_content"}
    return {
        name: float(least[key])
        for key, name in names.items()
        if isinstance(least.get(key), int | float)
    }


def health_rows(results: Results, needed: Mapping[str, float]) -> list[ShareRow]:
    """First and last figure of each share, and the least; empty if there was no check-up."""
    rows = []
    for key, name in HEALTH_NAMES.items():
        seen = [line[f"health/{key}"] for line in results.losses if f"health/{key}" in line]
        first, last = (seen[0], seen[-1]) if seen else (None, None)
        least = percent(needed.get(key))
        rows.append(ShareRow(name=name, first=percent(first), last=percent(last), least=least))
    was_checked = any(key.startswith("health/") for line in results.losses for key in line)
    return rows if was_checked else []


def _accuracies(
    retrieval: Figures, tatoeba: Figures, checkpoints: Sequence[str], has_tatoeba: bool
) -> list[Cell]:
    cells = [*_shares(retrieval, checkpoints), *_gains(retrieval, checkpoints)]
    return [*cells, *_shares(tatoeba, checkpoints)] if has_tatoeba else cells


def _number(number: int) -> Cell:
    return Cell(text=count(number), value=float(number))


def _shares(shares: Figures, checkpoints: Iterable[str]) -> list[Cell]:
    found = (known(shares.get(name)) for name in checkpoints)
    return [Cell(text=percent(share), value=share) for share in found]


def _gains(shares: Figures, checkpoints: Sequence[str]) -> list[Cell]:
    cells = []
    for before, after in pairwise(checkpoints):
        gain = shares.get(after, math.nan) - shares.get(before, math.nan)
        kind = "gain" if gain > 0 else "loss" if gain < 0 else ""
        cells.append(Cell(text=points(gain), value=known(gain), kind=kind))
    return cells
