"""Sentences in pieces, end to end, as shards hold them.

Letters: T pieces of n sentences.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Int
from tokenizers import Tokenizer

from erniem.packing import boundaries, within
from erniem.tokenization import is_segmenting, open_tokenizer
from erniem.tokenization.ids import ids_end_to_end
from erniem.tokenization.words import WordMemory, splits_words_alone

__all__ = ["Pieces", "Splitter"]

Split = Callable[[Sequence[str]], tuple[Int[np.ndarray, " T"], Int[np.ndarray, " n"]]]


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
        split: gives the pieces of texts, end to end, and how many each has.
        size: pieces of the vocabulary.
        unknown: id of what cannot be spelled.
    """

    def __init__(self, split: Split, *, size: int, unknown: int) -> None:
        self._split, self.size, self.unknown = split, size, unknown

    @classmethod
    def open(cls, folder: Path) -> "Splitter":
        """The splitter of a tokeniser's folder.

        A tokeniser that splits words alone is read from its tokenizer.json and nothing else:
        transformers takes seconds to make one of 250,002 pieces, in each process.
        """
        backend = None if is_segmenting(folder) else _bare(folder)
        if backend is not None:
            state = json.loads(backend.to_str())  # the model itself does not say it
            return cls(
                WordMemory(backend).split,
                size=backend.get_vocab_size(),
                unknown=state["model"]["unk_id"],
            )
        tokenizer = open_tokenizer(folder)
        split = partial(ids_end_to_end, tokenizer)
        return cls(split, size=len(tokenizer), unknown=tokenizer.unk_token_id)

    def split(self, texts: Sequence[str], most: int) -> Pieces:
        """The pieces of texts, without special ones, cropped to so many."""
        tokens, lengths = self._split(texts)
        return Pieces(tokens=tokens, lengths=lengths).cropped_to(most)


def _bare(folder: Path) -> Tokenizer | None:
    """The tokeniser of a tokenizer.json, if its words can be remembered."""
    path = folder / "tokenizer.json"
    backend = Tokenizer.from_file(str(path)) if path.is_file() else None
    return backend if backend is not None and splits_words_alone(backend) else None
