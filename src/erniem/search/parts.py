"""All parts of a version together: rows are counted through them.

Letters: N queries, D width, k neighbours.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64

from erniem.packing import boundaries
from erniem.search.exact import best_of
from erniem.search.manifest import Manifest
from erniem.search.mapped import mapped
from erniem.search.part import Part
from erniem.tasks.retrieve.nearest import Found

__all__ = ["Parts", "in_groups"]

AT_ONCE = 256
"""Queries: with a block of stored vectors their cosines take 17 MB."""


def in_groups(
    look: Callable[[Float32[np.ndarray, "_ D"]], Found], queries: Float32[np.ndarray, "N D"]
) -> Found:
    """What is found of one query or more, some at a time: memory stays what it is."""
    starts = range(0, len(queries), AT_ONCE)
    found = [look(queries[start : start + AT_ONCE]) for start in starts]
    scores, rows = (np.concatenate(each) for each in zip(*found, strict=True))
    return scores, rows


class Parts:
    """Parts of an index.

    Args:
        parts: in their order; at least one.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts
        self.starts = boundaries(np.array([len(part) for part in parts], dtype=np.int64))

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> "Parts":
        """Those of a version of an index."""
        return cls(
            [
                Part(
                    folder / facts.name,
                    manifest.width,
                    mapped(folder / facts.gone, np.dtype(np.int64)) if facts.gone else None,
                )
                for facts in manifest.parts
            ]
        )

    @property
    def live(self) -> int:
        """Sentences that can be found."""
        return sum(part.live for part in self.parts)

    def place(self, row: int) -> tuple[Part, int]:
        """The part that a row is in, and its row there."""
        number = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.parts[number], int(row - self.starts[number])

    def row_of(self, name: str) -> int | None:
        """The row of an id; None if it cannot be found here."""
        for part, start in zip(self.parts, self.starts[:-1], strict=True):
            if (row := part.row_of(name)) is not None:
                return int(start) + row
        return None

    def text_of(self, row: int) -> tuple[str, int]:
        """The text of a row, and the place of its language."""
        part, row = self.place(row)
        return part.texts[row], int(part.languages[row])

    def languages(self, rows: Int64[np.ndarray, " N"]) -> Int64[np.ndarray, " N"]:
        """The places of the languages of some rows."""
        places = [self.place(int(row)) for row in rows]
        return np.array([part.languages[row] for part, row in places], dtype=np.int64)

    def vectors(self, rows: Int64[np.ndarray, " N"]) -> Float32[np.ndarray, "N D"]:
        """Of some rows."""
        places = [self.place(int(row)) for row in rows]
        return np.stack([part.vectors[row] for part, row in places])

    def nearest(
        self,
        queries: Float32[np.ndarray, "N D"],
        k: int,
        *,
        language: int | None = None,
        other: bool = False,
        probes: int | None = None,
    ) -> Found:
        """The k nearest of each query, see `Part.nearest`."""
        look = partial(self._nearest, k=k, language=language, other=other, probes=probes)
        found = [
            look(queries[start : start + AT_ONCE]) for start in range(0, len(queries), AT_ONCE)
        ]
        cosines, rows = (np.concatenate(each) for each in zip(*found, strict=True))
        return cosines, rows

    def _nearest(
        self, queries: Float32[np.ndarray, "N D"], k: int, **asked: int | bool | None
    ) -> Found:
        found = []
        for part, start in zip(self.parts, self.starts[:-1], strict=True):
            cosines, rows = part.nearest(queries, k, **asked)  # type: ignore[arg-type]
            found.append((cosines, np.where(rows < 0, -1, rows + start)))
        return best_of(found, k)
