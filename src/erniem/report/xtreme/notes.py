"""What is to be said beside the figures: on what they rest, why a mark, where from."""

from collections.abc import Iterator, Sequence

from erniem.report.xtreme.names import NAMES, ORDER
from erniem.report.xtreme.published import published, sources
from erniem.report.xtreme.runs import XtremeRun
from erniem.scores.xtreme import XTREME

__all__ = ["MARKS", "cares", "notes", "numbered"]

Note = tuple[str, str]
"""Of what, and the words."""

MARKS = (
    "† not to be compared with published figures; ‡ published, to be read with care; "
    "[n] the source; ± the standard deviation over seeds"
)
"""What the signs mean."""


def notes(runs: Sequence[XtremeRun]) -> Iterator[Note]:
    """On what each run's tasks rest."""
    for run in runs:
        for task in ORDER:
            if task in run.figures:
                yield f"{run.name}, {NAMES[task]}", "; ".join(_of_task(run, task))
            elif task in run.tasks:
                yield f"{run.name}, {NAMES[task]}", "no figures: no right answers, or it failed"


def _of_task(run: XtremeRun, task: str) -> Iterator[str]:
    missing = run.missing(task)
    count = len(XTREME[task].languages)
    yield run.seeds_of(task)
    if missing:
        yield f"{count - len(missing)} of {count} languages, without {' '.join(missing)}"
    else:
        yield f"all {count} languages"
    if task not in run.tasks:
        return
    facts = run.tasks[task]
    yield facts.trained_on
    if other := [code for code, split in facts.splits.items() if split != "test"]:
        yield f"{' '.join(other)} on {facts.splits[other[0]]}"
    if facts.why_not:
        yield f"† not to be compared: {facts.why_not}"
    if facts.note:
        yield facts.note


def cares() -> Iterator[Note]:
    """Why published figures are to be read with care, by model and task."""
    told: dict[tuple[str, str], list[str]] = {}
    for one in published():
        if one.care:
            told.setdefault((one.name, one.care), []).append(NAMES[one.task])
    for (name, care), tasks in told.items():
        yield f"{name}, {' '.join(tasks)}", f"‡ {care}"


def numbered() -> Iterator[Note]:
    """Where published figures are from, by their numbers."""
    for number, source in enumerate(sources(), start=1):
        yield f"[{number}]", source
