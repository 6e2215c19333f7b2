"""One run of XTREME: what is asked for, and the file that says on what its figures rest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from erniem.scores.xtreme import XTREME
from erniem.tasks.catalogue import TASKS
from erniem.tasks.finetune import Finetuned
from erniem.tasks.gather import Training
from erniem.tasks.measured import Measurement
from erniem.tasks.settings import read_settings

__all__ = ["Plan", "RunFile"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do: one run."""

    model: Path
    """Folder of the encoder and its tokenizer."""
    data: Path
    """Holds the tasks' folders."""
    output: Path
    """The run's folder."""
    tasks: tuple[str, ...] = tuple(XTREME)
    """Of the nine."""
    languages: tuple[str, ...] | None = None
    """Only these; all if None."""
    seeds: int = 1
    """Times that each trained task is trained: seeds 0, 1, …"""
    recipe: str = "xtreme-baseline"
    """Settings by task, see `read_settings`."""
    overrides: tuple[str, ...] = ()
    """`key=value` or `task.key=value`, over the recipe."""
    training: Training = field(default_factory=Training)
    """Languages to train on, and how many examples of each."""
    train_files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Instead of a task's own training files, by task (`squad` is XQuAD's and MLQA's)."""
    limit: int | None = None
    """Examples of each language and split at most, its first."""
    layer: int | None = None
    """That sentence vectors are taken from; XTREME's choice if None."""

    def __post_init__(self) -> None:
        if unknown := [one for one in self.tasks if one not in XTREME]:
            raise ValueError(f"XTREME has no {', '.join(unknown)}; it has {', '.join(XTREME)}.")
        trained = {TASKS[one].training.name for one in XTREME if one in TASKS}
        if unknown := sorted(set(self.train_files) - trained):
            raise ValueError(
                f"no task is trained on {', '.join(unknown)}; tasks are trained on "
                f"{', '.join(sorted(trained))}."
            )
        codes = {code for one in XTREME.values() for code in one.languages}
        if unknown := sorted(set(self.languages or ()) - codes):
            raise ValueError(f"no task of XTREME is in {', '.join(unknown)}.")
        if self.seeds < 1:
            raise ValueError(f"seeds is {self.seeds}: give at least 1.")
        for name in self.tasks:  # so that a mistake in the last task's settings is told at once
            read_settings(self.recipe, name, self.overrides, everywhere=True)

    def as_dict(self) -> dict[str, Any]:
        """What makes one run another, as plain values."""
        return {
            "model": str(self.model),
            "recipe": self.recipe,
            "overrides": list(self.overrides),
            "train_languages": list(self.training.languages),
            "train_limit": self.training.limit,
            "train_files": {name: list(map(str, one)) for name, one in self.train_files.items()},
            "limit": self.limit,
            "layer": self.layer,
        }

    def languages_of(self, task: str) -> tuple[str, ...]:
        """Of a task those that are asked for, in its order."""
        wanted = self.languages
        return tuple(one for one in XTREME[task].languages if wanted is None or one in wanted)


class RunFile:
    """`run.json`: what was asked for, and of each task on what its figures rest.

    Args:
        plan: of the run.
        command: that is running.

    Raises:
        ValueError: the folder holds a run of another plan.
    """

    def __init__(self, plan: Plan, command: str) -> None:
        self.plan = plan
        self.path = plan.output / "run.json"
        told = json.loads(self.path.read_text(encoding="utf-8")) if self.path.is_file() else {}
        asked = plan.as_dict()
        other = [name for name, value in asked.items() if told and told["plan"][name] != value]
        if other:
            name = other[0]
            raise ValueError(
                f"{plan.output} holds a run with {name} {told['plan'][name]}, not {asked[name]}: "
                "choose another output, or take it away."
            )
        self.told: dict[str, Any] = {
            "model": str(plan.model),
            "command": command,
            "recipe": plan.recipe,
            "plan": asked,
            "seeds": sorted({*told.get("seeds", []), *range(plan.seeds)}),
            "versions": {name: version(name) for name in ("erniem", "transformers", "torch")},
            "tasks": told.get("tasks", {}),
        }
        self._write()

    def keep(self, name: str, seed: int, measurement: Measurement, found: Finetuned | None) -> None:
        """Notes on what a task's figures rest."""
        why_not = list(_why_not(self.plan, name, measurement))
        notes = {one.note for one in measurement.languages.values() if one.note}
        before = self.told["tasks"].get(name, {})
        dev = {**before.get("dev", {}), str(seed): found.best if found else None}
        self.told["tasks"][name] = {
            "train": None
            if found is None
            else {
                "rows": found.examples,
                "languages": list(self.plan.training.languages),
                "files": [Path(one).name for one in found.files],
                "limit": self.plan.training.limit,
                "dropped": found.dropped,
            },
            "dev": dev if found else {},
            "splits": {code: one.split for code, one in measurement.languages.items()},
            "examples": {code: one.examples for code, one in measurement.languages.items()},
            "note": "; ".join(sorted(notes)) or None,
            "comparable": not why_not,
            "why_not": "; ".join(why_not) or None,
        }
        self._write()

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.told, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.path)


def _why_not(plan: Plan, name: str, measurement: Measurement) -> Iterator[str]:
    """Why a task's figures are not to be set beside published ones."""
    trained_on = TASKS[name].training.name if name in TASKS else name
    if files := plan.train_files.get(trained_on):
        yield f"trained on {', '.join(one.name for one in files)}"
    if plan.training.limit is not None and name in TASKS:
        yield f"trained on {plan.training.limit:,} examples of each language at most"
    if plan.limit is not None:
        yield f"scored on the first {plan.limit:,} examples of each language"
    other = [code for code, one in measurement.languages.items() if one.split != "test"]
    if other:
        yield f"scored on the development set in {' '.join(other)}"
    if measurement.missing:
        yield f"without {' '.join(measurement.missing)}"
