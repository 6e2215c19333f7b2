"""The tasks that there are, by name, and those of your own, by file."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from erniem.tasks.answer import MLQA, SQUAD, TYDIQA, XQUAD
from erniem.tasks.classify import PAWSX, SICK, XNLI
from erniem.tasks.tag import CONLL, PANX, UDPOS
from erniem.tasks.task import Task

__all__ = ["RETRIEVAL", "TASKS", "task_named"]

TASKS: Mapping[str, Task] = {
    task.name: task for task in (XNLI, PAWSX, UDPOS, PANX, XQUAD, MLQA, TYDIQA, CONLL, SICK, SQUAD)
}
"""Tasks that a network is trained for: XTREME's seven, and more of the same families."""

RETRIEVAL = ("bucc2018", "tatoeba")
"""XTREME's two tasks without training, see `erniem.tasks.retrieve`."""


def task_named(name: str) -> Task:
    """A task by its name, or the `TASK` of a Python file of yours.

    Raises:
        ValueError: no such task, or a file without one.
    """
    if name in TASKS:
        return TASKS[name]
    path = Path(name)
    if path.suffix == ".py":
        return _of_file(path)
    raise ValueError(
        f"there is no task {name!r}; there are {', '.join(TASKS)}, and files of yours (task.py)."
    )


def _of_file(path: Path) -> Task:
    """The task that a file defines."""
    if not path.is_file():
        raise ValueError(f"{path} does not exist: name a Python file that defines TASK.")
    spec = importlib.util.spec_from_file_location(f"erniem_task_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there for what annotations name
    spec.loader.exec_module(module)
    task = getattr(module, "TASK", None)
    if not isinstance(task, Task):
        raise ValueError(f"{path} defines no TASK: write TASK = Task(name=…, …) in it.")
    return task
