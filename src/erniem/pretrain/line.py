"""The endless line of tokens of one data set: its rows end to end, shuffled anew each epoch.

A billion rows cannot be shuffled in one piece of memory. They are shuffled in two steps, each a
pure function of the seed and the epoch:

```text
rows    [0 1 2 3][4 5 6 7][8 9 …                  blocks of rows that lie side by side
blocks  [8 …][0 1 2 3] | [4 5 6 7][… ] | …        in a drawn order, dealt into pools
pool    2 9 0 8 3 1 …                             its rows in a drawn order
```

Up to about a million rows are one pool, and so perfectly shuffled; of more, two neighbours stood in
the same block once in `POOL` times. In memory are one number a block and the rows of one pool.

Letters: N rows, n those in a window.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int, UInt

from erniem.packing import boundaries

__all__ = ["BLOCK", "POOL", "Line", "Rows", "Window"]

BLOCK = 512
"""Rows in a block."""
POOL = 2048
"""Blocks in a pool, at most."""


@runtime_checkable
class Rows(Protocol):
    """What a line has to know of its rows."""

    num_rows: int
    """N."""
    blocks: Int[np.ndarray, " blocks"]
    """Tokens of each block of `BLOCK` rows; the last one may be shorter."""

    def lengths(self, spans: Sequence[tuple[int, int]]) -> Int[np.ndarray, " n"]:
        """Tokens of the rows from one number to another; 0 of one without a place on the line."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Rows that follow one another on a line."""

    numbers: Int[np.ndarray, " n"]
    """Their numbers in the shard."""
    begins: Int[np.ndarray, " n"]
    """The token of the endless line at which each begins."""
    lengths: Int[np.ndarray, " n"]
    """Tokens of each."""


@dataclass(frozen=True, kw_only=True)
class _Pool:
    """The rows of a pool in their drawn order."""

    begin: int
    """The token of the endless line at which it begins."""
    end: int
    """The token at which the next one begins."""
    numbers: UInt[np.ndarray, " k"]
    """Numbers of its rows, in the smallest type that fits."""
    starts: UInt[np.ndarray, " k"]
    """The token of the pool at which each begins, likewise."""

    def window(self, start: int, stop: int) -> Window:
        """The rows that begin at tokens `start` to `stop` of the endless line."""
        # Of the same type, or numpy would copy all starts into another first.
        window = np.array([start - self.begin, stop - self.begin], dtype=self.starts.dtype)
        low, high = self.starts.searchsorted(window)
        begins = self.begin + self.starts[low:high].astype(np.int64)
        end = self.end if high == len(self.starts) else self.begin + int(self.starts[high])
        return Window(
            numbers=self.numbers[low:high].astype(np.int64),
            begins=begins,
            lengths=np.diff(begins, append=end),
        )


class Line:
    """The endless line of a data set; a row belongs to the window that it begins in.

    Args:
        rows: how long they are; at least one has a place.
        seed: names the line among all lines of a run, and the run among runs.
    """

    def __init__(self, rows: Rows, seed: Sequence[int]) -> None:
        self.rows = rows
        self.seed = tuple(seed)
        self.total = int(rows.blocks.sum())
        """Tokens of one epoch."""
        assert self.total, "a line needs a row"
        self.num_pools = -(-len(rows.blocks) // POOL)
        self._dealt = lru_cache(maxsize=2)(self._deal)
        self._opened: _Pool | None = None

    def window(self, start: int, stop: int) -> Window:
        """The rows that begin at tokens `start` to `stop` of the endless line.

        Example: lengths [4, 4, 4] in their own order: `window(0, 8)` → rows 0 and 1,
        `window(8, 13)` → row 2 and the first of the next epoch.
        """
        pool = self._pool_at(start)
        found = [pool.window(start, min(stop, pool.end))]
        while pool.end < stop:
            pool = self._pool_at(pool.end)
            found.append(pool.window(pool.begin, min(stop, pool.end)))
        return found[0] if len(found) == 1 else _joined(found)

    def _pool_at(self, place: int) -> _Pool:
        """The pool that holds a token of the endless line; the last one stays open."""
        pool = self._opened
        if pool is None or not pool.begin <= place < pool.end:
            epoch, token = divmod(place, self.total)
            _, edges = self._dealt(epoch)
            number = int(edges.searchsorted(token, side="right")) - 1
            self._opened = None  # two pools need not be in memory
            pool = self._opened = self._open(epoch, number)
        return pool

    def _dice(self, *what: int) -> np.random.Generator:
        return np.random.default_rng([*self.seed, *what])

    def _deal(self, epoch: int) -> tuple[list[Int[np.ndarray, " k"]], Int[np.ndarray, " edges"]]:
        """The blocks of each pool of an epoch, and the tokens at which the pools begin and end."""
        order = self._dice(epoch, 0).permutation(len(self.rows.blocks))
        # Pools of like size: a short last one would be badly mixed.
        pools = np.array_split(order, self.num_pools)
        return pools, boundaries(np.array([self.rows.blocks[pool].sum() for pool in pools]))

    def _open(self, epoch: int, number: int) -> _Pool:
        """Draws the order of the rows of a pool."""
        pools, edges = self._dealt(epoch)
        blocks = np.sort(pools[number])
        runs = np.split(blocks, np.flatnonzero(np.diff(blocks) != 1) + 1)
        spans = [
            (int(run[0]) * BLOCK, min((int(run[-1]) + 1) * BLOCK, self.rows.num_rows))
            for run in runs
        ]
        lengths = self.rows.lengths(spans)
        numbers = np.concatenate([np.arange(*span) for span in spans])
        order = np.flatnonzero(lengths)
        self._dice(epoch, 1 + number).shuffle(order)
        begin, end = edges[number : number + 2].tolist()
        return _Pool(
            begin=epoch * self.total + begin,
            end=epoch * self.total + end,
            numbers=numbers[order].astype(np.min_scalar_type(self.rows.num_rows)),
            starts=boundaries(lengths[order])[:-1].astype(np.min_scalar_type(end - begin)),
        )


def _joined(windows: Sequence[Window]) -> Window:
    return Window(
        numbers=np.concatenate([one.numbers for one in windows]),
        begins=np.concatenate([one.begins for one in windows]),
        lengths=np.concatenate([one.lengths for one in windows]),
    )
