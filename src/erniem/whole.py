"""Folders and files that are there whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole_file", "whole_or_not_at_all"]


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


@contextmanager
def whole_file(output: Path) -> Iterator[Path]:
    """A file to write, which becomes `output` in the end, or vanishes.

    Its name ends as that of `output` does, so that it tells the format: `.partial.NAME`.

    Raises:
        OSError: it could not be written.
    """
    partial = output.with_name(f".partial.{output.name}")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(output)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{output} could not be written ({error}), and nothing is left of it: make room, or "
            "choose another output",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
