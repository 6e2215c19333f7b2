"""A run of XTREME, read from its folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from erniem.scores.xtreme import GROUPS, XTREME

__all__ = ["Figure", "TaskFacts", "XtremeRun", "read_run"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure with each seed, in percent."""

    values: tuple[float, ...]
    """One a seed."""

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
        return "1 seed" if len(self.values) == 1 else f"{len(self.values)} seeds"

    def __str__(self) -> str:
        deviation = self.deviation
        return f"{self.mean:.1f}" + ("" if deviation is None else f" ± {deviation:.1f}")


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
    scores = {
        seed: _json(folder / f"seed-{seed}" / "scores.json")
        for seed in told["seeds"]
        if (folder / f"seed-{seed}" / "scores.json").is_file()
    }
    if not scores:
        raise ValueError(f"{folder} has no figures yet: let `erniem xtreme` finish a task.")
    layers = _json(folder / "layers.json") if (folder / "layers.json").is_file() else {}
    scan = layers.get("tatoeba", {"layers": {}, "languages": 0})
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
            task: {name: _by_language(scores, task, name) for name in XTREME[task].metric.main}
            for task in XTREME
            if any(task in one for one in scores.values())
        },
        means=_means(scores),
        layers=tuple(scan["layers"].values()),
        layer_languages=scan["languages"],
    )


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


def _by_language(scores: Mapping[int, Any], task: str, metric: str) -> dict[str, Figure]:
    """A metric's figures of the languages that have any, in the order of the task."""
    tables = [one[task][metric] for one in scores.values() if task in one]
    return {
        code: Figure(values=tuple(table[code] for table in tables if code in table))
        for code in XTREME[task].languages
        if any(code in table for table in tables)
    }


def _means(scores: Mapping[int, Any]) -> dict[str, Figure]:
    found = {}
    for name in (*XTREME, *GROUPS, "all_task"):
        values = tuple(
            one[name]["avg_metric"] if name in XTREME else one[name]
            for one in scores.values()
            if one.get(name) is not None
        )
        if values:
            found[name] = Figure(values=values)
    return found
