"""NumPy files of one axis, written and read piece by piece: no array is ever whole in memory."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np

__all__ = ["ArrayWriter", "FileFacts", "StoredArray", "facts_of", "write_array"]

HEADER = 128
"""Bytes of the header of a file with one axis: NumPy leaves room in it for any length."""
UNFINISHED = ".partial"
CHUNK = 1 << 20
"""Numbers at a time."""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What a file is known by."""

    bytes: int
    """Its size."""
    sha256: str
    """Its checksum."""


def facts_of(path: Path) -> FileFacts:
    """Size and checksum of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileFacts(bytes=file.tell(), sha256=digest)


class ArrayWriter:
    """A file that grows; it has its name when it is finished, and the right header.

    Args:
        path: the file, with its ending.
        kind: type of the numbers.
    """

    def __init__(self, path: Path, kind: np.dtype) -> None:
        self.path = path
        self.kind = kind
        self.length = 0
        self._unfinished = path.with_name(path.name + UNFINISHED)
        self._file = self._unfinished.open("wb")
        self._file.write(bytes(HEADER))

    def add(self, values: np.ndarray) -> None:
        """Writes numbers at the end."""
        self._file.write(values.astype(self.kind).data)
        self.length += len(values)

    def close(self) -> None:
        """Writes the header; nothing can be added any more."""
        self._file.seek(0)
        self._file.write(_header(self.kind, self.length))
        self._file.close()

    def publish(self) -> None:
        """Gives the closed file its name."""
        self._unfinished.replace(self.path)

    def discard(self) -> None:
        """Leaves nothing of a file that has no name yet; of one that has, all."""
        with suppress(OSError):  # on a full disk, what is buffered fails again
            self._file.close()
        self._unfinished.unlink(missing_ok=True)


def write_array(path: Path, kind: np.dtype, length: int, chunks: Iterable[np.ndarray]) -> FileFacts:
    """Writes numbers whose count is known to a file, and hashes them on the way."""
    header = _header(kind, length)
    digest = hashlib.sha256(header)
    size = len(header)
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with unfinished.open("wb") as file:
            file.write(header)
            for chunk in chunks:
                raw = chunk.astype(kind, copy=False).data
                digest.update(raw)
                size += file.write(raw)
        assert size == len(header) + length * kind.itemsize, "a file holds what its header says"
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return FileFacts(bytes=size, sha256=digest.hexdigest())


class StoredArray:
    """A finished file, read and not mapped: what is looked at once need not stay in memory.

    Args:
        path: the file.
        kind: type that its numbers must have.

    Raises:
        ValueError: no such file, a torn one, or another type.
    """

    def __init__(self, path: Path, kind: np.dtype) -> None:
        self.path = path
        try:
            stored = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise ValueError(f"{path} is missing or torn ({error}): write it again.") from error
        if stored.dtype != kind:
            raise ValueError(f"{path} holds {stored.dtype}, not {kind}: write it again.")
        self.kind = kind
        self.length = len(stored)

    def spans(self, spans: Iterable[tuple[int, int]]) -> Iterator[np.ndarray]:
        """The numbers from one place to another, for each of many."""
        with self.path.open("rb") as file:
            for start, stop in spans:
                file.seek(HEADER + start * self.kind.itemsize)
                yield np.fromfile(file, self.kind, stop - start)

    def chunks(self, size: int = CHUNK, *, first: int = 0) -> Iterator[np.ndarray]:
        """The numbers from the `first` on, `size` at a time."""
        with self.path.open("rb") as file:
            file.seek(HEADER + first * self.kind.itemsize)
            while len(chunk := np.fromfile(file, self.kind, size)):
                yield chunk


def _header(kind: np.dtype, length: int) -> bytes:
    header = BytesIO()
    facts = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False}
    np.lib.format.write_array_header_1_0(header, {**facts, "shape": (length,)})
    assert header.tell() == HEADER, "NumPy's header has grown: write it at the end of the file"
    return header.getvalue()
