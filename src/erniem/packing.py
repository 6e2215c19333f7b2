"""Sentences laid end to end: the one shape in which text travels through the project.

Letters: T tokens over all sequences, S sequences (and S + 1 `bounds`), W pieces of text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
from jaxtyping import Int

__all__ = [
    "NO_LANGUAGE",
    "Pack",
    "Sentences",
    "SpecialIds",
    "boundaries",
    "end_to_end",
    "replaced",
    "within",
]

NO_LANGUAGE = 0
"""The language id of a token that says nothing about its language: plain text everywhere."""


def boundaries(lengths: Int[np.ndarray, " S"]) -> Int[np.ndarray, " bounds"]:
    """Where sequences of these lengths begin and end: `[3, 2]` → `[0, 3, 5]`."""
    bounds = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=bounds[1:])
    return bounds


def within(lengths: Int[np.ndarray, " S"]) -> Int[np.ndarray, " T"]:
    """The place of every token in its own sequence: `[3, 2]` → `[0, 1, 2, 0, 1]`."""
    return np.arange(lengths.sum()) - np.repeat(boundaries(lengths)[:-1], lengths)


def end_to_end(
    rows: Sequence[Sequence[int]],
) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " S"]]:
    """Lists as one array, and their lengths: `[[5, 6], [7]]` → `[5, 6, 7]`, `[2, 1]`."""
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    ids = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(lengths.sum()))
    return ids, lengths


def replaced(
    ids: Int[np.ndarray, " T"],
    lengths: Int[np.ndarray, " S"],
    others: Mapping[int, Sequence[int]],
) -> tuple[Int[np.ndarray, " t"], Int[np.ndarray, " S"]]:
    """Sequences end to end, with others in some of their places, and all their lengths.

    Example: `[5, 6, 7]`, `[2, 1]`, `{0: [8]}` → `[8, 7]`, `[1, 1]`.
    """
    if not others:
        return ids, lengths
    bounds = boundaries(lengths)
    lengths = lengths.copy()
    parts: list[np.ndarray] = []
    done = 0
    for place, other in sorted(others.items()):
        parts += (ids[done : bounds[place]], np.array(other, dtype=ids.dtype))
        lengths[place] = len(other)
        done = bounds[place + 1]
    return np.concatenate([*parts, ids[done:]]), lengths


@dataclass(frozen=True, kw_only=True)
class SpecialIds:
    """The ids of a vocabulary that are no text."""

    cls: int
    """[CLS], before every sequence."""
    pad: int
    """[PAD], never computed."""
    sep: int
    """[SEP], after every sentence."""
    unk: int
    """[UNK], a piece that the vocabulary lacks."""
    mask: int
    """[MASK], a hole or a placeholder."""
    vocabulary_size: int
    """Number of ids V, special ones counted."""

    @property
    def ids(self) -> tuple[int, ...]:
        """All special ids."""
        return (self.cls, self.pad, self.sep, self.unk, self.mask)

    @cached_property
    def ordinary(self) -> Int[np.ndarray, " W"]:
        """The ids of pieces of text."""
        return np.setdiff1d(np.arange(self.vocabulary_size), self.ids)


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """Bare pieces of many sentences, without special tokens: what objectives take."""

    ids: Int[np.ndarray, " T"]
    """Piece ids of all sentences, end to end."""
    bounds: Int[np.ndarray, " bounds"]
    """Sentence i is `ids[bounds[i]:bounds[i + 1]]`."""
    languages: Int[np.ndarray, " S"]
    """Language id of each sentence, counted from 1; `NO_LANGUAGE` where unknown."""

    @classmethod
    def of(cls, sentences: Iterable[Sequence[int]], languages: Iterable[int]) -> "Sentences":
        """From lists: `Sentences.of([[5, 6], [7]], [1, 2])`."""
        rows = [np.asarray(sentence, dtype=np.int64) for sentence in sentences]
        return cls(
            ids=np.concatenate([*rows, np.zeros(0, dtype=np.int64)]),
            bounds=boundaries(np.array([len(row) for row in rows], dtype=np.int64)),
            languages=np.array(list(languages), dtype=np.int64),
        )

    @property
    def lengths(self) -> Int[np.ndarray, " S"]:
        """Pieces in each sentence."""
        return np.diff(self.bounds)

    def take(self, indices: Int[np.ndarray, " n"]) -> "Sentences":
        """The sentences at these indices, in this order."""
        lengths = self.lengths[indices]
        places = np.repeat(self.bounds[indices], lengths) + within(lengths)
        return Sentences(
            ids=self.ids[places], bounds=boundaries(lengths), languages=self.languages[indices]
        )

    def cropped(self, limit: int) -> "Sentences":
        """The first `limit` pieces of each sentence."""
        lengths = self.lengths
        return Sentences(
            ids=self.ids[within(lengths) < limit],
            bounds=boundaries(np.minimum(lengths, limit)),
            languages=self.languages,
        )

    @classmethod
    def concatenated(cls, parts: Sequence["Sentences"]) -> "Sentences":
        """Several groups of sentences as one."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(
            ids=np.concatenate([*(part.ids for part in parts), empty]),
            bounds=boundaries(np.concatenate([*(part.lengths for part in parts), empty])),
            languages=np.concatenate([*(part.languages for part in parts), empty]),
        )

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, index: int) -> Int[np.ndarray, " n"]:
        """The pieces of one sentence."""
        return self.ids[self.bounds[index] : self.bounds[index + 1]]


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Sequences end to end, ready for the encoder: attention never crosses a boundary, no padding.

    Positions are counted from 0 within a sequence (the encoder adds the offset of two that the
    released weights carry), and need not run on: a placeholder has the position of the token that
    it stands for.
    """

    input_ids: Int[np.ndarray, " T"]
    position_ids: Int[np.ndarray, " T"]
    language_ids: Int[np.ndarray, " T"]
    """`NO_LANGUAGE`, or the language in which a placeholder is to be answered."""
    cu_seqlens: Int[np.ndarray, " bounds"]
    """Sequence i is the slice from `cu_seqlens[i]` to `cu_seqlens[i + 1]`."""

    @property
    def lengths(self) -> Int[np.ndarray, " S"]:
        """Tokens in each sequence."""
        return np.diff(self.cu_seqlens)

    def __len__(self) -> int:
        return len(self.cu_seqlens) - 1
