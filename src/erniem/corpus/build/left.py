"""Which of a task's cleaned documents are left to train on, and why the others are not.

Letters: N documents of a task, n of a batch.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, UInt8, UInt64

from erniem.corpus.build.columns import read_keys
from erniem.corpus.build.work import Work
from erniem.corpus.duplicates import Repeated
from erniem.corpus.keys import What

__all__ = ["REASONS", "Left", "Remaining"]

REASONS = ("", "repeated", "nearly repeated", "held out", "over the cap")
"""Why a document is left out, by number; 0 for one that is not."""


@dataclass(frozen=True, kw_only=True)
class Left:
    """What is left of one task: three bytes a document, for a file may have a billion lines."""

    reasons: UInt8[np.ndarray, " N"]
    """By document, a number of `REASONS`."""
    sides: Bool[np.ndarray, "2 N"]
    """Of pairs: which sides are sentences that stand nowhere before."""

    def kept(self, numbers: Int[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Which of some documents are left."""
        return self.reasons[numbers] == 0


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
        documents = self.work.documents(rank)
        repeated = Repeated([self.work.repeated(bucket) for bucket in range(self.buckets)])
        marks = repeated.of(rank)
        reasons = self._held_out(documents)
        for what, why in ((What.NEARLY, "nearly repeated"), (What.EXACTLY, "repeated")):
            _mark(reasons, marks["number"][marks["what"] & what > 0], why)
        if self.cap is not None:
            _mark(reasons, _over(documents, reasons, self.cap), "over the cap")
        sides = np.ones((2, len(reasons)), dtype=bool)
        for side, what in zip(sides, (What.FIRST_SIDE, What.SECOND_SIDE), strict=True):
            side[marks["number"][marks["what"] & what > 0]] = False
        return Left(reasons=reasons, sides=sides)

    def _held_out(self, documents: Path) -> UInt8[np.ndarray, " N"]:
        """The reasons, with those documents marked of which a side is held out."""
        why = np.uint8(REASONS.index("held out"))
        found = [why * _among(keys, self.held_out).any(axis=0) for keys in read_keys(documents)]
        return np.concatenate([np.zeros(0, dtype=np.uint8), *found])


def _mark(reasons: UInt8[np.ndarray, " N"], numbers: np.ndarray, why: str) -> None:
    reasons[numbers] = REASONS.index(why)


def _among(
    keys: UInt64[np.ndarray, "2 n"], known: UInt64[np.ndarray, " K"]
) -> Bool[np.ndarray, "2 n"]:
    """Which keys are among sorted ones."""
    if not len(known):
        return np.zeros(keys.shape, dtype=bool)
    places = np.searchsorted(known, keys).clip(max=len(known) - 1)
    return known[places] == keys


def _over(documents: Path, reasons: UInt8[np.ndarray, " N"], cap: int) -> np.ndarray:
    """Numbers of the documents over the cap: those with the lowest keys stay."""
    lowest = np.zeros(0, dtype=[("key", "<u8"), ("number", "<i8")])
    start = 0
    for keys in read_keys(documents):
        numbers = start + np.flatnonzero(reasons[start : start + keys.shape[1]] == 0)
        some = np.zeros(len(numbers), dtype=lowest.dtype)
        some["key"], some["number"] = keys[0, numbers - start], numbers
        lowest = np.sort(np.concatenate([lowest, some]))[:cap]
        start += keys.shape[1]
    over = reasons == 0
    over[lowest["number"]] = False
    return np.flatnonzero(over)
