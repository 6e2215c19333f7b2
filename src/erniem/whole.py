"""Folders that are there whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole_or_not_at_all"]


@contextmanager
def whole_or_not_at_all(output: Path) -> Iterator[Path]:
    """A folder to write in, which becomes `output` in the end, or vanishes.

    Raises:
        OSError: it could not be written.
    """
    partial = output.with_name(output.name + ".partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
        partial.mkdir(parents=True)
        yield partial
        partial.rename(output)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{output} could not be written ({error}), and nothing is left of it: make room, or "
            "choose another output",
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
