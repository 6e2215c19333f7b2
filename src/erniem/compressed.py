"""Files that may be packed, told by the end of their name: `.gz`, `.xz`, `.zst`, `.bz2`."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import zstandard

__all__ = ["DAMAGED", "PACKED", "open_file", "read_text"]


class _Zstandard(io.RawIOBase):
    """Bytes of a .zst file; unlike zstandard's own reader it notices that the file is cut short."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ready = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def close(self) -> None:
        """Closes the file too."""
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer with what comes next; 0 at the end of the last frame."""
        while not self._ready:
            raw = self._frame.unused_data if self._frame.eof else b""
            raw = raw or self._file.read(2**17)
            if not raw:
                if not self._frame.eof:
                    raise EOFError("the file ends inside a frame")
                return 0
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            self._ready = self._frame.decompress(raw)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


OPENERS: Mapping[str, Callable[[Path], Any]] = {
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".zst": lambda path: io.BufferedReader(_Zstandard(path)),
    ".bz2": bz2.open,
}

PACKED = ("", *OPENERS)
"""What may stand behind a file's name."""

DAMAGED = (EOFError, lzma.LZMAError, gzip.BadGzipFile, zstandard.ZstdError)
"""What reading a packed file raises that is cut short or no such file; of `.bz2`, `OSError`."""


def open_file(path: Path) -> io.BufferedIOBase:
    """The bytes of a file, unpacked as they are read."""
    return cast(io.BufferedIOBase, OPENERS.get(path.suffix, _plain)(path))


def _plain(path: Path) -> io.BufferedIOBase:
    return path.open("rb")


def read_text(path: Path) -> str:
    """All of a file, line ends as they are.

    Raises:
        ValueError: damaged, cut short or not UTF-8.
    """
    try:
        with open_file(path) as file:
            return file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 ({error}): convert it.") from error
    except (*DAMAGED, OSError) as error:
        raise ValueError(f"{path} cannot be read ({error}): fetch or pack it again.") from error
