"""Runs and published figures as tables, whatever they are written as.

```text
XtremeRun, Published ─▶ Table: heads, rows of cells ─▶ page · Markdown · LaTeX
```
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from erniem.languages import KINSHIP, name_of
from erniem.report.xtreme.published import Published, published
from erniem.report.xtreme.runs import XtremeRun
from erniem.scores.xtreme import GROUPS, XTREME

__all__ = [
    "NAMES",
    "ORDER",
    "Cell",
    "Row",
    "Table",
    "cares",
    "kinship_table",
    "notes",
    "summary",
    "task_table",
]

NAMES = {
    "xnli": "XNLI",
    "pawsx": "PAWS-X",
    "udpos": "UD-POS",
    "panx": "PAN-X",
    "xquad": "XQuAD",
    "mlqa": "MLQA",
    "tydiqa": "TyDiQA",
    "bucc2018": "BUCC",
    "tatoeba": "Tatoeba",
    "classification": "pairs",
    "tagging": "tags",
    "qa": "answers",
    "retrieval": "retrieval",
    "all_task": "all",
    "accuracy": "accuracy",
    "f1": "F1",
    "exact_match": "exact match",
    "mean": "mean",
}
"""Of tasks, groups and metrics, for people."""

ORDER = tuple(task for group in GROUPS for task, one in XTREME.items() if one.group == group)
"""Tasks by group."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One figure, or that there is none."""

    text: str = "–"
    """As shown; † says not to be compared with published figures, ‡ to be read with care."""
    value: float | None = None
    """To sort by."""
    hint: str = ""
    """What to say of it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """Of one run, or of one published model."""

    name: str
    """Its head."""
    cells: tuple[Cell, ...]
    """One for each column."""
    ours: bool
    """Whether it is a run, and not published."""


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
    """Runs and published models by tasks, groups and the mean of all nine."""
    columns = (*ORDER, *GROUPS, "all_task")
    rows = [Row(name=run.name, cells=_means(run, columns), ours=True) for run in runs]
    for model in dict.fromkeys(one.model for one in published()):
        cells = tuple(_printed(model, column) for column in columns)
        rows.append(Row(name=model, cells=cells, ours=False))
    return Table(
        title="All tasks",
        corner="model",
        heads=tuple(NAMES[name] for name in columns),
        rows=tuple(rows),
        hint="Means over languages; of answers (F1 + exact match) / 2. A group's mean, and that of "
        "all nine tasks, is shown where all of its tasks have all of their languages.",
    )


def task_table(task: str, runs: Sequence[XtremeRun]) -> Table:
    """A task by language, with the mean and the gap of transfer, of each of its metrics."""
    codes = tuple(
        code
        for code in XTREME[task].languages
        if any(code in run.figures[task][_first(task)] for run in runs if task in run.figures)
    )
    metrics = sorted(XTREME[task].metric.main, key=lambda metric: metric != "f1")
    rows = []
    for metric in metrics:
        told = f", {NAMES[metric]}" if len(metrics) > 1 else ""
        rows += [
            Row(name=run.name + told, cells=_of_run(run, task, metric, codes), ours=True)
            for run in runs
            if task in run.figures
        ]
        rows += [
            Row(name=one.model + told, cells=_of_published(one, codes), ours=False)
            for one in published()
            if one.task == task and one.metric == metric
        ]
    return Table(
        title=NAMES[task],
        corner=NAMES[metrics[0]] if len(metrics) == 1 else "figure",
        heads=(*codes, "mean", "gap"),
        rows=tuple(rows),
        hint="The gap is English less the mean of the other languages."
        if "en" in codes
        else "There is no English in this task: it is what the others are held against.",
    )


def kinship_table(run: XtremeRun, kind: str) -> Table:
    """A run's tasks by language family or script: means over a task's languages of that kind.

    Args:
        run: one.
        kind: `family` or `script`.
    """
    members: dict[str, list[str]] = {}
    for code, kin in KINSHIP.items():
        members.setdefault(getattr(kin, kind), []).append(code)
    measured = {
        code for task in run.figures for code in KINSHIP if run.main(task, code) is not None
    }
    kinds = [one for one, codes in members.items() if measured & set(codes)]
    kinds.sort(key=lambda one: (-len(members[one]), one))
    tasks = [task for task in ORDER if task in run.figures]
    rows = [
        Row(
            name=one,
            cells=tuple(_mean_over(run, task, members[one]) for task in tasks),
            ours=True,
        )
        for one in kinds
    ]
    return Table(
        title=f"By {kind}",
        corner=kind,
        heads=tuple(NAMES[task] for task in tasks),
        rows=tuple(rows),
        hint="Means over the languages that were measured; pointing at a figure names them.",
    )


# Cells


def _first(task: str) -> str:
    return XTREME[task].metric.main[0]


def _means(run: XtremeRun, columns: Sequence[str]) -> tuple[Cell, ...]:
    cells = []
    for name in columns:
        figure = run.means.get(name)
        if figure is None:
            cells.append(Cell(hint="not measured, or not whole"))
            continue
        members = [one for one in XTREME if name in (one, XTREME[one].group, "all_task")]
        mark = "" if all(map(run.comparable, members)) else "†"
        missing = [
            code
            for code in (XTREME[name].languages if name in XTREME else ())
            if code not in run.figures[name][_first(name)]
        ]
        without = f", without {' '.join(missing)}" if missing else ""
        hint = f"{figure.seeds}{without}"
        cells.append(Cell(text=f"{figure}{mark}", value=figure.mean, hint=hint))
    return tuple(cells)


def _printed(model: str, column: str) -> Cell:
    """A published mean; of answers (F1 + EM) / 2 if both were printed."""
    found = [one for one in published() if one.model == model and one.task == column]
    wanted = XTREME[column].metric.main if column in XTREME else ("mean",)
    if {one.metric for one in found} != set(wanted):
        return Cell()
    return _with_care(fmean(one.mean for one in found), found)


def _of_published(one: Published, codes: Sequence[str]) -> tuple[Cell, ...]:
    by_language = [
        _with_care(one.figures[code], [one]) if code in one.figures else Cell() for code in codes
    ]
    return (*by_language, _with_care(one.mean, [one]), _gap(one.figures.get, list(one.figures)))


def _with_care(value: float, found: Sequence[Published]) -> Cell:
    cares = [one.care for one in found if one.care]
    hint = "; ".join(dict.fromkeys([*cares, *(one.source for one in found)]))
    return Cell(text=f"{value:.1f}" + ("‡" if cares else ""), value=value, hint=hint)


def _of_run(run: XtremeRun, task: str, metric: str, codes: Sequence[str]) -> tuple[Cell, ...]:
    figures = run.figures[task][metric]
    mark = "" if run.comparable(task) else "†"
    facts = run.tasks.get(task)
    cells = []
    for code in codes:
        if code not in figures:
            cells.append(Cell(hint=f"no {name_of(code)}"))
            continue
        told = f"{name_of(code)}, {figures[code].seeds}"
        if facts is not None and code in facts.splits:
            told += f", {facts.examples[code]:,} examples of {facts.splits[code]}"
        cells.append(Cell(text=f"{figures[code]}", value=figures[code].mean, hint=told))
    mean = fmean(one.mean for one in figures.values())
    over = Cell(text=f"{mean:.1f}{mark}", value=mean, hint=f"over {len(figures)} languages")
    means = {code: one.mean for code, one in figures.items()}
    return (*cells, over, _gap(means.get, list(figures)))


def _gap(figure: Callable[[str], float | None], codes: Sequence[str]) -> Cell:
    """English less the mean of the rest."""
    english = figure("en")
    rest = [value for code in codes if code != "en" and (value := figure(code)) is not None]
    if english is None or not rest:
        return Cell()
    value = english - fmean(rest)
    return Cell(text=f"{value:.1f}", value=value)


def _mean_over(run: XtremeRun, task: str, codes: Sequence[str]) -> Cell:
    found = {code: value for code in codes if (value := run.main(task, code)) is not None}
    if not found:
        return Cell()
    value = fmean(found.values())
    return Cell(text=f"{value:.1f}", value=value, hint=" ".join(found))


def notes(runs: Sequence[XtremeRun]) -> Iterator[tuple[str, str]]:
    """What is to be said of each run's tasks: `run, task` and the words."""
    for run in runs:
        for task in ORDER:
            if task not in run.tasks:
                continue
            facts = run.tasks[task]
            told = [facts.trained_on]
            told += [f"† not to be compared: {facts.why_not}"] if facts.why_not else []
            told += [facts.note] if facts.note else []
            yield f"{run.name}, {NAMES[task]}", "; ".join(told)


def cares() -> Mapping[str, str]:
    """Why published figures are to be read with care, by model and task."""
    return {f"{one.model}, {NAMES[one.task]}": one.care for one in published() if one.care}
