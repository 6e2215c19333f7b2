"""Writes token shards: chunk by chunk, in memory that does not grow, whole or not at all.

```text
pieces, chunk by chunk ─ShardWriter─▶ a part for each task ─merge_shards─▶ one shard, hashed
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import Int

from erniem.corpus.arrays import ArrayWriter, FileFacts, StoredArray, write_array
from erniem.corpus.shards import BOUNDS, TOKENS, shard_file, smallest_type

__all__ = ["ShardWriter", "WrittenShard", "merge_shards"]

PLACES = np.dtype(np.int64)
"""Type of the bounds."""


@dataclass(frozen=True, kw_only=True)
class WrittenShard:
    """What a merge has written."""

    sentences: int
    """Sentences; of pairs, both sides count."""
    tokens: int
    """Pieces."""
    files: dict[Path, FileFacts]
    """Size and checksum of its two files."""


class ShardWriter:
    """Writes a shard as its sentences come.

    ```python
    with ShardWriter(folder / "stories", vocabulary_size) as writer:
        writer.add(np.array([5, 6, 7]), np.array([2, 1]))  # a sentence 5 6, a sentence 7
    ```

    The two files have their names when the block ends; if it ends in an error there are none.

    Args:
        path: folder and name, without ending; missing folders are made.
        vocabulary_size: the id of every piece is below it.

    Raises:
        OSError: the shard cannot be written, for want of room for example.
    """

    def __init__(self, path: Path, vocabulary_size: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.vocabulary_size = vocabulary_size
        self._tokens = ArrayWriter(shard_file(path, TOKENS), smallest_type(vocabulary_size))
        self._bounds = ArrayWriter(shard_file(path, BOUNDS), PLACES)
        self._bounds.add(np.zeros(1, dtype=np.int64))

    @property
    def sentences(self) -> int:
        """Sentences so far; of pairs, both sides count."""
        return self._bounds.length - 1

    @property
    def tokens(self) -> int:
        """Pieces so far."""
        return self._tokens.length

    def add(self, pieces: Int[np.ndarray, " T"], lengths: Int[np.ndarray, " n"]) -> None:
        """Adds sentences: their pieces end to end, and how many each has.

        Of pairs, first and second sides come in turn.

        Raises:
            ValueError: a piece that the vocabulary cannot have, lengths that do not add up.
        """
        if len(pieces) != lengths.sum():
            raise ValueError(f"{len(pieces)} pieces are not sentences of {lengths.sum()} pieces.")
        if len(pieces) and not 0 <= pieces.min() <= pieces.max() < self.vocabulary_size:
            raise ValueError(
                f"pieces {pieces.min()} to {pieces.max()} are not those of a vocabulary of "
                f"{self.vocabulary_size}: encode with the corpus's tokeniser."
            )
        self._bounds.add(self.tokens + np.cumsum(lengths, dtype=np.int64))
        self._tokens.add(pieces)

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        files = (self._tokens, self._bounds)
        try:
            if kind is None:
                for file in files:
                    file.close()
                for file in files:
                    file.publish()
        finally:
            for file in files:
                file.discard()


def merge_shards(parts: Sequence[Path], path: Path, vocabulary_size: int) -> WrittenShard:
    """Puts parts together into one shard, in their order, and hashes it on the way.

    Args:
        parts: shards, each folder and name without ending; they stay.
        path: the shard to write, likewise; missing folders are made.
        vocabulary_size: as the parts were written with.

    Raises:
        ValueError: a part that is missing, torn, or of another vocabulary.
        OSError: the shard cannot be written.
    """
    kind = smallest_type(vocabulary_size)
    tokens = [StoredArray(shard_file(part, TOKENS), kind) for part in parts]
    bounds = [StoredArray(shard_file(part, BOUNDS), PLACES) for part in parts]
    num_tokens = sum(part.length for part in tokens)
    num_sentences = sum(part.length - 1 for part in bounds)
    path.parent.mkdir(parents=True, exist_ok=True)
    pieces = (chunk for part in tokens for chunk in part.chunks())
    places = _joined(tokens, bounds)
    to_tokens, to_bounds = shard_file(path, TOKENS), shard_file(path, BOUNDS)
    files = {
        to_tokens: write_array(to_tokens, kind, num_tokens, pieces),
        to_bounds: write_array(to_bounds, PLACES, num_sentences + 1, places),
    }
    return WrittenShard(sentences=num_sentences, tokens=num_tokens, files=files)


def _joined(tokens: Sequence[StoredArray], bounds: Sequence[StoredArray]) -> Iterator[np.ndarray]:
    """The bounds of all parts as those of one shard: each shifted, and its leading 0 left out."""
    yield np.zeros(1, dtype=np.int64)
    before = 0
    for pieces, part in zip(tokens, bounds, strict=True):
        end = 0
        for ends in part.chunks(first=1):
            yield ends + before
            end = int(ends[-1])
        if end != pieces.length:
            raise ValueError(
                f"{part.path} ends at {end}, but {pieces.path} has {pieces.length} pieces: they "
                "are not of one shard; write them again."
            )
        before += end
