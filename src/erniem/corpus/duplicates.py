"""Which documents repeat an earlier one, exactly or nearly: in flat memory, by tasks and buckets.

```text
documents of a task ─KeyWriter─▶ keys, sorted runs        a file a task
all such files ─mark_repeated─▶ what repeats              a file a bucket of keys
all such files ─Repeated─▶ what repeats in one task
```

A document is told by its task (the *rank*, the place of its file of keys) and its number there.
Whatever the split into tasks and buckets, the same documents are found. Of those that share a key
the first stays, so of every group at least one. Keys are made in `erniem.corpus.keys`.

Letters: N documents, K keys.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int, UInt, UInt32

from erniem.corpus.keys import KEY, What
from erniem.corpus.nearness import Nearness
from erniem.corpus.slices import Records, Slices, SliceWriter

__all__ = ["Repeated", "buckets_for", "mark_repeated"]

MARK = np.dtype([("number", "<u4"), ("what", "<u4")])
"""A document, and what of it repeats."""
LEADERS = 100
"""Documents of one band's key that later ones are compared with, at most: texts of one mould with
different fillings share keys by the thousand without being near."""
BYTES_A_KEY = 90
"""What `mark_repeated` holds in memory for each key of a bucket."""


def buckets_for(key_files: Sequence[Path], memory: int) -> int:
    """Number of buckets such that `mark_repeated` takes so many bytes of memory, about.

    A key lies in one bucket with all that share it: a text that is there a hundred million times
    needs its 9 GB whatever the number of buckets.

    Example: 10^9 sentences have 10^9 keys, with near ones 7 · 10^9; with 9 GB: 10 buckets, 70.
    """
    keys = sum(int(Slices(path, KEY).bounds[-1]) for path in key_files)
    return max(1, ceil(keys * BYTES_A_KEY / memory))


def mark_repeated(
    key_files: Sequence[Path],
    output: Path,
    *,
    bucket: int = 0,
    num_buckets: int = 1,
    nearness: Nearness | None = None,
) -> None:
    """Writes what repeats, as far as one bucket of keys tells.

    Args:
        key_files: of all tasks, by rank.
        output: the file; a slice of `MARK` records for each rank.
        bucket: which share of the keys, from 0; a share is a range of keys.
        num_buckets: number of shares.
        nearness: the one the keys were made with; without it near documents are not looked for.

    Raises:
        FileNotFoundError: a file of keys is missing.
        ValueError: a file of keys is torn, or there is no such bucket.
    """
    if not 0 <= bucket < num_buckets:
        raise ValueError(f"bucket {bucket} of {num_buckets}; they count from 0.")
    shares = [list(_share(path, bucket, num_buckets)) for path in key_files]
    sizes = [sum(map(len, share)) for share in shares]
    keys = np.concatenate([np.empty(0, dtype=KEY), *(run for share in shares for run in share)])
    ranks = np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
    found = np.concatenate([_exactly(keys), _nearly(keys, nearness)])
    _write_marks(output, keys[found], ranks[found], len(key_files))


def _share(path: Path, bucket: int, num_buckets: int) -> Iterator[Records]:
    """Of each run of a file the keys of a bucket, in memory-mapped slices."""
    first, last = (-(-(place << 64) // num_buckets) for place in (bucket, bucket + 1))
    for run in Slices(path, KEY):
        start, end = (bisect_left(run["key"], limit) for limit in (first, last))
        yield run[start:end]


def _exactly(keys: Records) -> Int[np.ndarray, " R"]:
    """Places of the keys that stand behind an equal one; a sentence stands before all sides."""
    places = np.flatnonzero(keys["what"] != What.NEARLY)
    is_side = keys["what"][places] != What.EXACTLY
    places = places[np.lexsort((is_side, keys["key"][places]))]
    return places[~_begins(keys["key"][places])]


def _nearly(keys: Records, nearness: Nearness | None) -> Int[np.ndarray, " R"]:
    """Places of the documents near an earlier one that shares the key of a band.

    The first of those with a key leads; who is near it is found, and of the rest again the first
    leads, until none is left.
    """
    found = [np.empty(0, dtype=np.int64)]
    places = np.flatnonzero(keys["what"] == What.NEARLY)
    places = places[np.argsort(keys["key"][places], kind="stable")]
    for _ in range(LEADERS):
        if nearness is None or not len(places):
            break
        leads = _begins(keys["key"][places])
        leaders = places[leads][np.cumsum(leads) - 1]
        near = _differing(keys, places, leaders) <= nearness.most_differing
        found.append(places[near & ~leads])
        places = places[~near]
    return np.concatenate(found)


def _differing(
    keys: Records, places: Int[np.ndarray, " K"], others: Int[np.ndarray, " K"]
) -> Int[np.ndarray, " K"]:
    """How many bits of two sketches differ."""
    return np.bitwise_count(keys["sketch"][places] ^ keys["sketch"][others]).astype(np.int64)


def _begins(keys: UInt[np.ndarray, " K"]) -> Bool[np.ndarray, " K"]:
    """Which sorted keys differ from the one before."""
    begins = np.ones(len(keys), dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=begins[1:])
    return begins


def _write_marks(
    output: Path, keys: Records, ranks: UInt32[np.ndarray, " R"], num_ranks: int
) -> None:
    """A slice for each rank, sorted by number, without repetition."""
    marks = np.empty(len(keys), dtype=MARK)
    marks["number"], marks["what"] = keys["number"], keys["what"]
    order = np.argsort(ranks, kind="stable")
    bounds = np.searchsorted(ranks[order], np.arange(num_ranks + 1))
    with SliceWriter(output) as file:
        for start, end in pairwise(bounds):
            file.append(_joined(marks[order[start:end]]))


def _joined(marks: Records) -> Records:
    """One record for each document, in their order, with all that repeats of it."""
    marks = marks[np.argsort(marks["number"], kind="stable")]
    starts = np.flatnonzero(_begins(marks["number"]))
    joined = marks[starts]
    if len(joined):
        joined["what"] = np.bitwise_or.reduceat(marks["what"], starts)
    return joined


class Repeated:
    """What repeats, of all buckets.

    Args:
        outputs: the files that `mark_repeated` wrote, one for each bucket, in any order.

    Raises:
        FileNotFoundError: one is missing.
        ValueError: one is torn.
    """

    def __init__(self, outputs: Sequence[Path]) -> None:
        self._buckets = [Slices(path, MARK) for path in outputs]

    def of(self, rank: int) -> Records:
        """The documents of a task that repeat: records of `number`, ascending, and `what`.

        Example: `[(3, What.EXACTLY), (8, What.NEARLY | What.FIRST_SIDE)]`.
        """
        return _joined(np.concatenate([bucket[rank] for bucket in self._buckets]))
