"""Figures as they are shown: mean and deviation, the marks † and ‡, and what is said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from erniem.languages import name_of
from erniem.report.xtreme.names import metrics_of
from erniem.report.xtreme.published import Published, published_of
from erniem.report.xtreme.runs import XtremeRun
from erniem.scores.xtreme import XTREME

__all__ = [
    "Cell",
    "gap_cell",
    "kin_cell",
    "language_cells",
    "mean_cell",
    "members_of",
    "printed_cell",
    "printed_cells",
]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One figure, or that there is none."""

    text: str = "–"
    """As shown; † says not to be compared with published figures, ‡ to be read with care."""
    value: float | None = None
    """To sort by."""
    hint: str = ""
    """What to say of it."""


def members_of(name: str) -> tuple[str, ...]:
    """The tasks that a mean is of: one, a group's, or all nine."""
    return tuple(task for task, one in XTREME.items() if name in (task, one.group, "all_task"))


def mean_cell(run: XtremeRun, name: str) -> Cell:
    """A run's mean of a task, a group or all nine."""
    figure = run.means.get(name)
    if figure is None:
        return Cell(hint="not measured, or not whole")
    mark = "" if all(map(run.comparable, members_of(name))) else "†"
    missing = run.missing(name) if name in XTREME else ()
    without = f", without {' '.join(missing)}" if missing else ""
    return Cell(text=f"{figure}{mark}", value=figure.mean, hint=f"{figure.seeds}{without}")


def language_cells(
    run: XtremeRun, task: str, metric: str, codes: Sequence[str]
) -> tuple[Cell, ...]:
    """The mean of a run's figures, the gap of transfer, and the figures by language."""
    figures = run.figures[task][metric]
    mark = "" if run.comparable(task) else "†"
    cells = [
        Cell(text=f"{figures[code]}", value=figures[code].mean, hint=_told(run, task, metric, code))
        if code in figures
        else Cell(hint=f"{name_of(code)} is missing")
        for code in codes
    ]
    means = {code: one.mean for code, one in figures.items()}
    mean = run.mean_of(task, metric)
    hint = f"{run.seeds_of(task)} over {' '.join(means)}"
    over = Cell(text=f"{mean}{mark}", value=mean.mean, hint=hint)
    return (over, gap_cell(means, mark), *cells)


def _told(run: XtremeRun, task: str, metric: str, code: str) -> str:
    told = f"{name_of(code)}, {run.figures[task][metric][code].seeds}"
    facts = run.tasks.get(task)
    if facts is not None and code in facts.splits:
        told += f", {facts.examples[code]:,} examples of {facts.splits[code]}"
    return told


def gap_cell(figures: Mapping[str, float], mark: str = "") -> Cell:
    """English less the mean of the rest, with the mark of the figures; none without either."""
    rest = {code: value for code, value in figures.items() if code != "en"}
    if "en" not in figures or not rest:
        return Cell()
    value = figures["en"] - fmean(rest.values())
    hint = f"English less the mean of {' '.join(rest)}"
    return Cell(text=f"{value:.1f}{mark}", value=value, hint=hint)


def kin_cell(run: XtremeRun, task: str, codes: Sequence[str]) -> Cell:
    """A task's mean over those of some languages that were measured."""
    found = {code: value for code in codes if (value := run.main(task, code)) is not None}
    if not found:
        return Cell()
    value = fmean(found.values())
    return Cell(text=f"{value:.1f}", value=value, hint=" ".join(found))


def printed_cell(name: str, column: str) -> Cell:
    """A published mean, by the model's name and number; of answers if F1 and EM were printed."""
    found = published_of(column).get(name, ())
    wanted = metrics_of(column) if column in XTREME else ("mean",)
    if {one.metric for one in found} != set(wanted):
        return Cell()
    return _with_care(fmean(one.mean for one in found), found)


def printed_cells(one: Published, codes: Sequence[str]) -> tuple[Cell, ...]:
    """A model's printed mean, the gap that follows, and what was printed by language."""
    by_language = [
        _with_care(one.figures[code], [one]) if code in one.figures else Cell() for code in codes
    ]
    gap = gap_cell(one.figures, "‡" if one.care else "")
    return (_with_care(one.mean, [one]), gap, *by_language)


def _with_care(value: float, found: Sequence[Published]) -> Cell:
    cares = [one.care for one in found if one.care]
    hint = "; ".join(dict.fromkeys([*cares, *(one.source for one in found)]))
    return Cell(text=f"{value:.1f}" + ("‡" if cares else ""), value=value, hint=hint)
