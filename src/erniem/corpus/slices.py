"""One file of records in slices: written in flat memory, read memory-mapped, there whole or not.

```text
records of slice 0 │ records of slice 1 │ … │ bounds, one more than slices │ slices, MARK
```
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Records", "SliceWriter", "Slices"]

Records = NDArray[Any]
"""Records of one structured type."""
MARK = int.from_bytes(b"slices 1", "little")
"""The last eight bytes of a whole file."""
NUMBER = np.dtype("<i8")
END = 2 * NUMBER.itemsize
"""Bytes of the two numbers at the end."""


class SliceWriter:
    """Writes a file slice by slice; it appears under its name when the `with` block ends well.

    Args:
        path: the file; one that is there is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".partial")
        self._bounds = [0]

    def __enter__(self) -> "SliceWriter":
        self._file = self._partial.open("wb")
        return self

    def append(self, records: Records) -> None:
        """Writes one slice."""
        self._file.write(np.ascontiguousarray(records).view(np.uint8).data)
        self._bounds.append(self._bounds[-1] + len(records))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with self._file:
                if kind is None:
                    end = [*self._bounds, len(self._bounds) - 1, MARK]
                    self._file.write(np.array(end, dtype=NUMBER).tobytes())
            if kind is None:
                self._partial.replace(self.path)
        finally:
            self._partial.unlink(missing_ok=True)


class Slices:
    """The slices of a file, memory-mapped.

    Args:
        path: the file.
        kind: type of its records.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is not whole.
    """

    def __init__(self, path: Path, kind: np.dtype[np.void]) -> None:
        self.kind = kind
        size = path.stat().st_size
        self._bytes = np.memmap(path, mode="r", dtype=np.uint8) if size else np.empty(0, np.uint8)
        slices, mark = self._numbers(size - END, size).tolist() if size >= END else (0, 0)
        start = size - END - (slices + 1) * NUMBER.itemsize
        whole = mark == MARK and 0 <= start <= size - END - NUMBER.itemsize
        self.bounds = self._numbers(start, size - END) if whole else np.zeros(1, NUMBER)
        if not whole or self.bounds[-1] * kind.itemsize != start:
            raise ValueError(f"{path} is torn or no file of slices; delete it and write it again.")

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, index: int) -> Records:
        if not 0 <= index < len(self):
            raise IndexError(f"slice {index} of {len(self)}")
        start, end = self.bounds[index : index + 2] * self.kind.itemsize
        return self._bytes[start:end].view(self.kind)

    def __iter__(self) -> Iterator[Records]:
        return map(self.__getitem__, range(len(self)))

    def _numbers(self, start: int, end: int) -> NDArray[np.int64]:
        return np.array(self._bytes[start:end]).view(NUMBER)
