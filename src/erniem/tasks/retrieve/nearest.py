"""Nearest neighbours by cosine, exact, in blocks: a million on each side need no more memory.

```text
keys    ─ a block, unit length ─┐           ┌─ of each row, what is nearer than its k so far
queries ─ a block, unit length ─┴─▶ tiles ──┴─ of each column, the same: the other direction
```

One product serves both directions. Most rows of a tile hold nothing nearer than what was found
before, which their greatest cosine tells: sorting costs little beside the product.

Letters: N queries, K keys, D width, k neighbours, R rows of a tile, C its columns.
"""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor
from tqdm import tqdm

from erniem.embed.encoder import unit

__all__ = ["Found", "nearest", "neighbours", "neighbours_both_ways"]

BLOCK = 2**15
"""Rows of a block: 50 MB of width 384."""

TILE = (1024, 4096)
"""Rows and columns of a tile: 17 MB of products, read again while they are in the cache."""

Found = tuple[Float32[np.ndarray, "_ k"], Int64[np.ndarray, "_ k"]]
"""Cosines and rows of the k nearest, nearest first. Where there are no k with a cosine, as of a
vector that is not finite, -inf and -1."""


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
) -> Found:
    """The k nearest keys of each query by cosine.

    Args:
        queries, keys: of any length, also from files mapped into memory; only a block of each is
            copied.
        k: neighbours.
        block: rows of a block.
        progress: show a bar.
    """
    forth = _Nearest(len(queries), k)
    for row, column, cosines in _tiles(queries, keys, block, progress=progress):
        forth.offer(row, cosines, column)
    return forth.cosines, forth.rows


def neighbours_both_ways(
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "K D"],
    k: int,
    *,
    block: int = BLOCK,
    progress: bool = False,
) -> tuple[Found, Found]:
    """The k nearest of `second` for each of `first`, and the other way round, see `neighbours`."""
    forth, back = _Nearest(len(first), k), _Nearest(len(second), k)
    for row, column, cosines in _tiles(first, second, block, progress=progress):
        forth.offer(row, cosines, column)
        back.offer(column, cosines.T, row)
    return (forth.cosines, forth.rows), (back.cosines, back.rows)


class _Nearest:
    """The nearest that were offered so far, for each of `count` vectors."""

    def __init__(self, count: int, k: int) -> None:
        self.k = k
        self.cosines = np.full((count, k), -np.inf, dtype=np.float32)
        self.rows = np.full((count, k), -1, dtype=np.int64)

    def offer(self, start: int, cosines: Float32[np.ndarray, "R C"], first: int) -> None:
        """Keeps what is nearer: cosines of the vectors from `start` with the keys from `first`."""
        stop = start + len(cosines)
        better = np.flatnonzero(cosines.max(axis=1) > self.cosines[start:stop, -1])
        if not len(better):
            return
        found, columns = _greatest(cosines[better], self.k)
        rows = np.where(np.isneginf(found), -1, columns + first)
        where = start + better
        both = np.concatenate([self.cosines[where], found], axis=1)
        all_rows = np.concatenate([self.rows[where], rows], axis=1)
        order = np.argsort(-both, axis=1, kind="stable")[:, : self.k]  # of equal ones the earlier
        self.cosines[where] = np.take_along_axis(both, order, axis=1)
        self.rows[where] = np.take_along_axis(all_rows, order, axis=1)


def _greatest(
    cosines: Float32[np.ndarray, "R C"], k: int
) -> tuple[Float32[np.ndarray, "R k"], Int64[np.ndarray, "R k"]]:
    """Each row's k greatest and their columns, of equal ones the first; -inf where there are none.

    For a k of a few, going through the row k times is faster than `argpartition`.
    """
    cosines = np.ascontiguousarray(cosines)
    found = np.full((len(cosines), k), -np.inf, dtype=np.float32)
    columns = np.zeros((len(cosines), k), dtype=np.int64)
    every = np.arange(len(cosines))
    for place in range(min(k, cosines.shape[1])):
        columns[:, place] = cosines.argmax(axis=1)
        found[:, place] = cosines[every, columns[:, place]]
        cosines[every, columns[:, place]] = -np.inf
    return found, columns


def _tiles(
    queries: Float32[np.ndarray, "N D"],
    keys: Float32[np.ndarray, "K D"],
    block: int,
    *,
    progress: bool,
) -> Iterator[tuple[int, int, Float32[np.ndarray, "R C"]]]:
    """All cosines, a tile after the other: its first row, its first column, and it.

    The same memory holds each tile: whoever wants to keep one copies it.
    """
    products = len(queries) * len(keys)
    buffer = torch.empty(TILE[0] * TILE[1])
    with tqdm(total=products, desc="searching", unit_scale=True, disable=not progress) as bar:
        for first in range(0, len(keys), block):
            some = _finite(keys[first : first + block])
            for start in range(0, len(queries), block):
                asked = _finite(queries[start : start + block])
                for row in range(0, len(asked[0]), TILE[0]):
                    for column in range(0, len(some[0]), TILE[1]):
                        tile = _tile(asked, some, row, column, buffer)
                        yield start + row, first + column, tile
                        bar.update(tile.size)


Block = tuple[Tensor, np.ndarray]
"""Unit vectors, and which rows are finite; those that are not are zero."""


def _finite(vectors: Float32[np.ndarray, "N D"]) -> Block:
    there = np.isfinite(vectors).all(axis=1)
    return torch.from_numpy(unit(np.where(there[:, None], vectors, np.float32(0)))), there


def _tile(
    queries: Block, keys: Block, row: int, column: int, buffer: Tensor
) -> Float32[np.ndarray, "R C"]:
    """Cosines of a tile; -inf where a vector is not finite."""
    rows, columns = slice(row, row + TILE[0]), slice(column, column + TILE[1])
    one, other = queries[0][rows], keys[0][columns]
    cosines = buffer[: len(one) * len(other)].view(len(one), len(other))
    torch.mm(one, other.T, out=cosines)
    found = cosines.numpy()
    for there, part in ((queries[1][rows], found), (keys[1][columns], found.T)):
        if not there.all():
            part[~there] = -np.inf
    return found
