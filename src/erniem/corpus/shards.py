"""Token shards: the pieces of many sentences in memory-mapped files.

```text
NAME.tokens.npy     all pieces, end to end, in the smallest type that fits the vocabulary
NAME.bounds.npy     where sentence i begins and ends; for pairs, sentences 2i and 2i + 1
```

Letters: N sentences or pairs, n those taken.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int

from erniem.packing import Sentences, boundaries, within

__all__ = ["PairShard", "SentenceShard", "write_shard"]


def write_shard(
    path: Path, sentences: Iterable[Sequence[int]], vocabulary_size: int
) -> tuple[int, int]:
    """Writes sentences to `path`.tokens.npy and `path`.bounds.npy.

    Args:
        path: folder and name, without ending.
        sentences: piece ids of each; for pairs, first and second sides in turn.
        vocabulary_size: every id is below it.

    Returns:
        Number of sentences, number of tokens.
    """
    kind = np.uint16 if vocabulary_size <= 2**16 else np.uint32
    lengths = array("q")

    def pieces() -> Iterator[int]:
        for sentence in sentences:
            lengths.append(len(sentence))
            yield from sentence

    tokens = np.fromiter(pieces(), dtype=kind)
    np.save(f"{path}.tokens.npy", tokens)
    np.save(f"{path}.bounds.npy", boundaries(np.array(lengths, dtype=np.int64)))
    return len(lengths), len(tokens)


class _Store:
    """Random access to the sentences of a shard, memory-mapped."""

    def __init__(self, path: Path) -> None:
        self.tokens = np.load(f"{path}.tokens.npy", mmap_mode="r")
        self.bounds = np.load(f"{path}.bounds.npy", mmap_mode="r")

    def take(self, indices: Int[np.ndarray, " n"], language: int) -> Sentences:
        starts, ends = self.bounds[indices], self.bounds[indices + 1]
        lengths = np.asarray(ends - starts)
        places = np.repeat(starts, lengths) + within(lengths)
        return Sentences(
            ids=np.asarray(self.tokens[places], dtype=np.int64),
            bounds=boundaries(lengths),
            languages=np.full(len(indices), language),
        )


class SentenceShard:
    """Sentences of one language.

    Args:
        path: folder and name, without ending.
        language: id of the language, from 1.
    """

    def __init__(self, path: Path, language: int) -> None:
        self._store = _Store(path)
        self._language = language

    def __len__(self) -> int:
        return len(self._store.bounds) - 1

    @property
    def lengths(self) -> Int[np.ndarray, " N"]:
        """Pieces of each sentence."""
        return np.diff(self._store.bounds)

    def take(self, indices: Int[np.ndarray, " n"]) -> Sentences:
        """The sentences at these indices."""
        return self._store.take(indices, self._language)


class PairShard:
    """Pairs of two languages.

    Args:
        path: folder and name, without ending.
        languages: ids of the two languages, from 1.
    """

    def __init__(self, path: Path, languages: tuple[int, int]) -> None:
        self._store = _Store(path)
        self._languages = languages

    def __len__(self) -> int:
        return (len(self._store.bounds) - 1) // 2

    @property
    def lengths(self) -> Int[np.ndarray, "N 2"]:
        """Pieces of each side of each pair."""
        return np.diff(self._store.bounds).reshape(-1, 2)

    def take(self, indices: Int[np.ndarray, " n"]) -> tuple[Sentences, Sentences]:
        """The pairs at these indices: all first sides, all second sides."""
        one, other = self._languages
        return self._store.take(2 * indices, one), self._store.take(2 * indices + 1, other)
