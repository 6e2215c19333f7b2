"""Keys by which repeated documents are found: made as documents pass, written in sorted runs.

Keys are 64-bit hashes, one of each document's normalised text with its label, one of each side of a
pair as a sentence of its language, and if near ones are looked for, one a band (see `nearness`). A
pair is the same whichever of its languages comes first.

Letters: N documents.
"""

from collections.abc import Sequence
from enum import IntFlag
from functools import lru_cache
from hashlib import blake2b
from math import ceil
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import UInt64

from erniem.corpus.document import Document, languages_of, sides_of
from erniem.corpus.nearness import Nearness, mixed, signatures
from erniem.corpus.normalised import normalised
from erniem.corpus.slices import Records, SliceWriter

__all__ = ["KEY", "SIDES", "KeyWriter", "What", "keys_of", "side_keys"]


class What(IntFlag):
    """What repeats."""

    EXACTLY = 1
    """The document: an earlier one of its language (or both) has the same normalised text."""
    NEARLY = 2
    """The document: an earlier one of its language (or both) has nearly the same."""
    FIRST_SIDE = 4
    """The first side of a pair: a sentence of its language or an earlier side is the same."""
    SECOND_SIDE = 8
    """The second side, likewise."""


SIDES = (What.FIRST_SIDE, What.SECOND_SIDE)
KEY = np.dtype([("key", "<u8"), ("sketch", "<u8"), ("number", "<u4"), ("what", "<u4")])
"""A key, the sketch to judge nearness by (of `What.NEARLY` alone), and whose it is."""
Whole = tuple[str, Sequence[str]]
"""A document's label and its texts, in the order of their languages."""
MOST_DOCUMENTS = 2**32
"""Of one task; `number` counts no further."""
RUN = 1_000_000
"""Keys sorted at a time, 24 MB."""


def keys_of(documents: Sequence[Document], nearness: Nearness | None = None) -> Records:
    """The keys of documents, `KEY` records in the order of the documents, which count from 0."""
    sides = [[normalised(side) for side in sides_of(document)] for document in documents]
    wholes = list(map(_in_order, documents, sides))
    exact = _exact_keys(documents, sides, wholes)
    if nearness is None or not documents:
        return exact
    return np.concatenate([exact, _near_keys(wholes, nearness)])


def _in_order(document: Document, sides: Sequence[str]) -> Whole:
    """The languages and the texts of a document, by language: `sw-en` is `en-sw` the other way."""
    languages, texts = zip(*sorted(zip(languages_of(document), sides, strict=True)), strict=True)
    return "-".join(languages), texts


def _exact_keys(
    documents: Sequence[Document], sides: Sequence[Sequence[str]], wholes: Sequence[Whole]
) -> Records:
    digests: list[bytes] = []
    numbers: list[int] = []
    repeating: list[What] = []
    for number, (document, texts, whole) in enumerate(zip(documents, sides, wholes, strict=True)):
        label, ordered = whole
        digests.append(_digest(label, *ordered))
        if len(texts) == 2:
            digests.extend(map(_digest, languages_of(document), texts))
        repeating.extend((What.EXACTLY, *SIDES)[: len(digests) - len(repeating)])
        numbers.extend([number] * (len(digests) - len(numbers)))
    keys = np.zeros(len(digests), dtype=KEY)
    keys["key"] = np.frombuffer(b"".join(digests), dtype="<u8")
    keys["number"], keys["what"] = numbers, repeating
    return keys


def _near_keys(wholes: Sequence[Whole], nearness: Nearness) -> Records:
    bands, sketches = signatures([texts for _, texts in wholes], nearness)
    labels = np.array([_seed(label) for label, _ in wholes], dtype=np.uint64)
    keys = np.empty(bands.shape, dtype=KEY)
    keys["key"] = mixed(bands + labels[:, None])
    keys["sketch"] = sketches[:, None]
    keys["number"] = np.arange(len(wholes))[:, None]
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
