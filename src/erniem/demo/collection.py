"""The sentences that a page searches and maps: in memory, or in an index.

Letters: N sentences, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, runtime_checkable

import numpy as np

from erniem.corpus.document import Drops
from erniem.embed import Encoder
from erniem.search import Index
from erniem.search.files import read_files

__all__ = ["Collection", "Held", "Indexed", "Neighbour", "Sentence", "read_sentences"]

MOST = 20_000
"""Sentences of files at most: each is encoded before the page opens."""


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
        encoder: makes their vectors, and those of queries.
        sentences: at least one.
        name: what they are.
    """

    def __init__(self, encoder: Encoder, sentences: Sequence[Sentence], name: str) -> None:
        self.encoder = encoder
        self.sentences = sentences
        self.name = name
        self.vectors = encoder.encode([one.text for one in sentences])
        self.codes = np.array([one.language for one in sentences])
        codes, counts = np.unique(self.codes[self.codes != ""], return_counts=True)
        self.languages: tuple[str, ...] = tuple(codes[np.argsort(-counts, kind="stable")].tolist())

    def __len__(self) -> int:
        return len(self.sentences)

    def nearest(self, text: str, k: int, language: str | None = None) -> list[Neighbour]:
        """The sentences nearest to a text, by cosine."""
        cosines = self.vectors @ self.encoder.encode([text])[0]
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


class Indexed:
    """Sentences of an index.

    Args:
        index: opened with the page's encoder.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        counts = index.languages
        self.languages: tuple[str, ...] = tuple(
            sorted(filter(None, counts), key=lambda code: (-counts[code], code))
        )
        self.name = f"the {len(index):,} sentences of {index.folder.name}"

    def __len__(self) -> int:
        return len(self.index)

    def nearest(self, text: str, k: int, language: str | None = None) -> list[Neighbour]:
        """The sentences nearest to a text, as the index finds them."""
        (hits,) = self.index.search([text], k, language=language)
        return [Neighbour(score=hit.score, text=hit.text, language=hit.language) for hit in hits]

    def sample(self, most: int) -> Sequence[Sentence]:
        """None: an index is for finding."""
        return ()


def read_sentences(paths: Sequence[str]) -> list[Sentence]:
    """The sentences of files, as `erniem index` reads them.

    Raises:
        ValueError: a file that cannot be read, no sentence in any, or too many.
    """
    entries = islice(read_files(paths, Drops()), MOST + 1)
    found = [Sentence(text=one.text, language=one.language) for one in entries]
    if not found:
        raise ValueError(f"there is no sentence in {', '.join(paths)}: give files with some.")
    if len(found) > MOST:
        raise ValueError(
            f"{', '.join(paths)} hold more than {MOST:,} sentences: make an index of them "
            "(`erniem index`) and give it with --index."
        )
    return found
