"""Which of a task's cleaned documents are left to train on, and why the others are not.

Letters: N documents of a task.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt8, UInt64

from erniem.corpus.build.columns import read_keys
from erniem.corpus.build.work import Work
from erniem.corpus.duplicates import Repeated
from erniem.corpus.keys import What

__all__ = ["REASONS", "Left", "Remaining"]

REASONS = ("", "repeated", "nearly repeated", "held out", "over the cap")
"""Why a document is left out, by number; 0 for one that is not."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left of one task."""

    reasons: UInt8[np.ndarray, " N"]
    """By document, a number of `REASONS`."""
    sides: Bool[np.ndarray, "2 N"]
    """Of pairs: which sides are sentences that stand nowhere before."""
    keys: UInt64[np.ndarray, "2 N"]
    """Keys of the sides, which are hashes: by them is drawn. 0 for the side a sentence lacks."""

    @property
    def kept(self) -> Bool[np.ndarray, " N"]:
        """Which documents are left."""
        return self.reasons == 0


@dataclass(frozen=True, kw_only=True)
class Remaining:
    """What decides what is left; one for all tasks."""

    work: Work
    """Where the documents and the marks of the repeated ones are."""
    buckets: int
    """In how many buckets they were compared."""
    held_out: UInt64[np.ndarray, " K"]
    """Keys of the sides of held-out pairs, sorted."""
    cap: int | None
    """Documents of a task, at most."""

    def of(self, rank: int) -> Left:
        """What is left of a task."""
        keys = read_keys(self.work.documents(rank))
        repeated = Repeated([self.work.repeated(bucket) for bucket in range(self.buckets)])
        marks = repeated.of(rank)
        reasons = np.zeros(keys.shape[1], dtype=np.uint8)
        _mark(reasons, np.flatnonzero(np.isin(keys, self.held_out).any(axis=0)), "held out")
        for what, why in ((What.NEARLY, "nearly repeated"), (What.EXACTLY, "repeated")):
            _mark(reasons, marks["number"][marks["what"] & what > 0], why)
        _mark(reasons, _over(keys[0], reasons == 0, self.cap), "over the cap")
        sides = np.ones(keys.shape, dtype=bool)
        for side, what in zip(sides, (What.FIRST_SIDE, What.SECOND_SIDE), strict=True):
            side[marks["number"][marks["what"] & what > 0]] = False
        return Left(reasons=reasons, sides=sides, keys=keys)


def _mark(reasons: UInt8[np.ndarray, " N"], numbers: np.ndarray, why: str) -> None:
    reasons[numbers] = REASONS.index(why)


def _over(
    keys: UInt64[np.ndarray, " N"], kept: Bool[np.ndarray, " N"], cap: int | None
) -> np.ndarray:
    """Numbers of the documents over the cap: those with the lowest keys stay."""
    numbers = np.flatnonzero(kept)
    if cap is None or len(numbers) <= cap:
        return numbers[:0]
    return numbers[np.argsort(keys[numbers], kind="stable")[cap:]]
