"""Token shards: the pieces of many sentences in memory-mapped files, and any of them at once.

```text
monolingual/LABEL/SOURCE.tokens.npy    all pieces, end to end, in the smallest type that fits
monolingual/LABEL/SOURCE.bounds.npy    where sentence i begins and ends
parallel/LABEL/SOURCE.…                the same of pairs, whose sides are sentences 2i and 2i + 1
```

Written by `erniem.corpus.shard_writer`. Letters: N rows (sentences or pairs), n those taken.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import numpy as np
from jaxtyping import Int

from erniem.corpus.arrays import StoredArray
from erniem.packing import Sentences, boundaries

__all__ = ["BOUNDS", "TOKENS", "Shard", "shard_file", "shard_name", "smallest_type", "take_rows"]

TOKENS = ".tokens.npy"
BOUNDS = ".bounds.npy"
LONGEST_NAME = 200
"""Bytes of a source's name in a file's name; file systems stop at 255."""


def shard_name(label: str, source: str) -> str:
    """Where the shard of a data set lies in its corpus, without ending.

    What a file's name may not hold is written as in an address; `urllib.parse.unquote` undoes it.

    Example: `shard_name("en-de", "film: A/B")` → `"parallel/en-de/film%3A%20A%2FB"`.

    Raises:
        ValueError: a name that is empty, or too long for a file.
    """
    name = quote(source, safe="")
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(
            f"source {source!r} of {label} takes {len(name)} bytes as the name of a file; give it "
            f"a name of 1 to {LONGEST_NAME}."
        )
    return f"{'parallel' if '-' in label else 'monolingual'}/{label}/{name}"


def shard_file(path: Path, ending: str) -> Path:
    """One of the two files of a shard; a name may hold dots of its own."""
    return path.with_name(path.name + ending)


def smallest_type(vocabulary_size: int) -> np.dtype:
    """The type of pieces: two bytes if every id below the vocabulary's size fits, else four."""
    return np.dtype(np.uint16 if vocabulary_size <= 2**16 else np.uint32)


def most_mapped() -> int:
    """How many shards may be mapped at a time: half of the files that a process may have open.

    A map keeps its file open, and a corpus may have more data sets than the usual limit of 1,024.
    """
    try:
        import resource
    except ImportError:  # Windows: 512 files
        return 128
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(limit, 16_384) // 4 if limit > 0 else 4_096


class Shard:
    """The rows of one data set: sentences of one language, or pairs of two.

    Nothing is opened before it is asked for.

    Args:
        path: folder and name, without ending.
        languages: ids of the languages of the sides, from 1: one of sentences, two of pairs.
    """

    def __init__(self, path: Path, languages: tuple[int, ...]) -> None:
        self.path = path
        self.languages = languages

    def __len__(self) -> int:
        return (self._stored_bounds().length - 1) // len(self.languages)

    def _stored_bounds(self) -> StoredArray:
        return StoredArray(shard_file(self.path, BOUNDS), np.dtype(np.int64))

    def lengths(self, spans: Sequence[tuple[int, int]] | None = None) -> Int[np.ndarray, "n sides"]:
        """Pieces of each side of the rows from one number to another, of many spans; or of all."""
        sides = len(self.languages)
        places = [(start * sides, stop * sides + 1) for start, stop in spans or [(0, len(self))]]
        read = self._stored_bounds().spans(places)
        return np.concatenate([np.diff(bounds) for bounds in read]).reshape(-1, sides)

    def all_lengths(self, rows: int) -> Iterator[Int[np.ndarray, "n sides"]]:
        """Pieces of each side of all rows, some rows at a time."""
        sides = len(self.languages)
        begins = np.int64(0)
        for ends in self._stored_bounds().chunks(rows * sides, first=1):
            yield np.diff(ends, prepend=begins).reshape(-1, sides)
            begins = ends[-1]

    def take(self, indices: Int[np.ndarray, " n"]) -> tuple[Sentences, ...]:
        """The rows at these indices: all first sides, and of pairs all second sides."""
        return take_rows([(self, indices)])

    def span(self, rows: Int[np.ndarray, " n"], side: int) -> tuple[np.ndarray, np.ndarray]:
        """Where one side of these rows begins and ends among the pieces."""
        _, bounds = _mapped(self)
        sentences = rows * len(self.languages) + side
        return bounds[sentences], bounds[sentences + 1]

    def pieces(self, places: Int[np.ndarray, " T"]) -> np.ndarray:
        """The pieces at these places."""
        tokens, _ = _mapped(self)
        return tokens[places]


@lru_cache(maxsize=most_mapped())
def _mapped(shard: Shard) -> tuple[np.ndarray, np.ndarray]:
    """Pieces and bounds; those of the shards that were read last stay open."""
    files = (shard_file(shard.path, ending) for ending in (TOKENS, BOUNDS))
    # A plain view: numpy takes from it several times as fast as from its memmap class.
    tokens, bounds = (np.load(file, mmap_mode="r").view(np.ndarray) for file in files)
    return tokens, bounds


def take_rows(
    parts: Sequence[tuple[Shard, Int[np.ndarray, " _"]]], limit: int | None = None
) -> tuple[Sentences, ...]:
    """Rows of several shards at once, at the price of one.

    Args:
        parts: shards of sentences or shards of pairs, with the numbers of rows in each; at least
            one.
        limit: the first so many pieces of each sentence; all if None.

    Returns:
        All first sides, and of pairs all second sides, in the order of the parts.
    """
    sides = range(len(parts[0][0].languages))
    return tuple(_taken(parts, side, limit) for side in sides)


def _taken(
    parts: Sequence[tuple[Shard, Int[np.ndarray, " _"]]], side: int, limit: int | None
) -> Sentences:
    spans = [shard.span(rows, side) for shard, rows in parts]
    starts = np.concatenate([start for start, _ in spans])
    lengths = np.concatenate([end for _, end in spans]) - starts
    bounds = boundaries(lengths if limit is None else np.minimum(lengths, limit))
    lengths = np.diff(bounds)
    places = np.repeat(starts - bounds[:-1], lengths) + np.arange(bounds[-1])
    ids = np.empty(len(places), dtype=np.int64)
    counts = [len(rows) for _, rows in parts]
    edges = bounds[boundaries(np.array(counts))].tolist()
    for (shard, _), low, high in zip(parts, edges[:-1], edges[1:], strict=True):
        ids[low:high] = shard.pieces(places[low:high])
    languages = np.repeat([shard.languages[side] for shard, _ in parts], counts)
    return Sentences(ids=ids, bounds=bounds, languages=languages)
