"""A part of an index: the sentences that were added together, in files that never change.

```text
part-0003/
  texts.* ids.*        strings, see `erniem.search.strings`
  languages.npy        of each sentence its language's place in the index's list, uint16
  keys.npy             of each id the first eight bytes of its hash, uint64
  vectors.npy          (N × D) float32, each of length one
  cells.faiss          of an approximate index, see `erniem.search.cells`
```

Letters: N queries, K sentences, D width, k neighbours.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt16, UInt64

from erniem.corpus.arrays import ArrayWriter
from erniem.search.cells import Cells
from erniem.search.entries import Entry
from erniem.search.exact import exact_nearest
from erniem.search.mapped import mapped
from erniem.search.settings import EXACT_UP_TO
from erniem.search.strings import Strings, StringsWriter
from erniem.tasks.retrieve.nearest import Found

__all__ = ["CELLS", "FEW", "Part", "PartWriter", "blocks_of", "key_of", "write_vectors"]

CELLS, KEYS, LANGUAGES, VECTORS = "cells.faiss", "keys.npy", "languages.npy", "vectors.npy"

BLOCK = 2**14
"""Rows that are copied at once."""

FEW = EXACT_UP_TO
"""Sentences of one language up to which all of them are compared: cells lose more of these."""


def key_of(name: str) -> int:
    """What an id is looked for by: the first eight bytes of its hash."""
    return int.from_bytes(blake2b(name.encode("utf-8"), digest_size=8).digest(), "little")


class Part:
    """A part, opened: everything is mapped into memory, at once, since it may be replaced later.

    Args:
        folder: where it lies.
        width: numbers of a vector.
        gone: rows that were removed since it was written.
    """

    def __init__(self, folder: Path, width: int, gone: Int64[np.ndarray, " _"] | None = None):
        self.folder = folder
        self.width = width
        self.texts = Strings(folder, "texts")
        self.ids = Strings(folder, "ids")
        self.languages: UInt16[np.ndarray, " K"] = mapped(folder / LANGUAGES, np.dtype(np.uint16))
        self.keys: UInt64[np.ndarray, " K"] = mapped(folder / KEYS, np.dtype(np.uint64))
        self.vectors: Float32[np.ndarray, "K D"] = mapped(
            folder / VECTORS, np.dtype(np.float32)
        ).reshape(-1, width)
        cells = folder / CELLS
        self.cells = Cells.open(cells) if cells.is_file() else None
        self.gone = np.zeros(0, dtype=np.int64) if gone is None else gone

    def __len__(self) -> int:
        return len(self.languages)

    @property
    def live(self) -> int:
        """Sentences that were not removed."""
        return len(self) - len(self.gone)

    @cached_property
    def _in_order(self) -> tuple[UInt64[np.ndarray, " K"], Int64[np.ndarray, " K"]]:
        """The ids' keys in order, and the row of each."""
        order = np.argsort(self.keys, kind="stable")
        return self.keys[order], order

    def row_of(self, name: str) -> int | None:
        """The row of an id; None if it is not here, or was removed."""
        keys, rows = self._in_order
        key = np.uint64(key_of(name))
        low, high = (int(np.searchsorted(keys, key, side=side)) for side in ("left", "right"))
        found = [int(row) for row in rows[low:high] if self.ids[int(row)] == name]
        return next((row for row in found if row not in self._gone), None)

    @cached_property
    def _gone(self) -> frozenset[int]:
        return frozenset(self.gone.tolist())

    def live_rows(self) -> Int64[np.ndarray, " _"]:
        """Rows that were not removed."""
        return np.delete(np.arange(len(self)), self.gone)

    def without(self, rows: Iterable[int]) -> "Part":
        """The same part with more rows removed."""
        gone = np.array(sorted(self._gone | set(rows)), dtype=np.int64)
        return Part(self.folder, self.width, gone)

    def nearest(
        self,
        queries: Float32[np.ndarray, "N D"],
        k: int,
        *,
        language: int | None = None,
        other: bool = False,
        probes: int | None = None,
    ) -> Found:
        """The k nearest sentences of each query.

        Args:
            queries: of length one.
            k: neighbours.
            language: of these alone; None: of any.
            other: of all other languages instead.
            probes: cells that are looked into; None: an exact search.
        """
        wanted = self._wanted(language, other)
        if self.cells is None or probes is None or self._is_few(language, wanted):
            return exact_nearest(queries, self.vectors, k, wanted)
        return self.cells.nearest(queries, self.vectors, k, probes, wanted)

    def _wanted(self, language: int | None, other: bool) -> Bool[np.ndarray, " K"] | None:
        """Which rows may be found; None: all."""
        if language is None and not len(self.gone):
            return None
        if language is None:
            wanted = np.ones(len(self), dtype=bool)
        else:
            wanted = (self.languages == language) ^ other
        wanted[self.gone] = False
        return wanted

    def _is_few(self, language: int | None, wanted: Bool[np.ndarray, " K"] | None) -> bool:
        return language is not None and wanted is not None and int(wanted.sum()) <= FEW


class PartWriter:
    """A part that grows: all but its vectors, for which `write_vectors` is.

    Inside `with`; at its end the files have their names, or after an error are gone.

    Args:
        folder: to write in; is made.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._texts = StringsWriter(folder, "texts")
        self._ids = StringsWriter(folder, "ids")
        self._languages = ArrayWriter(folder / LANGUAGES, np.dtype(np.uint16))
        self._keys = ArrayWriter(folder / KEYS, np.dtype(np.uint64))

    def __len__(self) -> int:
        return self._keys.length

    def add(self, entries: Sequence[Entry], places: Mapping[str, int]) -> None:
        """Writes entries at the end; `places`: of the languages in the index's list."""
        self._texts.add(entry.text for entry in entries)
        self._ids.add(entry.id for entry in entries)
        self._languages.add(np.array([places[one.language] for one in entries], dtype=np.uint16))
        self._keys.add(np.array([key_of(entry.id) for entry in entries], dtype=np.uint64))

    def copy(self, part: Part) -> None:
        """Writes all of a part that was not removed at the end."""
        for rows in blocks_of(part.live_rows()):
            self._texts.add(part.texts[int(row)] for row in rows)
            self._ids.add(part.ids[int(row)] for row in rows)
            self._languages.add(part.languages[rows])
            self._keys.add(part.keys[rows])

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        files = (self._texts, self._ids, self._languages, self._keys)
        try:
            if error is None:
                self._languages.close()
                self._keys.close()
                for file in files:
                    file.publish()
        finally:
            for file in files:
                file.discard()


def blocks_of(rows: Int64[np.ndarray, " _"]) -> Iterator[Int64[np.ndarray, " _"]]:
    """Rows, some at a time."""
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]


def write_vectors(folder: Path, vectors: Iterable[Float32[np.ndarray, "_ D"]]) -> None:
    """Writes the vectors of a part whose other files are there, some at a time."""
    file = ArrayWriter(folder / VECTORS, np.dtype(np.float32))
    try:
        for some in vectors:
            file.add(some.ravel())
        file.close()
        file.publish()
    finally:
        file.discard()
