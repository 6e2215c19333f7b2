"""An index: the sentences nearest to vectors, of rows that ask alike together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from erniem.search import Hit, Index
from erniem.search.scores import Score

__all__ = ["COST", "Query", "Searching"]

COST = 16
"""Of a query, in tokens: so many that a batch has some hundred."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A vector that looks for its neighbours."""

    vector: np.ndarray
    top: int
    score: Score
    language: str | None

    @property
    def kind(self) -> tuple[int, Score, str | None]:
        """What queries that are asked together have in common."""
        return self.top, self.score, self.language


class Searching:
    """Finds.

    Args:
        index: made by the model that is served.
    """

    def __init__(self, index: Index) -> None:
        self.index = index

    def run(self, rows: Sequence[Query]) -> list[list[Hit]]:
        """The hits of each query, the best first.

        Raises:
            ValueError: a language that the index does not have.
        """
        found: list[list[Hit]] = [[] for _ in rows]
        for kind in dict.fromkeys(row.kind for row in rows):
            top, score, language = kind
            numbers = [number for number, row in enumerate(rows) if row.kind == kind]
            vectors = np.stack([rows[number].vector for number in numbers])
            hits = self.index.search_vectors(vectors, top, score=score, language=language)
            for number, some in zip(numbers, hits, strict=True):
                found[number] = some
        return found
