"""Files that may lie elsewhere (fsspec) and be packed, told by the end of their name.

```text
path or URL ─opened─▶ bytes as they lie, watched ─.gz .xz .zst .bz2─▶ bytes as they are read
```
"""

import bz2
import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import zstandard

__all__ = [
    "BUFFER",
    "DAMAGED",
    "PACKED",
    "elsewhere",
    "is_url",
    "open_file",
    "open_raw",
    "read_text",
    "unpacked_name",
]

BUFFER = 2**17
"""Bytes read at a time."""
PACKED_BUFFER = 2**14
"""Bytes of a .zst file unpacked at a time, all at once: fewer, as they become more."""


class _Watched(io.RawIOBase):
    """Bytes of a file; notices when fewer come than it had at the start."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._size = _size_of(file)
        self._done = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer with what comes next; 0 at the end."""
        raw = self._next(len(buffer))
        if not raw and self._done < self._size:
            raise OSError(f"it ended after {self._done:,} of {self._size:,} bytes")
        buffer[: len(raw)] = raw
        self._done += len(raw)
        return len(raw)

    def _next(self, size: int) -> bytes:
        """Bytes of the file; whatever a client of some storage raises becomes an `OSError`."""
        try:
            return self._file.read(size)
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error


def _size_of(file: Any) -> int:
    """Bytes of an open file; 0 if not known, as of a pipe."""
    size = getattr(file, "size", None)
    if size is None:
        try:
            size = os.fstat(file.fileno()).st_size
        except (AttributeError, OSError):
            size = 0
    return int(size)


class _Zstandard(io.RawIOBase):
    """Bytes of a .zst file; unlike zstandard's own reader it notices that the file is cut short."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer with what comes next; 0 at the end of the last frame."""
        while not self._ready:
            raw = self._frame.unused_data if self._frame.eof else b""
            raw = raw or self._file.read(PACKED_BUFFER)
            if not raw:
                if not self._frame.eof:
                    raise EOFError("the file ends inside a frame")
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._ready = memoryview(self._frame.decompress(raw))
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


def _as_it_is(file: Any) -> Any:
    return file.detach()


OPENERS: Mapping[str, Callable[[Any], Any]] = {
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".zst": _Zstandard,
    ".bz2": bz2.open,
}

PACKED = ("", *OPENERS)
"""What may stand behind a file's name."""

DAMAGED = (
    EOFError,
    lzma.LZMAError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    zlib.error,
    zstandard.ZstdError,
)
"""What reading a packed file raises that is cut short or no such file; of `.bz2` also `OSError`."""


def is_url(path: str) -> bool:
    """Whether fsspec opens it: `s3://bucket/de.txt`, `memory://de.txt`."""
    return "://" in path


def unpacked_name(name: str) -> str:
    """A file's name without the end that says how it is packed: `de.txt.xz` → `de.txt`."""
    for ending in OPENERS:
        name = name.removesuffix(ending)
    return name


def open_raw(path: str | Path) -> Any:
    """The bytes of a file or URL as they lie; can be sought in.

    Raises:
        OSError: not there.
        ValueError: a URL of a kind that nothing here opens.
    """
    if not is_url(str(path)):
        return Path(path).open("rb")
    storage, place = elsewhere(str(path))
    return storage.open(place, "rb")


def elsewhere(url: str) -> tuple[Any, str]:
    """The file system of fsspec that a URL is of, and the place in it.

    Raises:
        ValueError: a URL of a kind that nothing here opens.
    """
    fsspec = import_module("fsspec")  # late: most files are local
    try:
        return fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ValueError(f"{url} cannot be opened: {error}.") from error


@contextmanager
def open_file(path: str | Path) -> Iterator[io.BufferedReader]:
    """The bytes of a file or URL, unpacked as they are read.

    Raises:
        OSError: not there, gone while it is read, or (`.bz2`) damaged.
        EOFError: cut short; with the others of `DAMAGED`.
        ValueError: a URL of a kind that nothing here opens.
    """
    unpack = OPENERS.get(Path(path).suffix, _as_it_is)
    with open_raw(path) as raw:
        yield io.BufferedReader(unpack(io.BufferedReader(_Watched(raw), BUFFER)), BUFFER)


def read_text(path: Path) -> str:
    """All of a file, line ends as they are, without the byte order mark that Windows begins with.

    Raises:
        ValueError: damaged, cut short or not UTF-8.
    """
    try:
        with open_file(path) as file:
            return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 ({error}): convert it.") from error
    except (*DAMAGED, OSError) as error:
        raise ValueError(f"{path} cannot be read ({error}): fetch or pack it again.") from error
