"""One process at a time in a folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    import fcntl as locks
except ImportError:  # Windows has none
    locks: Any = None  # type: ignore[no-redef]

__all__ = ["alone_in"]


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps a second process out of a folder, which is made if it is not there.

    The lock goes with the process, however that ends. Where there is none, on Windows and on some
    file systems over a network, nobody is kept out.

    Raises:
        ValueError: another is at work there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if locks is None:
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        _lock(opened, folder)
        yield
    finally:
        os.close(opened)


def _lock(opened: int, folder: Path) -> None:
    try:
        locks.flock(opened, locks.LOCK_EX | locks.LOCK_NB)
    except BlockingIOError as error:
        raise ValueError(
            f"another process is at work in {folder}: wait for it, or end it."
        ) from error
    except OSError:  # a file system that knows no locks
        return
