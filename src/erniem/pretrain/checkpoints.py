"""Folders that are whole or not there: written beside, renamed when complete."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

__all__ = ["STAGING", "last_checkpoint", "publish", "step_of", "telling_of_a_full_disk"]

STAGING = ".partial"
"""Where a folder grows before it gets its name."""
BEGUN = "checkpoint-is-incomplete.txt"
"""What transformers leaves in the place of a checkpoint while it saves because of a signal."""


def last_checkpoint(run: Path) -> Path | None:
    """The newest complete `checkpoint-N` of a run, by N; None if there is none."""
    found = [
        folder
        for folder in run.glob("checkpoint-*")
        if re.fullmatch(r"checkpoint-\d+", folder.name)
        and folder.is_dir()
        and not (folder / BEGUN).exists()
    ]
    return max(found, key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """The step after which a `checkpoint-N` was written."""
    return int(checkpoint.name.rpartition("-")[2])


def publish(staged: Path, name: Path) -> None:
    """Gives a complete folder its name, in the place of an older one of that name."""
    if name.exists():
        shutil.rmtree(name)
    staged.rename(name)


@contextmanager
def telling_of_a_full_disk(what: str, staging: Path, run: Path) -> Iterator[None]:
    """Turns a failed write into one clear error, and leaves no half folder behind.

    Raises:
        OSError: naming what could not be written, why, and what can still be used.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(staging, ignore_errors=True)
        last = last_checkpoint(run)
        rest = f"the run will go on from {last.name}" if last else "no checkpoint was written yet"
        raise OSError(
            f"could not write {what} in {run}: {error}. Make room and run again; {rest}."
        ) from error
