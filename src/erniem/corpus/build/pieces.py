"""Sentences in pieces, end to end, as shards hold them.

Letters: T pieces of n sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from jaxtyping import Int
from transformers import PreTrainedTokenizerFast

from erniem.packing import boundaries, within
from erniem.tokenization.ids import ids_of

__all__ = ["Pieces", "encoded"]


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Sentences in pieces."""

    tokens: Int[np.ndarray, " T"]
    """The pieces, end to end."""
    lengths: Int[np.ndarray, " n"]
    """How many each sentence has."""
    cropped: int = 0
    """How many sentences were longer."""

    def taken(self, places: Int[np.ndarray, " k"]) -> "Pieces":
        """Some of the sentences."""
        lengths = self.lengths[places]
        starts = boundaries(self.lengths)[:-1][places]
        return Pieces(
            tokens=self.tokens[np.repeat(starts, lengths) + within(lengths)], lengths=lengths
        )

    def of_side(self, side: int, sides: int) -> Int[np.ndarray, " t"]:
        """The pieces of first, or second, sides, where sentences are sides in turn."""
        if sides == 1:
            return self.tokens
        return self.taken(np.arange(side, len(self.lengths), sides)).tokens

    def cropped_to(self, most: int) -> "Pieces":
        """The sentences without what is beyond so many pieces."""
        long = self.lengths > most
        if not long.any():
            return self
        return Pieces(
            tokens=self.tokens[within(self.lengths) < most],
            lengths=np.minimum(self.lengths, most),
            cropped=int(long.sum()),
        )


def encoded(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], most: int) -> Pieces:
    """The pieces of texts, without special ones, cropped."""
    ids = ids_of(tokenizer, texts)
    lengths = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
    tokens = np.fromiter(chain.from_iterable(ids), dtype=np.int64, count=int(lengths.sum()))
    return Pieces(tokens=tokens, lengths=lengths).cropped_to(most)
