"""Nearest neighbours by cosine, exact, in blocks: a million on each side need no more memory.

```text
keys    ─ a block, unit length ─┐
queries ─ a block, unit length ─┴─▶ the block's k nearest ─ merged with those of earlier blocks
```

Letters: N queries, K keys, D width, k neighbours.
"""

import faiss
import numpy as np
from jaxtyping import Float32, Int64
from tqdm import tqdm

__all__ = ["nearest", "neighbours"]

BLOCK = 2**16
"""Rows of a block: 100 MB of width 384."""


def nearest(
    queries: Float32[np.ndarray, "N D"], keys: Float32[np.ndarray, "K D"]
) -> Int64[np.ndarray, " N"]:
    """The row of each query's nearest key, the first of equal ones; -1 of one that is not finite.

    For sets of thousands: it sorts the keys whole.
    """
    # Equal keys can get products that differ in the last bit: only the first of them is searched.
    first = np.sort(np.unique(keys, axis=0, return_index=True)[1])
    _, rows = neighbours(queries, keys[first], 1)
    return np.where(rows[:, 0] < 0, -1, first[rows[:, 0]])


def neighbours(
    queries: Float32[np.ndarray, "N D"],
    keys: Float32[np.ndarray, "K D"],
    k: int,
    *,
    block: int = BLOCK,
    progress: bool = False,
) -> tuple[Float32[np.ndarray, "N k"], Int64[np.ndarray, "N k"]]:
    """The k nearest keys of each query by cosine, nearest first.

    Args:
        queries, keys: of any length, also from files mapped into memory; only a block of each is
            copied.
        k: neighbours.
        block: rows of a block.
        progress: show a bar.

    Returns:
        Cosines and rows of keys. Where there are no k keys with a cosine, as of a vector that is
        not finite, -inf and -1.
    """
    cosines = np.full((len(queries), k), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    products = len(queries) * len(keys)
    with tqdm(total=products, desc="searching", unit_scale=True, disable=not progress) as bar:
        for first in range(0, len(keys), block):
            some = _unit(keys[first : first + block])
            for start in range(0, len(queries), block):
                part = slice(start, start + block)
                asked = _unit(queries[part])
                cosines[part], rows[part] = _merged(
                    cosines[part], rows[part], *_of_block(asked, some, first, k)
                )
                bar.update(len(asked) * len(some))
    return cosines, rows


def _of_block(
    queries: Float32[np.ndarray, "N D"], keys: Float32[np.ndarray, "K D"], first: int, k: int
) -> tuple[Float32[np.ndarray, "N k"], Int64[np.ndarray, "N k"]]:
    """The nearest of a block of unit vectors whose first row is `first`."""
    cosines, rows = faiss.knn(queries, keys, k, metric=faiss.METRIC_INNER_PRODUCT)
    none = rows < 0
    return np.where(none, -np.inf, cosines), np.where(none, -1, rows + first)


def _merged(
    cosines: Float32[np.ndarray, "N k"],
    rows: Int64[np.ndarray, "N k"],
    other_cosines: Float32[np.ndarray, "N k"],
    other_rows: Int64[np.ndarray, "N k"],
) -> tuple[Float32[np.ndarray, "N k"], Int64[np.ndarray, "N k"]]:
    """The k best of two lists; of equal ones the earlier list's."""
    both = np.concatenate([cosines, other_cosines], axis=1)
    order = np.argsort(-both, axis=1, kind="stable")[:, : cosines.shape[1]]
    all_rows = np.concatenate([rows, other_rows], axis=1)
    return np.take_along_axis(both, order, axis=1), np.take_along_axis(all_rows, order, axis=1)


def _unit(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
