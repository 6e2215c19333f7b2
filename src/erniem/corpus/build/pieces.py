"""Sentences in pieces, end to end, as shards hold them.

Letters: T pieces of n sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from jaxtyping import Int
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from erniem.packing import boundaries, within
from erniem.tokenization.ids import ids_of
from erniem.tokenization.words import WordMemory, splits_words_alone

__all__ = ["Pieces", "Splitter"]


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


class Splitter:
    """Texts to pieces, by the shortest way that a tokeniser has.

    Args:
        tokenizer: any fast one.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        backend: Any = tokenizer._tokenizer  # not what it shows: ours splits in another way
        alone = isinstance(backend, Tokenizer) and splits_words_alone(backend)
        self._memory = WordMemory(backend) if alone else None

    def split(self, texts: Sequence[str], most: int) -> Pieces:
        """The pieces of texts, without special ones, cropped to so many."""
        if self._memory is not None:
            tokens, lengths = self._memory.split(texts)
        else:
            ids = ids_of(self.tokenizer, texts)
            lengths = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
            tokens = np.fromiter(chain.from_iterable(ids), np.int64, count=int(lengths.sum()))
        return Pieces(tokens=tokens, lengths=lengths).cropped_to(most)
