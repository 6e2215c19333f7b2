"""Which rows of a shard fit into an objective's sequences, and how many tokens each has there."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from erniem.corpus.shards import Shard
from erniem.pretrain.line import BLOCK

__all__ = ["Fit"]

SCANNED = 1024 * BLOCK
"""Rows looked at in one go."""


class Fit:
    """The rows of a shard, none longer than its objective can read.

    A longer sentence is cropped; a pair with a longer side is left out, since two halves of a
    translation do not match. All lengths are looked at once, and none is kept.

    Args:
        shard: sentences or pairs.
        limit: pieces of a sentence, or of each side of a pair, at most.
    """

    def __init__(self, shard: Shard, limit: int) -> None:
        self.shard = shard
        self.limit = limit
        self.num_rows = len(shard)
        self.misfits = 0
        """Pairs left out, or sentences cropped, for their length."""
        sums = [np.zeros(0, dtype=np.int64)]
        for lengths in shard.all_lengths(SCANNED):
            self.misfits += int((lengths.max(axis=1) > limit).sum())
            tokens = self._fitted(lengths)
            sums.append(np.add.reduceat(tokens, np.arange(0, len(tokens), BLOCK)))
        self.blocks: Int[np.ndarray, " blocks"] = np.concatenate(sums)
        """Tokens of each block of `BLOCK` rows."""

    def lengths(self, spans: Sequence[tuple[int, int]]) -> Int[np.ndarray, " n"]:
        """Tokens of the rows of these spans as they are read; 0 if left out."""
        return self._fitted(self.shard.lengths(spans))

    def _fitted(self, lengths: Int[np.ndarray, "n sides"]) -> Int[np.ndarray, " n"]:
        if lengths.shape[1] == 1:
            return np.minimum(lengths[:, 0], self.limit)
        return np.where(lengths.max(axis=1) <= self.limit, lengths.sum(axis=1), 0)
