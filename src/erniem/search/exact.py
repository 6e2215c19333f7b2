"""The nearest of stored vectors by cosine, exact: blocks of a mapped matrix, one after the other.

Stored vectors and queries have length one, so that a product is a cosine. Unlike
`erniem.tasks.retrieve.nearest`, which is for many queries, nothing stored is copied.

Letters: N queries, K stored vectors, D width, k neighbours, C columns of a block.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32, Int64

from erniem.tasks.retrieve.nearest import Found

__all__ = ["best_of", "exact_nearest"]

Some = tuple[Float32[np.ndarray, "_ _"], Int64[np.ndarray, "_ _"]]
"""Cosines of some stored vectors with each query, and their rows; -inf of those not to be found."""

BLOCK = 2**14
"""Stored vectors at a time: 25 MB of width 384."""

DENSE = 0.25
"""Share of a block that is wanted from which on a product with all of it costs less than a copy."""


def exact_nearest(
    queries: Float32[np.ndarray, "N D"],
    vectors: Float32[np.ndarray, "K D"],
    k: int,
    wanted: Bool[np.ndarray, " K"] | None = None,
) -> Found:
    """The k nearest stored vectors of each query.

    Args:
        queries, vectors: of length one.
        k: neighbours.
        wanted: which of the stored ones may be found; None: all.

    Returns:
        Cosines and rows, nearest first; -inf and -1 where there are no k.
    """
    found = [_none(len(queries), k)]
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        rows = np.arange(start, start + len(block))
        if wanted is not None:
            here = wanted[start : start + len(block)]
            if here.mean() < DENSE:
                block, rows, here = block[here], rows[here], here[here]
        if len(block):
            cosines = queries @ block.T
            if wanted is not None:
                cosines[:, ~here] = -np.inf
            found = [best_of([*found, _greatest(cosines, rows, k)], k)]
    return found[0]


def best_of(found: Sequence[Some], k: int) -> Found:
    """The k nearest of what several searches found, at least k of each; of equal ones the first."""
    cosines = np.concatenate([one for one, _ in found], axis=1)
    rows = np.concatenate([one for _, one in found], axis=1)
    order = np.lexsort((rows, -cosines), axis=1)[:, :k]
    cosines, rows = (np.take_along_axis(one, order, axis=1) for one in (cosines, rows))
    return cosines, np.where(np.isneginf(cosines), -1, rows)


def _none(count: int, k: int) -> Found:
    return np.full((count, k), -np.inf, dtype=np.float32), np.full((count, k), -1, dtype=np.int64)


def _greatest(cosines: Float32[np.ndarray, "N C"], rows: Int64[np.ndarray, " C"], k: int) -> Found:
    """The k greatest of each line, in no order."""
    if k < cosines.shape[1]:
        columns = np.argpartition(cosines, -k, axis=1)[:, -k:]
        return np.take_along_axis(cosines, columns, axis=1), rows[columns]
    return cosines, np.broadcast_to(rows, cosines.shape)
