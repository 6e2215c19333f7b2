"""What a report holds, whatever it is written as.

```text
XtremeRun … ─▶ Report: tables, notes ─▶ page · Markdown · LaTeX
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from erniem.report.xtreme.comparison import Comparison, compare_runs
from erniem.report.xtreme.names import ORDER
from erniem.report.xtreme.notes import Note, cares, notes, numbered
from erniem.report.xtreme.runs import XtremeRun, read_runs
from erniem.report.xtreme.tables import (
    Table,
    comparison_table,
    gap_table,
    group_table,
    kinship_table,
    summary,
    task_table,
)

__all__ = ["Report", "gather"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that is told of one run or several."""

    runs: tuple[XtremeRun, ...]
    """Side by side."""
    comparison: Comparison | None
    """Of two runs."""
    overview: tuple[Table, ...]
    """All tasks, their groups, and the gap of transfer."""
    kinships: tuple[tuple[Table, Table], ...]
    """Of each run, by family and by script."""
    tasks: tuple[Table, ...]
    """Each by language."""
    differences: tuple[Table, ...]
    """Of two runs; of others none."""
    notes: tuple[Note, ...]
    """On what the figures rest, and where the published ones are from."""

    @property
    def title(self) -> str:
        """Names the runs."""
        return f"XTREME: {' and '.join(run.name for run in self.runs)}"

    @property
    def tables(self) -> tuple[Table, ...]:
        """All of them, in order."""
        kinships = (one for pair in self.kinships for one in pair)
        return (*self.overview, *self.differences, *kinships, *self.tasks)


def gather(folders: Sequence[Path]) -> Report:
    """Reads the runs, and makes of them all that is to be told.

    Raises:
        ValueError: a folder without a run; of two runs, that cannot be compared.
    """
    runs = read_runs(folders)
    comparison = compare_runs(*folders) if len(folders) == 2 else None
    measured = [task for task in ORDER if any(task in run.figures for run in runs)]
    return Report(
        runs=runs,
        comparison=comparison,
        overview=(summary(runs), group_table(runs), gap_table(runs)),
        kinships=tuple(
            (kinship_table(run, "family"), kinship_table(run, "script")) for run in runs
        ),
        tasks=tuple(task_table(task, runs) for task in measured),
        differences=(comparison_table(comparison),) if comparison else (),
        notes=(*notes(runs), *cares(), *numbered()),
    )
