"""What the page draws: a heat map of languages and tasks, a curve of layers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from erniem.languages import KINSHIP, name_of
from erniem.report.xtreme.names import NAMES, ORDER
from erniem.report.xtreme.runs import XtremeRun
from erniem.scores.xtreme import XTREME

__all__ = ["Curve", "Curves", "HeatMap", "Mark", "Square", "curves", "heat_map"]

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

    run: str
    """Its name and seeds."""
    tasks: tuple[str, ...]
    """Names of the rows."""
    languages: tuple[str, ...]
    """Codes of the columns, families together."""
    families: tuple[tuple[str, int], ...]
    """Their names from the left, and how many languages each has."""
    rows: tuple[tuple[Square, ...], ...]
    """Of each task, a field for each language."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A layer on a curve."""

    x: float
    """Place, in pixels from the left."""
    y: float
    """From the top."""
    hint: str
    """Run, layer, accuracy."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Tatoeba's accuracy by layer of one run."""

    run: str
    """Its name."""
    points: str
    """Of the line, as SVG has them."""
    marks: tuple[Mark, ...]
    """Each layer, the first layer first."""
    hint: str
    """Which layer is best."""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """All runs' curves in one frame; runs of other depths share the number of a layer."""

    width: int
    """In pixels."""
    height: int
    """In pixels."""
    left: int
    """Where layer 0 stands."""
    right: int
    """Where the last one stands."""
    lines: tuple[tuple[float, str], ...]
    """Height and accuracy of each line across."""
    layers: tuple[tuple[float, int], ...]
    """Place and number of each layer."""
    curves: tuple[Curve, ...]
    """Of each run that has one."""


def heat_map(run: XtremeRun) -> HeatMap:
    """What a run measured, at one glance."""
    tasks = tuple(task for task in ORDER if task in run.figures)
    there = {
        code
        for task in tasks
        for code in XTREME[task].languages
        if run.main(task, code) is not None
    }
    families = list(dict.fromkeys(kin.family for kin in KINSHIP.values()))
    families.sort(key=lambda one: -sum(kin.family == one for kin in KINSHIP.values()))
    codes = sorted(there, key=lambda code: (families.index(KINSHIP[code].family), code))
    sizes = Counter(KINSHIP[code].family for code in codes)
    return HeatMap(
        run=run.label,
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


def curves(runs: Sequence[XtremeRun]) -> Curves | None:
    """The curves of runs whose layers were measured; None if no run's were."""
    scanned = [run for run in runs if len(run.layers) > 1]
    if not scanned:
        return None
    depth = max(len(run.layers) for run in scanned)
    return Curves(
        width=WIDTH,
        height=HEIGHT,
        left=MARGIN,
        right=WIDTH - MARGIN,
        lines=tuple((_y(share), f"{share:.0f}") for share in (0.0, 25.0, 50.0, 75.0, 100.0)),
        layers=tuple((_x(layer, depth), layer) for layer in range(depth)),
        curves=tuple(_curve(run, depth) for run in scanned),
    )


def _curve(run: XtremeRun, depth: int) -> Curve:
    marks = tuple(
        Mark(x=_x(layer, depth), y=_y(value), hint=f"{run.name}, layer {layer}: {value:.1f}")
        for layer, value in enumerate(run.layers)
    )
    best = max(range(len(run.layers)), key=run.layers.__getitem__)
    return Curve(
        run=run.name,
        points=" ".join(f"{mark.x},{mark.y}" for mark in marks),
        marks=marks,
        hint=f"best: layer {best} with {run.layers[best]:.1f}; mean over "
        f"{run.layer_languages} languages",
    )


def _x(layer: int, depth: int) -> float:
    return round(MARGIN + layer * (WIDTH - 2 * MARGIN) / (depth - 1), 1)


def _y(share: float) -> float:
    return round(HEIGHT - MARGIN - share / 100 * (HEIGHT - 2 * MARGIN), 1)
