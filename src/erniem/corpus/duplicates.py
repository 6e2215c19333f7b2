"""Which documents repeat an earlier one, exactly or nearly: in flat memory, by tasks and buckets.

```text
documents of a task ─KeyWriter─▶ keys, sorted runs        a file a task
all such files ─mark_repeated─▶ what repeats              a file a bucket of keys
all such files ─Repeated─▶ what repeats in one task
```

A document is told by its task (the *rank*, the place of its file of keys) and its number there.
Keys are 64-bit hashes, one of each document's normalised text with its label, one of each side of a
pair as a sentence of its language, and if near ones are looked for, one a band (see `nearness`).
Whatever the split into tasks and buckets, the same documents are found. Of those that share a key
the first stays, so of every group at least one.

Letters: N documents, K keys.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import IntFlag
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from math import ceil
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import Bool, Int, UInt, UInt32, UInt64

from erniem.corpus.document import Document, label_of, languages_of, sides_of
from erniem.corpus.nearness import Nearness, mixed, signatures
from erniem.corpus.normalised import normalised
from erniem.corpus.slices import Records, Slices, SliceWriter

__all__ = [
    "KeyWriter",
    "Repeated",
    "What",
    "buckets_for",
    "keys_of",
    "mark_repeated",
    "side_keys",
]


class What(IntFlag):
    """What repeats."""

    EXACTLY = 1
    """The document: an earlier one of its label has the same normalised text (or texts)."""
    NEARLY = 2
    """The document: an earlier one of its label has nearly the same."""
    FIRST_SIDE = 4
    """The first side of a pair: a sentence of its language or an earlier side is the same."""
    SECOND_SIDE = 8
    """The second side, likewise."""


SIDES = (What.FIRST_SIDE, What.SECOND_SIDE)
KEY = np.dtype([("key", "<u8"), ("sketch", "<u8"), ("number", "<u4"), ("what", "<u4")])
"""A key, the sketch to judge nearness by (of `What.NEARLY` alone), and whose it is."""
MARK = np.dtype([("number", "<u4"), ("what", "<u4")])
"""A document, and what of it repeats."""
MOST_DOCUMENTS = 2**32
"""Of one task; `number` counts no further."""
RUN = 1_000_000
"""Keys sorted at a time, 24 MB."""
LEADERS = 100
"""Documents of one band's key that later ones are compared with, at most: texts of one mould with
different fillings share keys by the thousand without being near."""
BYTES_A_KEY = 90
"""What `mark_repeated` holds in memory for each key of a bucket."""


def keys_of(documents: Sequence[Document], nearness: Nearness | None = None) -> Records:
    """The keys of documents, `KEY` records in the order of the documents, which count from 0."""
    sides = [[normalised(side) for side in sides_of(document)] for document in documents]
    exact = _exact_keys(documents, sides)
    if nearness is None or not documents:
        return exact
    return np.concatenate([exact, _near_keys(documents, sides, nearness)])


def _exact_keys(documents: Sequence[Document], sides: Sequence[Sequence[str]]) -> Records:
    digests: list[bytes] = []
    numbers: list[int] = []
    repeating: list[What] = []
    for number, (document, texts) in enumerate(zip(documents, sides, strict=True)):
        digests.append(_digest(label_of(document), *texts))
        if len(texts) == 2:
            digests.extend(map(_digest, languages_of(document), texts))
        repeating.extend((What.EXACTLY, *SIDES)[: len(digests) - len(repeating)])
        numbers.extend([number] * (len(digests) - len(numbers)))
    keys = np.zeros(len(digests), dtype=KEY)
    keys["key"] = np.frombuffer(b"".join(digests), dtype="<u8")
    keys["number"], keys["what"] = numbers, repeating
    return keys


def _near_keys(
    documents: Sequence[Document], sides: Sequence[Sequence[str]], nearness: Nearness
) -> Records:
    bands, sketches = signatures(sides, nearness)
    labels = np.array([_seed(label_of(document)) for document in documents], dtype=np.uint64)
    keys = np.empty(bands.shape, dtype=KEY)
    keys["key"] = mixed(bands + labels[:, None])
    keys["sketch"] = sketches[:, None]
    keys["number"] = np.arange(len(documents))[:, None]
    keys["what"] = What.NEARLY
    return keys.reshape(-1)


def _digest(*words: str) -> bytes:
    return blake2b("\n".join(words).encode(), digest_size=8).digest()


@lru_cache
def _seed(label: str) -> int:
    return int.from_bytes(_digest("near", label), "little")


def side_keys(keys: Records, documents: int) -> UInt64[np.ndarray, "2 N"]:
    """Of the keys of so many documents those of first and second sides; 0 where there is none."""
    sides = np.zeros((2, documents), dtype=np.uint64)
    for row, what in ((0, What.EXACTLY), (0, What.FIRST_SIDE), (1, What.SECOND_SIDE)):
        some = keys[keys["what"] == what]  # a pair's first side comes after the whole of it
        sides[row, some["number"]] = some["key"]
    return sides


class KeyWriter:
    """Writes the keys of a task's documents as they pass, in runs sorted by key.

    ```python
    with KeyWriter(path) as keys:
        for documents in batches:
            keys.add(documents)
    ```

    The file appears when the block ends well. In memory are `RUN` keys, however many pass.

    Args:
        path: the file.
        nearness: to find near documents too.
        run: keys sorted at a time.
    """

    def __init__(self, path: Path, nearness: Nearness | None = None, *, run: int = RUN) -> None:
        self._file = SliceWriter(path)
        self._nearness = nearness
        self._run = run
        self._keys: list[Records] = []
        self._documents = 0

    def __enter__(self) -> "KeyWriter":
        self._file.__enter__()
        return self

    def add(self, documents: Sequence[Document]) -> Records:
        """Takes the next documents; their keys, as `keys_of` gives them.

        Raises:
            ValueError: a task of more than `MOST_DOCUMENTS`.
        """
        if self._documents + len(documents) > MOST_DOCUMENTS:
            raise ValueError(
                f"{self._file.path}: more than {MOST_DOCUMENTS} documents come from one file; "
                "split the file."
            )
        keys = keys_of(documents, self._nearness)
        numbered = keys.copy()
        numbered["number"] += np.uint32(self._documents)
        self._documents += len(documents)
        self._keys.append(numbered)
        if sum(map(len, self._keys)) >= self._run:
            self._sort()
        return keys

    def _sort(self) -> None:
        """What waits becomes runs."""
        if not any(map(len, self._keys)):
            return
        keys = np.concatenate(self._keys)
        self._keys.clear()
        for run in np.array_split(keys, ceil(len(keys) / self._run)):
            self._file.append(run[np.argsort(run["key"], kind="stable")])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._sort()
        except BaseException as failure:
            self._file.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._file.__exit__(kind, error, trace)


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
