"""The folder of an index as something to write in: alone, and tidy.

What a killed change left has no manifest that names it: the next change takes it away.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from erniem.alone import alone_in
from erniem.search.manifest import MANIFEST, Manifest

__all__ = ["ADDING", "changing", "is_place_for_index", "sweep"]

ADDING = "adding"
"""A folder for what is not in the index yet."""

OURS = ("part-", "cells-", "gone-", MANIFEST, ADDING)
"""How the names begin that an index gives."""


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Keeps other changes out of an index; readers may come and go. Makes the folder.

    Raises:
        ValueError: a change is under way, or the folder holds something else.
        OSError: it cannot be made.
    """
    if not is_place_for_index(folder):
        raise ValueError(f"{folder} exists and is no index: choose another output.")
    with alone_in(folder):
        try:
            yield
        except OSError as error:
            raise OSError(
                error.errno,
                f"{folder} could not be changed ({error}), and is what it was: make room, or see "
                "who may write there",
            ) from error
        finally:
            _clear(folder)


def _clear(folder: Path) -> None:
    """Takes half an addition away, but for the vectors that were made, and an empty folder."""
    shutil.rmtree(folder / ADDING / "part", ignore_errors=True)
    for path in (folder / ADDING, folder):
        with suppress(OSError):  # not empty, or not there
            path.rmdir()


def is_place_for_index(folder: Path) -> bool:
    """Whether a folder is an index, a beginning of one, empty, or not there."""
    if not folder.exists():
        return True
    return folder.is_dir() and all(one.name.startswith(OURS) for one in folder.iterdir())


def sweep(folder: Path, manifest: Manifest | None, *, adding: bool) -> None:
    """Takes away what no manifest names.

    Args:
        folder: of the index.
        manifest: of the version that holds.
        adding: vectors of an addition too; they are kept for one that goes on.
    """
    named = {Path(name).parts[0] for name in manifest.files} if manifest else set()
    for path in folder.iterdir():
        if path.name in named | {MANIFEST} or (path.name == ADDING and not adding):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
