"""Two runs of XTREME, language by language: which is better, and is it chance."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path

from erniem.report.xtreme.names import NAMES
from erniem.report.xtreme.runs import XtremeRun, read_runs
from erniem.scores.score import Difference, compare
from erniem.scores.xtreme import XTREME

__all__ = ["Comparison", "compare_runs"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One run against another."""

    first: XtremeRun
    """One."""
    second: XtremeRun
    """The other."""
    difference: Difference
    """First minus second, in points, by task, `task/language` and group, with p-values."""

    @property
    def names(self) -> Collection[str]:
        """What was compared: tasks, `task/language`, groups."""
        return self.difference.differences

    @property
    def explanation(self) -> str:
        """How to read the figures."""
        return (
            "Points; * is p below 0.05 by paired bootstrap over examples, the figures of seeds "
            "averaged (not pooled) before they are compared. Each test stands by itself: of twenty "
            "differences that are chance, one has a star."
        )

    def lines(self) -> Iterator[str]:
        """A line for each task and language, for people."""
        seeds = f"seeds: {len(self.first.seeds)}, {len(self.second.seeds)}"
        yield f"{self.first.name} less {self.second.name}, in points ({seeds})"
        for name, value, chance in self._rows():
            task, _, code = name.partition("/")
            shown = f"  {code}" if code else NAMES.get(task, task)
            sure = " *" if chance < 0.05 else ""
            yield f"{shown:<16}{value:+7.2f}  p = {chance:.4f}{sure}"
        yield self.explanation

    def markdown(self) -> str:
        """The same as a table."""
        lines = [
            f"| {self.first.name} less {self.second.name} | points | p |",
            "| --- | ---: | ---: |",
        ]
        for name, value, chance in self._rows():
            task, _, code = name.partition("/")
            shown = f"{NAMES[task]}, {code}" if code else f"**{NAMES[task]}**"
            lines.append(f"| {shown} | {value:+.2f} | {chance:.4f} |")
        return "\n".join([*lines, "", self.explanation]) + "\n"

    def _rows(self) -> Iterator[tuple[str, float, float]]:
        """Name, difference and p, each task before its languages."""
        told = self.difference
        names = [name for name in told.differences if "/" not in name]
        for name in names:
            of_task = [one for one in told.differences if one.startswith(f"{name}/")]
            for one in (name, *of_task):
                yield one, told.differences[one], told.p_values[one]


def compare_runs(first: Path, second: Path, *, bootstrap: int = 1000, seed: int = 0) -> Comparison:
    """Compares what two runs have in common.

    Args:
        first, second: folders of `erniem xtreme`.
        bootstrap: samples of the test.
        seed: of the samples.

    Raises:
        ValueError: folders without a run, nothing in common, other examples or other answers.
    """
    runs = read_runs((first, second))
    _check_limits(*runs)
    _check_references(*runs)
    one, other = (
        [run.folder / f"seed-{seed}" / "predictions" for seed in run.seeds] for run in runs
    )
    references = _references(runs[0])
    difference = compare(one, other, references, by_language=True, bootstrap=bootstrap, seed=seed)
    return Comparison(first=runs[0], second=runs[1], difference=difference)


def _check_limits(first: XtremeRun, second: XtremeRun) -> None:
    """Both were scored on the same examples."""
    for task in XTREME:
        if task not in first.tasks or task not in second.tasks:
            continue
        one, other = first.tasks[task].examples, second.tasks[task].examples
        for code in one.keys() & other.keys():
            if one[code] != other[code]:
                raise ValueError(
                    f"{task} in {code} has {one[code]:,} examples in {first.folder} and "
                    f"{other[code]:,} in {second.folder}: measure both with the same --limit."
                )


def _check_references(first: XtremeRun, second: XtremeRun) -> None:
    """Both were scored against the same answers, in the same order."""
    for path in sorted(_references(first).rglob("test-*")):
        other = _references(second) / path.relative_to(_references(first))
        if other.is_file() and not cmp(path, other, shallow=False):
            raise ValueError(
                f"{path} and {other} differ: predictions are compared example by example, so "
                "measure both runs on the same data."
            )


def _references(run: XtremeRun) -> Path:
    """The right answers, of its first seed."""
    return run.folder / f"seed-{run.seeds[0]}" / "references"
