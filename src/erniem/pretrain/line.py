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

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int

from erniem.packing import boundaries

__all__ = ["BLOCK", "POOL", "Line", "Rows"]

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

    def lengths(self, start: int, stop: int) -> Int[np.ndarray, " n"]:
        """Tokens of the rows from `start` to `stop`; 0 of a row that has no place on the line."""


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
        self._opened = lru_cache(maxsize=1)(self._open)

    def window(self, start: int, stop: int) -> Int[np.ndarray, " n"]:
        """Numbers of the rows that begin at tokens `start` to `stop` of the endless line.

        Example: lengths [4, 4, 4] in their own order: `window(0, 8)` → `[0, 1]`,
        `window(8, 13)` → `[2]` and the first of the next epoch.
        """
        found = [np.zeros(0, dtype=np.int64)]
        for epoch in range(start // self.total, max(start, stop - 1) // self.total + 1):
            offset = epoch * self.total
            low, high = max(0, start - offset), min(self.total, stop - offset)
            found.extend(self._window_of(epoch, low, high))
        return np.concatenate(found)

    def _window_of(self, epoch: int, start: int, stop: int) -> Iterator[Int[np.ndarray, " n"]]:
        """The rows of one epoch that begin at its tokens `start` to `stop`, pool by pool."""
        _, edges = self._dealt(epoch)
        first = int(np.searchsorted(edges, start, side="right")) - 1
        for pool in range(first, int(np.searchsorted(edges, stop))):
            numbers, starts = self._opened(epoch, pool)
            window = np.array([start, stop]) - edges[pool]
            window = window.clip(0, edges[pool + 1] - edges[pool])
            # Of the same type, or numpy would copy all starts into another first.
            low, high = np.searchsorted(starts, window.astype(starts.dtype))
            yield numbers[low:high].astype(np.int64)

    def _dice(self, *what: int) -> np.random.Generator:
        return np.random.default_rng([*self.seed, *what])

    def _deal(self, epoch: int) -> tuple[list[Int[np.ndarray, " k"]], Int[np.ndarray, " edges"]]:
        """The blocks of each pool of an epoch, and the tokens at which the pools begin and end."""
        order = self._dice(epoch, 0).permutation(len(self.rows.blocks))
        # Pools of like size: a short last one would be badly mixed.
        pools = np.array_split(order, self.num_pools)
        return pools, boundaries(np.array([self.rows.blocks[pool].sum() for pool in pools]))

    def _open(self, epoch: int, pool: int) -> tuple[np.ndarray, np.ndarray]:
        """The order of the rows of a pool, and the token of the pool at which each begins."""
        pools, edges = self._dealt(epoch)
        blocks = np.sort(pools[pool])
        runs = np.split(blocks, np.flatnonzero(np.diff(blocks) != 1) + 1)
        spans = [
            (int(run[0]) * BLOCK, min((int(run[-1]) + 1) * BLOCK, self.rows.num_rows))
            for run in runs
        ]
        lengths = np.concatenate([self.rows.lengths(*span) for span in spans])
        numbers = np.concatenate([np.arange(*span) for span in spans])
        order = np.flatnonzero(lengths)
        self._dice(epoch, 1 + pool).shuffle(order)
        starts = boundaries(lengths[order])[:-1]
        small = np.min_scalar_type(edges[pool + 1] - edges[pool])
        return numbers[order].astype(np.min_scalar_type(self.rows.num_rows)), starts.astype(small)
