"""What the page draws: a heat map of languages and tasks, a curve of layers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from erniem.languages import KINSHIP, name_of
from erniem.report.xtreme.runs import XtremeRun
from erniem.report.xtreme.tables import NAMES, ORDER
from erniem.scores.xtreme import XTREME

__all__ = ["Curve", "HeatMap", "Square", "curve", "heat_map"]

WIDTH, HEIGHT, MARGIN = 640, 240, 36
"""Of the curve, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Square:
    """One field of the heat map."""

    text: str
    """The figure, in whole points; empty where there is none."""
    share: int
    """How strong its colour is, in percent: 0 is the task's lowest language, 100 its highest."""
    hint: str
    """Language, task, figure."""


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """Languages by family and tasks; each task has its own scale."""

    tasks: tuple[str, ...]
    """Names of the rows."""
    languages: tuple[str, ...]
    """Codes of the columns, families together."""
    families: tuple[tuple[str, int], ...]
    """Their names from the left, and how many languages each has."""
    rows: tuple[tuple[Square, ...], ...]
    """Of each task, a field for each language."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Tatoeba's accuracy by layer of one run."""

    run: str
    """Its name."""
    points: str
    """Of the line, as SVG has them."""
    marks: tuple[tuple[float, float, str], ...]
    """Place of each layer, and what it says."""
    hint: str
    """Which layer is best."""


def heat_map(run: XtremeRun) -> HeatMap:
    """What a run measured, at one glance."""
    tasks = tuple(task for task in ORDER if task in run.figures)
    there = {code for task in tasks for code in XTREME[task].languages if run.main(task, code)}
    families = list(dict.fromkeys(kin.family for kin in KINSHIP.values()))
    families.sort(key=lambda one: -sum(kin.family == one for kin in KINSHIP.values()))
    codes = sorted(there, key=lambda code: (families.index(KINSHIP[code].family), code))
    sizes = Counter(KINSHIP[code].family for code in codes)
    return HeatMap(
        tasks=tuple(NAMES[task] for task in tasks),
        languages=tuple(codes),
        families=tuple(sizes.items()),
        rows=tuple(_squares(run, task, codes) for task in tasks),
    )


def _squares(run: XtremeRun, task: str, codes: Sequence[str]) -> tuple[Square, ...]:
    figures = {code: run.main(task, code) for code in codes}
    known = [value for value in figures.values() if value is not None]
    low, high = min(known), max(known)
    squares = []
    for code, value in figures.items():
        if value is None:
            squares.append(Square(text="", share=0, hint=f"{name_of(code)}: no {NAMES[task]}"))
            continue
        share = round(100 * (value - low) / (high - low)) if high > low else 100
        told = f"{name_of(code)}, {NAMES[task]}: {value:.1f}"
        squares.append(Square(text=f"{value:.0f}", share=share, hint=told))
    return tuple(squares)


def curve(run: XtremeRun) -> Curve | None:
    """The curve of a run's layers; None if they were not measured."""
    if len(run.layers) < 2:
        return None
    step = (WIDTH - 2 * MARGIN) / (len(run.layers) - 1)
    marks = tuple(
        (
            round(MARGIN + place * step, 1),
            round(HEIGHT - MARGIN - value / 100 * (HEIGHT - 2 * MARGIN), 1),
            f"layer {place}: {value:.1f}",
        )
        for place, value in enumerate(run.layers)
    )
    best = max(range(len(run.layers)), key=run.layers.__getitem__)
    return Curve(
        run=run.name,
        points=" ".join(f"{x},{y}" for x, y, _ in marks),
        marks=marks,
        hint=f"best: layer {best} with {run.layers[best]:.1f}; mean over "
        f"{run.layer_languages} languages",
    )
