"""A run of XTREME, read from its folder."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from os.path import commonpath
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from erniem.scores.xtreme import GROUPS, XTREME

__all__ = ["Figure", "TaskFacts", "XtremeRun", "read_run", "read_runs"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure with each seed, in percent."""

    values: tuple[float, ...]
    """One a seed; of what is not trained, a single one."""

    @property
    def mean(self) -> float:
        """Over the seeds."""
        return fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """The standard deviation; None of a single seed."""
        return stdev(self.values) if len(self.values) > 1 else None

    @property
    def seeds(self) -> str:
        """How many, for people."""
        return _seeds(len(self.values))

    def __str__(self) -> str:
        deviation = self.deviation
        return f"{self.mean:.1f}" + ("" if deviation is None else f" ± {deviation:.1f}")


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count} seeds"


@dataclass(frozen=True, kw_only=True)
class TaskFacts:
    """On what a task's figures rest, see `erniem.xtreme.plan.RunFile`."""

    trained_on: str
    """Examples and files, or that nothing was trained."""
    splits: Mapping[str, str]
    """By language."""
    examples: Mapping[str, int]
    """By language."""
    why_not: str
    """Why the figures may not be set beside published ones; empty if they may."""
    note: str
    """What else is to be said."""


@dataclass(frozen=True, kw_only=True)
class XtremeRun:
    """One encoder's figures, with every seed that was run."""

    folder: Path
    """Of the run."""
    name: str
    """Of its folder."""
    model: str
    """What was measured."""
    command: str
    """That made the figures."""
    plan: Mapping[str, Any]
    """What was asked for."""
    versions: Mapping[str, str]
    """Of the libraries."""
    seeds: tuple[int, ...]
    """That have figures."""
    tasks: Mapping[str, TaskFacts]
    """By task."""
    figures: Mapping[str, Mapping[str, Mapping[str, Figure]]]
    """By task, metric and language."""
    means: Mapping[str, Figure]
    """Of tasks, over their languages, and of the groups that are whole."""
    layers: tuple[float, ...]
    """Tatoeba's accuracy by layer, the first layer first; empty if it was not measured."""
    layer_languages: int
    """That the figures by layer are a mean of."""

    def main(self, task: str, language: str) -> float | None:
        """What stands for a language in a task's mean: accuracy, F1, or (EM + F1) / 2."""
        metrics = self.figures.get(task, {})
        found = [
            metrics[name][language].mean
            for name in XTREME[task].metric.main
            if language in metrics.get(name, {})
        ]
        return fmean(found) if found else None

    def mean_of(self, task: str, metric: str) -> Figure:
        """A metric's mean over languages, by seed; of all seeds at once if languages lack some."""
        figures = list(self.figures[task][metric].values())
        if len({len(one.values) for one in figures}) > 1:
            return _figure([fmean(one.mean for one in figures)])
        return _figure(map(fmean, zip(*(one.values for one in figures), strict=True)))

    @property
    def label(self) -> str:
        """Its name with the number of seeds."""
        return f"{self.name} ({_seeds(len(self.seeds))})"

    def seeds_of(self, task: str) -> str:
        """How many seeds a task's figures are of, for people."""
        return self.means[task].seeds

    def missing(self, task: str) -> tuple[str, ...]:
        """Languages of a task without figures."""
        return tuple(code for code in XTREME[task].languages if self.main(task, code) is None)

    def comparable(self, task: str) -> bool:
        """Whether a task's figures may be set beside published ones."""
        return task in self.tasks and not self.tasks[task].why_not


def read_run(folder: Path) -> XtremeRun:
    """The run that `erniem xtreme` left in a folder.

    Raises:
        ValueError: it left none there, or no figures yet.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise ValueError(f"{folder} has no run.json: name the --output of an `erniem xtreme`.")
    told = _json(path)
    try:
        return _run(folder, told)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{folder}: run.json, layers.json or a scores.json lacks what `erniem xtreme` writes "
            f"({type(error).__name__}: {error}): run it again."
        ) from error


def read_runs(folders: Sequence[Path]) -> tuple[XtremeRun, ...]:
    """Runs whose names tell them apart: those of `a/xtreme` and `b/xtreme` get their folder's too.

    Raises:
        ValueError: as for `read_run`.
    """
    runs = tuple(map(read_run, folders))
    paths = [run.folder.resolve() for run in runs]
    if len({run.name for run in runs}) == len(set(paths)):
        return runs
    shared = commonpath(paths)
    return tuple(
        replace(run, name=str(path.relative_to(shared)))
        for run, path in zip(runs, paths, strict=True)
    )


def _run(folder: Path, told: Mapping[str, Any]) -> XtremeRun:
    scores = {
        seed: _json(folder / f"seed-{seed}" / "scores.json")
        for seed in told["seeds"]
        if (folder / f"seed-{seed}" / "scores.json").is_file()
    }
    if not any(task in one for one in scores.values() for task in XTREME):
        raise ValueError(f"{folder} has no figures yet: let `erniem xtreme` finish a task.")
    layers = _json(folder / "layers.json") if (folder / "layers.json").is_file() else {}
    scan = layers.get("tatoeba", {"layers": {}, "languages": 0})
    untrained = {name for name, one in told["tasks"].items() if one["train"] is None}
    by_task = {task: _of_task(scores, task, untrained) for task in XTREME}
    return XtremeRun(
        folder=folder,
        name=folder.resolve().name,
        model=told["model"],
        command=told["command"],
        plan=told["plan"],
        versions=told["versions"],
        seeds=tuple(scores),
        tasks={name: _facts(one) for name, one in told["tasks"].items()},
        figures={
            task: {name: _by_language(found, task, name) for name in XTREME[task].metric.main}
            for task, found in by_task.items()
            if found
        },
        means={
            **{
                task: _figure(one["avg_metric"] for one in found)
                for task, found in by_task.items()
                if found
            },
            **_group_means(scores, untrained),
        },
        layers=tuple(float(scan["layers"][layer]) for layer in sorted(scan["layers"], key=int)),
        layer_languages=scan["languages"],
    )


def _of_task(scores: Mapping[int, Any], task: str, untrained: Set[str]) -> list[Any]:
    """A task's figures by seed; what is not trained is the same with every seed, and told once."""
    found = [one[task] for one in scores.values() if task in one]
    return found[:1] if task in untrained else found


def _json(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged ({error}): run `erniem xtreme` again.") from error
    return told


def _facts(told: Mapping[str, Any]) -> TaskFacts:
    train = told["train"]
    files = ", ".join(train["files"]) if train else ""
    return TaskFacts(
        trained_on=f"{train['rows']:,} examples of {files}" if train else "not trained",
        splits=told["splits"],
        examples=told["examples"],
        why_not=told["why_not"] or "",
        note=told["note"] or "",
    )


def _by_language(tables: Sequence[Any], task: str, metric: str) -> dict[str, Figure]:
    """A metric's figures of the languages that have any, in the order of the task."""
    return {
        code: _figure(one[metric][code] for one in tables if code in one[metric])
        for code in XTREME[task].languages
        if any(code in one[metric] for one in tables)
    }


def _group_means(scores: Mapping[int, Any], untrained: Set[str]) -> dict[str, Figure]:
    """Means of the groups, and of all nine, that are whole with some seed."""
    found = {}
    for name in (*GROUPS, "all_task"):
        values = [one[name] for one in scores.values() if one.get(name) is not None]
        members = {task for task, one in XTREME.items() if name in (one.group, "all_task")}
        if values:
            found[name] = _figure(values[:1] if members <= untrained else values)
    return found


def _figure(values: Iterable[float]) -> Figure:
    return Figure(values=tuple(values))
