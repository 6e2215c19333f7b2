"""Many strings in two files: their bytes end to end, and where each begins. Nothing is held.

```text
NAME.utf8.npy     all strings, end to end, in UTF-8
NAME.bounds.npy   where string i begins and ends (N + 1 numbers)
```
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from erniem.corpus.arrays import ArrayWriter
from erniem.packing import boundaries
from erniem.search.mapped import mapped

__all__ = ["Strings", "StringsWriter"]

BYTES, BOUNDS = ".utf8.npy", ".bounds.npy"


class StringsWriter:
    """Files that grow by some strings at a time.

    Args:
        folder: to write in.
        name: of the files, without ending.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._bytes = ArrayWriter(folder / (name + BYTES), np.dtype(np.uint8))
        self._bounds = ArrayWriter(folder / (name + BOUNDS), np.dtype(np.int64))
        self._bounds.add(np.zeros(1, dtype=np.int64))

    def add(self, strings: Iterable[str]) -> None:
        """Writes strings at the end."""
        raw = [string.encode("utf-8") for string in strings]
        ends = boundaries(np.array([len(one) for one in raw], dtype=np.int64))[1:]
        self._bounds.add(self._bytes.length + ends)
        self._bytes.add(np.frombuffer(b"".join(raw), dtype=np.uint8))

    def publish(self) -> None:
        """Gives the files their names; nothing can be added any more."""
        for file in (self._bytes, self._bounds):
            file.close()
            file.publish()

    def discard(self) -> None:
        """Leaves nothing of files that have no names yet."""
        for file in (self._bytes, self._bounds):
            file.discard()


class Strings(Sequence[str]):
    """What a `StringsWriter` wrote, mapped into memory.

    Raises:
        ValueError: a file is missing or torn.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._bytes = mapped(folder / (name + BYTES), np.dtype(np.uint8))
        self._bounds = mapped(folder / (name + BOUNDS), np.dtype(np.int64))

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, row: int) -> str:  # type: ignore[override]
        first, last = self._bounds[row], self._bounds[row + 1]
        return self._bytes[first:last].tobytes().decode("utf-8")
