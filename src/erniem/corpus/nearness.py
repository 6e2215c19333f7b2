"""Which texts are near: MinHash of character shingles, bands to find them, a sketch to judge them.

The *nearness* J of two texts is the Jaccard similarity of their sets of shingles: all runs of
`characters` characters of the normalised text. A MinHash, the least hash of a text's shingles, is
the same in two texts with a chance of J (Broder 1997). `rows` of them make the key of a band; texts
that share one of `bands` keys, with a chance of 1 - (1 - J^rows)^bands, are looked at (FineWeb,
for whole documents, takes 14 bands of 8 rows, of shingles of 5 words). What is looked at are their
*sketches*, a bit of each of 64 further MinHashes: a bit differs with a chance of (1 - J) / 2 (Li
and König 2010, "b-Bit Minwise Hashing", b = 1).

Letters: N documents, B bands, T shingles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from jaxtyping import UInt32, UInt64
from numpy.typing import NDArray

from erniem.packing import boundaries

__all__ = ["Nearness", "mixed", "signatures"]

SKETCH = 64
"""Bits of a sketch."""
PADDING, NOTHING = "\0", "\1"
"""Characters no normalised text has: after a text's end, and instead of an empty text."""
NEXT_SIDE = np.uint64(1 << 32)
"""Added to a shingle's hash for each side before its own: what is said on the left is not near
what is said on the right."""


@dataclass(frozen=True, kw_only=True)
class Nearness:
    """When two documents count as nearly the same; see `found` for what comes of it."""

    jaccard: float = 0.9
    """Documents at least so near, by their sketches, count as the same. In technical prose most of
    what lies between 0.8 and 0.9 says something else in the same words: up for down, least for
    most."""
    characters: int = 5
    """Characters of a shingle."""
    bands: int = 6
    """Keys of a document, by which near ones are found."""
    rows: int = 8
    """MinHashes of a key."""

    def __post_init__(self) -> None:
        if not 0 < self.jaccard <= 1:
            raise ValueError(f"jaccard is {self.jaccard}; give more than 0 and at most 1.")
        if min(self.characters, self.bands, self.rows) < 1:
            raise ValueError(f"{self}: characters, bands and rows are at least 1.")

    @property
    def most_differing(self) -> int:
        """So many bits of two sketches differ, at most, if the documents are near."""
        return int(SKETCH * (1 - self.jaccard) / 2 + 1e-9)

    def found(self, jaccard: float) -> float:
        """The chance that two documents so near count as the same.

        By default 0.3 % at 0.7, 7 at 0.8, 24 at 0.85, 58 at 0.9, 92 at 0.95; half at 0.89.
        """
        seen = 1 - (1 - jaccard**self.rows) ** self.bands
        differ = (1 - jaccard) / 2
        judged = sum(
            comb(SKETCH, bits) * differ**bits * (1 - differ) ** (SKETCH - bits)
            for bits in range(self.most_differing + 1)
        )
        return seen * judged


def signatures(
    documents: Sequence[Sequence[str]], nearness: Nearness
) -> tuple[UInt64[np.ndarray, "N B"], UInt64[np.ndarray, " N"]]:
    """The keys of the bands, and the sketch.

    Args:
        documents: the sides of each, normalised; near are those near in all sides together.
        nearness: how finely.
    """
    hashes, starts = _shingles(documents, nearness.characters)
    multipliers, shifts = _functions(nearness.bands * nearness.rows + SKETCH)
    least = np.empty((len(multipliers), len(documents)), dtype=np.uint32)
    for row, multiplier, shift in zip(least, multipliers, shifts, strict=True):
        np.minimum.reduceat(hashes * multiplier + shift, starts, out=row)
    keys = mixed(np.zeros((len(documents), nearness.bands), dtype=np.uint64))
    banded = least[:-SKETCH].reshape(nearness.bands, nearness.rows, -1)
    for place in range(nearness.rows):
        keys = mixed(keys + banded[:, place].T.astype(np.uint64))
    keys += np.arange(nearness.bands, dtype=np.uint64)
    bits = mixed(least[-SKETCH:].astype(np.uint64)) & np.uint64(1)
    sketches = np.bitwise_or.reduce(bits << np.arange(SKETCH, dtype=np.uint64)[:, None])
    return mixed(keys), sketches


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers made to look like chance, one to one (the last steps of SplitMix64)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def _shingles(
    documents: Sequence[Sequence[str]], characters: int
) -> tuple[UInt32[np.ndarray, " T"], NDArray[np.int64]]:
    """Hashes of the shingles, one at each character, and where those of each document begin."""
    sides = [side or NOTHING for document in documents for side in document]
    padding = PADDING * (characters - 1)
    joined = padding.join([*sides, ""])
    codes = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    count = len(codes) - (characters - 1)
    hashes = np.zeros(count, dtype=np.uint64)
    for place in range(characters):
        hashes = mixed(hashes + codes[place : place + count])
    within = codes[:count] != ord(PADDING)
    lengths = [len(side) for side in sides]
    turns = [turn for document in documents for turn in range(len(document))]
    hashes = hashes[within] + NEXT_SIDE * np.repeat(np.array(turns, dtype=np.uint64), lengths)
    per_document = [sum(len(side) or 1 for side in document) for document in documents]
    starts = boundaries(np.array(per_document, dtype=np.int64))[:-1]
    return (mixed(hashes) >> np.uint64(32)).astype(np.uint32), starts


@lru_cache
def _functions(count: int) -> tuple[UInt32[np.ndarray, " F"], UInt32[np.ndarray, " F"]]:
    """Multipliers and shifts of so many hash functions, the same ones always."""
    drawn = mixed(np.arange(count, dtype=np.uint64))
    multipliers = (drawn >> np.uint64(32)).astype(np.uint32) | np.uint32(1)
    return multipliers, drawn.astype(np.uint32)
