"""One run of XTREME: what is asked for, and the file that says on what its figures rest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from erniem.finetune.folders import Finetuned
from erniem.finetune.gather import Training
from erniem.finetune.settings import TRAINED_AS, Settings, read_settings
from erniem.scores.xtreme import XTREME
from erniem.tasks.catalogue import TASKS
from erniem.xtreme.measured import Measurement

__all__ = ["Plan", "RunFile"]

TRAINED = {TASKS[one].training.name for one in XTREME if one in TASKS}
"""Tasks that have training data; XQuAD's and MLQA's is `squad`."""


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
    train_languages: tuple[str, ...] = ("en",)
    """Languages to train on."""
    train_limit: Mapping[str, int] = field(default_factory=dict)
    """Training examples of each language at most, by task as in `train_files`, and for `all`."""
    train_files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Instead of a task's own training files, by task (`squad` is XQuAD's and MLQA's)."""
    limit: Mapping[str, int] = field(default_factory=dict)
    """Examples of each language and split at most, its first, by task, and for `all`."""
    layer: int | None = None
    """That sentence vectors are taken from; XTREME's choice if None."""

    def __post_init__(self) -> None:
        codes = {code for one in XTREME.values() for code in one.languages}
        sections = {one.partition("=")[0].rpartition(".")[0] for one in self.overrides}
        for asked, given, known in (
            ("tasks", self.tasks, XTREME),
            ("languages", self.languages or (), codes),
            ("limit", self.limit, {*XTREME, *TRAINED, "all"}),
            ("train_limit", self.train_limit, {*TRAINED, "all"}),
            ("train_files", self.train_files, TRAINED),
            ("settings", sections, {*TRAINED, *TRAINED_AS, ""}),
        ):
            if unknown := [one for one in given if one not in known]:
                raise ValueError(
                    f"{asked} of {unknown[0]}: there is none; choose of "
                    f"{', '.join(sorted(filter(None, known)))}."
                )
        for number in (self.seeds, *self.limit.values(), *self.train_limit.values()):
            if number < 1:
                raise ValueError(f"{number} seeds or examples: give at least 1.")
        for name in self.tasks:  # so that a mistake in the last task's settings is told at once
            if name in TASKS:
                self.settings_of(name)

    def as_dict(self) -> dict[str, Any]:
        """What makes one run another, as plain values."""
        return {
            "model": str(self.model),
            "recipe": self.recipe,
            "overrides": list(self.overrides),
            "train_languages": list(self.train_languages),
            "train_limit": dict(self.train_limit),
            "train_files": {name: list(map(str, one)) for name, one in self.train_files.items()},
            "limit": dict(self.limit),
            "layer": self.layer,
        }

    def languages_of(self, task: str) -> tuple[str, ...]:
        """Of a task those that are asked for, in its order."""
        wanted = self.languages
        return tuple(one for one in XTREME[task].languages if wanted is None or one in wanted)

    def limit_of(self, task: str) -> int | None:
        """Examples of each of its languages and splits at most."""
        return self.limit.get(task, self.limit.get("all"))

    def settings_of(self, task: str) -> Settings:
        """How a task's network is trained."""
        name = TASKS[task].training.name
        return read_settings(self.recipe, name, self.overrides, everywhere=True)

    def training_of(self, task: str) -> Training:
        """What a task's network is trained on."""
        name = TASKS[task].training.name
        return Training(
            languages=self.train_languages,
            files=self.train_files.get(name, ()),
            limit=self.train_limit.get(name, self.train_limit.get("all")),
        )


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
                "languages": list(self.plan.train_languages),
                "files": [Path(one).name for one in found.files],
                "limit": self.plan.training_of(name).limit,
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
    training = plan.training_of(name) if name in TASKS else Training()
    if training.files:
        yield f"trained on {', '.join(one.name for one in training.files)}"
    if training.limit is not None:
        yield f"trained on {training.limit:,} examples of each language at most"
    if (limit := plan.limit_of(name)) is not None:
        yield f"scored on the first {limit:,} examples of each language"
    other = [code for code, one in measurement.languages.items() if one.split != "test"]
    if other:
        yield f"scored on the development set in {' '.join(other)}"
    if measurement.missing:
        yield f"without {' '.join(measurement.missing)}"
