"""An approximate search: faiss's IVF says who may be near, the vectors themselves say who is.

```text
a sample ─ k-means ─▶ cells        stored vectors ─▶ the cell each lies in, a byte a number
a query ─▶ its nearest cells ─▶ some more than k of these, by the bytes ─▶ the k nearest, exact
```

Source: Jégou, Douze and Schmid, 2011, "Product quantization for nearest neighbor search", section
IV (inverted lists) and, for the second look, Jégou et al., 2011, "Searching in one billion vectors:
re-rank with source coding", as faiss has them.

Letters: N queries, K stored vectors, D width, k neighbours, c candidates.
"""

import math
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from jaxtyping import Bool, Float32

from erniem.search.exact import best_of
from erniem.tasks.retrieve.nearest import Found

__all__ = ["Cells", "cells_for", "fill_cells", "sample_size", "train_cells"]

BLOCK = 2**14
"""Vectors that are added at once."""

PER_CELL = 48
"""Vectors that k-means sees for each cell; below 39 faiss warns."""

ROUNDS = 8
"""Of k-means."""

MORE = 4
"""Candidates for each neighbour that is asked for: a byte a number tells near ones badly apart."""

CANDIDATES = 2**15
"""Whose vectors are copied at once: 50 MB of width 384."""


def cells_for(count: int) -> int:
    """How many cells so many vectors get: four square roots, if k-means has enough for each."""
    return max(1, min(4 * math.isqrt(count), count // PER_CELL))


def sample_size(count: int) -> int:
    """Vectors that k-means learns from."""
    return min(count, cells_for(count) * PER_CELL)


def train_cells(path: Path, sample: Float32[np.ndarray, "_ D"], cells: int) -> None:
    """Finds cells and writes them, with nothing in them yet."""
    width = sample.shape[1]
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(width),
        width,
        cells,
        faiss.ScalarQuantizer.QT_8bit,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.cp.niter = ROUNDS
    index.cp.min_points_per_centroid = 1  # it warns of cells with few; one cell is for tiny indexes
    index.train(np.ascontiguousarray(sample))
    faiss.write_index(index, str(path))


def fill_cells(trained: Path, path: Path, vectors: Float32[np.ndarray, "K D"]) -> None:
    """Writes trained cells with vectors in them, under their rows."""
    index = faiss.read_index(str(trained))
    for start in range(0, len(vectors), BLOCK):
        index.add(np.ascontiguousarray(vectors[start : start + BLOCK]))
    faiss.write_index(index, str(path))


class Cells:
    """Filled cells, mapped into memory; several threads may search at a time.

    Args:
        index: as faiss has it.
    """

    def __init__(self, index: Any) -> None:
        self.index = index

    @classmethod
    def open(cls, path: Path) -> "Cells":
        """The cells of a file.

        Raises:
            ValueError: a torn file.
        """
        try:
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)
        except RuntimeError as error:
            raise ValueError(f"{path} is torn: build the index again.") from error
        # Its threads that read ahead cost more than they save: 32 are started for each search.
        lists: Any = faiss.downcast_InvertedLists(index.invlists)
        lists.prefetch_nthread = 0
        return cls(index)

    def nearest(
        self,
        queries: Float32[np.ndarray, "N D"],
        vectors: Float32[np.ndarray, "K D"],
        k: int,
        probes: int,
        wanted: Bool[np.ndarray, " K"] | None = None,
    ) -> Found:
        """The k nearest of what lies in the cells that are looked into.

        Args:
            queries, vectors: of length one; the vectors are those that were put in.
            k: neighbours.
            probes: cells.
            wanted: which rows may be found; None: all.

        Returns:
            Cosines, exact ones, and rows, nearest first; -inf and -1 where there are no k.
        """
        faiss_: Any = faiss  # its stubs do not know these
        asked = faiss_.SearchParametersIVF(nprobe=min(probes, self.index.nlist))
        if wanted is not None:
            selector = faiss_.IDSelectorBitmap(np.packbits(wanted, bitorder="little"))
            asked.sel = selector
        count = max(k, min(MORE * k, len(vectors)))
        _, rows = self.index.search(np.ascontiguousarray(queries), count, params=asked)
        cosines = np.empty(rows.shape, dtype=np.float32)
        some = max(1, CANDIDATES // count)
        for start in range(0, len(rows), some):
            here = slice(start, start + some)
            np.einsum("nd,ncd->nc", queries[here], vectors[rows[here]], out=cosines[here])
        cosines[rows < 0] = -np.inf
        return best_of([(cosines, rows)], k)
