"""The sentences that a page searches and maps.

Letters: N sentences, D width.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

__all__ = ["Collection", "Encode", "Held", "Neighbour", "Sentence"]

Encode = Callable[[list[str]], Float32[np.ndarray, "N D"]]
"""A vector of length one for each text."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence that can be found."""

    text: str
    language: str = ""
    """Its code; empty if it is not known."""
    meaning: int | None = None
    """Number of what it says, if translations of it are there and known."""


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A sentence that was found."""

    score: float
    """Cosine: 1 for the same direction."""
    text: str
    language: str


@runtime_checkable
class Collection(Protocol):
    """Sentences that are searched."""

    name: str
    """What they are, in words."""
    languages: tuple[str, ...]
    """Codes, the commonest language first; those that are not known are left out."""

    def __len__(self) -> int: ...

    def nearest(self, text: str, k: int, language: str | None = None) -> list[Neighbour]:
        """The sentences nearest to a text, of one language or of all, nearest first."""
        ...

    def sample(self, most: int) -> Sequence[Sentence]:
        """Some of the sentences, for a map; none where they cannot be had."""
        ...


class Held:
    """Sentences in memory, few enough to be compared with all at once.

    Args:
        encode: makes their vectors, and those of queries.
        sentences: at least one.
        name: what they are.
    """

    def __init__(self, encode: Encode, sentences: Sequence[Sentence], name: str) -> None:
        self.encode = encode
        self.sentences = sentences
        self.name = name
        self.vectors = encode([one.text for one in sentences])
        self.codes = np.array([one.language for one in sentences])
        codes, counts = np.unique(self.codes[self.codes != ""], return_counts=True)
        self.languages: tuple[str, ...] = tuple(codes[np.argsort(-counts, kind="stable")].tolist())

    def __len__(self) -> int:
        return len(self.sentences)

    def nearest(self, text: str, k: int, language: str | None = None) -> list[Neighbour]:
        """The sentences nearest to a text, by cosine."""
        cosines = self.vectors @ self.encode([text])[0]
        rows = np.flatnonzero(self.codes == language) if language else np.arange(len(self))
        best = rows[np.argsort(-cosines[rows], kind="stable")[:k]]
        return [
            Neighbour(
                score=float(cosines[row]),
                text=self.sentences[row].text,
                language=self.sentences[row].language,
            )
            for row in best
        ]

    def sample(self, most: int) -> Sequence[Sentence]:
        """So many at equal distances."""
        return self.sentences[:: max(1, -(-len(self) // most))]
