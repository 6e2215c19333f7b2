"""Runs and published figures as tables, whatever they are written as.

```text
XtremeRun, Published ─▶ Table: heads, rows of cells ─▶ page · Markdown · LaTeX
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from erniem.languages import KINSHIP
from erniem.report.xtreme.cells import (
    Cell,
    gap_cell,
    kin_cell,
    language_cells,
    mean_cell,
    printed_cell,
    printed_cells,
)
from erniem.report.xtreme.comparison import Comparison
from erniem.report.xtreme.names import NAMES, ORDER, metrics_of
from erniem.report.xtreme.published import published, published_of
from erniem.report.xtreme.runs import XtremeRun
from erniem.scores.xtreme import GROUPS, XTREME

__all__ = [
    "Row",
    "Table",
    "comparison_table",
    "gap_table",
    "group_table",
    "kinship_table",
    "summary",
    "task_table",
]


@dataclass(frozen=True, kw_only=True)
class Row:
    """Of one run, or of one published model."""

    name: str
    """Its head."""
    cells: tuple[Cell, ...]
    """One for each column."""
    ours: bool = True
    """Whether it is measured here, and not published."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table."""

    title: str
    """What it is of."""
    corner: str
    """The head of the rows' names."""
    heads: tuple[str, ...]
    """Of the columns."""
    rows: tuple[Row, ...]
    """From the top."""
    hint: str = ""
    """What stands under it."""


def summary(runs: Sequence[XtremeRun]) -> Table:
    """Runs and published models by task."""
    return Table(
        title="All tasks",
        corner="model",
        heads=tuple(NAMES[task] for task in ORDER),
        rows=tuple(_means(runs, ORDER)),
        hint="Means over languages; of answers (F1 + exact match) / 2.",
    )


def group_table(runs: Sequence[XtremeRun]) -> Table:
    """Runs and published models by group of tasks, and the mean of all nine."""
    columns = (*GROUPS, "all_task")
    return Table(
        title="Groups of tasks",
        corner="model",
        heads=tuple(NAMES[name] for name in columns),
        rows=tuple(_means(runs, columns)),
        hint="A mean over tasks is shown where all of them have all of their languages.",
    )


def _means(runs: Sequence[XtremeRun], columns: Sequence[str]) -> Iterator[Row]:
    """All runs, and the published models that have any of the means."""
    for run in runs:
        yield Row(name=run.label, cells=tuple(mean_cell(run, column) for column in columns))
    for name in dict.fromkeys(one.name for one in published()):
        cells = tuple(printed_cell(name, column) for column in columns)
        if any(cell.value is not None for cell in cells):
            yield Row(name=name, cells=cells, ours=False)


def gap_table(runs: Sequence[XtremeRun]) -> Table:
    """What is lost on the way from English, by task."""
    tasks = tuple(task for task in ORDER if "en" in XTREME[task].languages)
    rows = [Row(name=run.label, cells=tuple(_gap(run, task) for task in tasks)) for run in runs]
    for name in dict.fromkeys(one.name for one in published() if one.figures):
        cells = tuple(_printed_gap(name, task) for task in tasks)
        if any(cell.value is not None for cell in cells):
            rows.append(Row(name=name, cells=cells, ours=False))
    return Table(
        title="The gap of transfer",
        corner="model",
        heads=tuple(NAMES[task] for task in tasks),
        rows=tuple(rows),
        hint="English less the mean of the other languages, in points: the smaller, the more of "
        "what is learnt in English arrives. Of answers (F1 + exact match) / 2.",
    )


def _gap(run: XtremeRun, task: str) -> Cell:
    found = {code: run.main(task, code) for code in XTREME[task].languages}
    known = {code: value for code, value in found.items() if value is not None}
    return gap_cell(known, "" if run.comparable(task) else "†")


def _printed_gap(name: str, task: str) -> Cell:
    found = [one for one in published_of(task).get(name, ()) if one.figures]
    if len(found) != len(metrics_of(task)):
        return Cell()
    means = {code: fmean(one.figures[code] for one in found) for code in found[0].figures}
    return gap_cell(means, "‡" if any(one.care for one in found) else "")


def task_table(task: str, runs: Sequence[XtremeRun]) -> Table:
    """A task by language, with the mean and the gap of transfer, of each of its metrics."""
    there = [run for run in runs if task in run.figures]
    codes = tuple(
        code
        for code in XTREME[task].languages
        if any(run.main(task, code) is not None for run in there)
    )
    metrics = metrics_of(task)
    return Table(
        title=NAMES[task],
        corner=NAMES[metrics[0]] if len(metrics) == 1 else "figure",
        heads=("mean", "gap", *codes),
        rows=tuple(row for metric in metrics for row in _rows(task, metric, there, codes)),
        hint=_of_gap(task, codes),
    )


def _of_gap(task: str, codes: Sequence[str]) -> str:
    if "en" in codes:
        return "The gap is English less the mean of the other languages."
    if "en" in XTREME[task].languages:
        return "English was not measured, so there is no gap."
    return "There is no English in this task: it is what the others are held against."


def _rows(task: str, metric: str, runs: Sequence[XtremeRun], codes: Sequence[str]) -> Iterator[Row]:
    """Of a task's table those of one metric: ours, then published ones.

    Means alone have their place in the summary, but for F1 without exact match.
    """
    told = f", {NAMES[metric]}" if len(metrics_of(task)) > 1 else ""
    for run in runs:
        mark = "" if run.comparable(task) else "†"
        name = f"{run.name} ({run.seeds_of(task)}){mark}{told}"
        yield Row(name=name, cells=language_cells(run, task, metric, codes))
    for one in published():
        alone = not one.figures and printed_cell(one.name, task).value is not None
        if (one.task, one.metric) == (task, metric) and not alone:
            yield Row(name=one.name + told, cells=printed_cells(one, codes), ours=False)


def kinship_table(run: XtremeRun, kind: str) -> Table:
    """A run's tasks by language family or script: means over a task's languages of that kind.

    Args:
        run: one.
        kind: `family` or `script`.
    """
    tasks = [task for task in ORDER if task in run.figures]
    members: dict[str, list[str]] = {}
    for code, kin in KINSHIP.items():
        if any(run.main(task, code) is not None for task in tasks):
            members.setdefault(getattr(kin, kind), []).append(code)
    kinds = sorted(members, key=lambda one: (-len(members[one]), one))
    rows = [
        Row(name=one, cells=tuple(kin_cell(run, task, members[one]) for task in tasks))
        for one in kinds
    ]
    return Table(
        title=f"{run.label} by {kind}",
        corner=kind,
        heads=tuple(NAMES[task] for task in tasks),
        rows=tuple(rows),
        hint="Means over the task's languages of that kind that were measured: "
        + "; ".join(f"{one} {' '.join(members[one])}" for one in kinds)
        + ".",
    )


def comparison_table(comparison: Comparison) -> Table:
    """One run less another: tasks, groups and all, and below their languages."""
    names = [name for name in ("all_task", *ORDER, *GROUPS) if name in comparison.names]
    there = {code for name in comparison.names if (code := name.partition("/")[2])}
    rows = [Row(name="mean", cells=tuple(_difference(comparison, name) for name in names))]
    for code in sorted(there):
        cells = tuple(_difference(comparison, f"{name}/{code}") for name in names)
        rows.append(Row(name=code, cells=cells))
    return Table(
        title=f"{comparison.first.label} less {comparison.second.label}",
        corner="language",
        heads=tuple(NAMES[name] for name in names),
        rows=tuple(rows),
        hint=comparison.explanation,
    )


def _difference(comparison: Comparison, name: str) -> Cell:
    if name not in comparison.names:
        return Cell()
    value = comparison.difference.differences[name]
    chance = comparison.difference.p_values[name]
    star = "*" if chance < 0.05 else ""
    return Cell(text=f"{value:+.1f}{star}", value=value, hint=f"p = {chance:.4f}")
