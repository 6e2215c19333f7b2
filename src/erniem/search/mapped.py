"""Finished arrays on the disk as arrays in memory: nothing is read before it is asked for."""

from pathlib import Path
from threading import Lock

import numpy as np

__all__ = ["mapped"]

_ONE_HEADER = Lock()
"""NumPy reads a header with `ast`, which Python 3.11 cannot do in two threads (gh-106905)."""


def mapped(path: Path, kind: np.dtype) -> np.ndarray:
    """The numbers of a file, mapped into memory.

    Raises:
        ValueError: no such file, a torn one, or another type.
    """
    try:
        with _ONE_HEADER:
            stored = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(f"{path} is missing or torn ({error}): build the index again.") from error
    if stored.dtype != kind:
        raise ValueError(f"{path} holds {stored.dtype}, not {kind}: build the index again.")
    return stored.view(np.ndarray)  # numpy takes from it several times as fast as from its memmap
