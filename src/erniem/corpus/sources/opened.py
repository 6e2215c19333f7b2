"""Opens what is read; what goes wrong meanwhile becomes one error that names the file."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from erniem.compressed import DAMAGED, open_file

__all__ = ["opened", "told"]


@contextmanager
def told(path: str) -> Iterator[None]:
    """Says what happened to a file while it was read.

    Raises:
        ValueError: it is not there, cannot be read, is cut short or damaged.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise ValueError(
            f"{path} is not there, or not any more: put it back or take it out, then run again."
        ) from error
    except DAMAGED as error:
        raise ValueError(
            f"{path} is cut short or damaged ({error}): fetch or pack it again."
        ) from error
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read to its end ({error}): see whether it is whole and in reach, "
            "then run again."
        ) from error


@contextmanager
def opened(path: str) -> Iterator[io.BufferedReader]:
    """The bytes of a file or URL, unpacked as they are read.

    Raises:
        ValueError: as `told`, for as long as it is open.
    """
    with told(path), open_file(path) as file:
        yield file
