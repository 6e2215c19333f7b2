"""What a network is trained on and scored on while it is: examples of chosen languages."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erniem.languages import name_of
from erniem.tasks.sources import find, languages_with
from erniem.tasks.task import Split, Task

__all__ = ["Gathered", "Training", "gather", "read_split"]


@dataclass(frozen=True, kw_only=True)
class Training:
    """What a network is trained on."""

    languages: tuple[str, ...] = ("en",)
    """English alone is zero-shot transfer; all of them, by machine, translate-train-all."""
    files: tuple[Path, ...] = ()
    """Taken instead of the task's own, and as in the first of the languages."""
    limit: int | None = None
    """Examples of each language at most, drawn without regard to the seed of a run."""

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 1:
            raise ValueError(f"{self.limit} training examples at most: give at least 1.")


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """Examples, and where they are from."""

    examples: Sequence[Any]
    """Of the task's family."""
    files: tuple[Path, ...]
    """They were read from these."""
    dropped: Mapping[str, int]
    """Examples left out, by reason."""
    labelled: bool = True
    """Whether the right answers are known."""


def gather(task: Task, data: Path, training: Training) -> Gathered:
    """Training data.

    Raises:
        ValueError: a language without training data, or data without the right answers.
    """
    examples: list[Any] = []
    files: list[Path] = []
    dropped: Counter[str] = Counter()
    sources = (
        [(training.languages[0], training.files)]
        if training.files
        else [(code, find(task, data, "train", code)) for code in training.languages]
    )
    for code, paths in sources:
        if not paths:
            raise ValueError(_no_training(task, data, code))
        read = task.family.read(paths, code)
        if not read.labelled:
            raise ValueError(f"{paths[0]} has no right answers in it: it cannot be trained on.")
        examples += _some(read.examples, training.limit)
        files += paths
        dropped.update(read.dropped)
    return Gathered(examples=examples, files=tuple(files), dropped=dict(dropped))


def read_split(
    task: Task, data: Path, split: Split, language: str, limit: int | None = None
) -> Gathered | None:
    """The first examples of a split, labelled or not; None if there are no files of it.

    Raises:
        ValueError: a limit below 1, or data that is not as it should be.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"{limit} examples at most: give at least 1.")
    paths = find(task, data, split, language)
    if not paths:
        return None
    read = task.family.read(paths, language)
    return Gathered(
        examples=read.examples[:limit],
        files=paths,
        dropped=read.dropped,
        labelled=read.labelled,
    )


def _some(examples: Sequence[Any], limit: int | None) -> Sequence[Any]:
    if limit is None or limit >= len(examples):
        return examples
    return random.Random(0).sample(examples, limit)


def _no_training(task: Task, data: Path, code: str) -> str:
    """What to say where a language has no training data."""
    there = languages_with(task, data, "train")
    patterns = ", ".join(task.files.get("train", ())) or "no file"
    has = f"it has {', '.join(there)}" if there else "it has none in any language"
    return (
        f"{data} has no training data of {task.name} in {name_of(code)} ({has}). It would be "
        f"{patterns} in a folder {' or '.join(task.folders)}; other files: --train-files."
    )
