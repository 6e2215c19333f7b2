"""How often the nearest neighbour is the translation: of two languages, and of many.

```text
rows by label, en-de ─ each distinct sentence once ─▶ vectors ─ nearest, both ways ─▶ RetrievalTable
```

Letters: N rows, D width.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np
from jaxtyping import Float32

from erniem.embed import SentenceEncoder, VectorSettings
from erniem.tasks.retrieve.margin import Margin, best_matches

__all__ = ["Retrieval", "RetrievalTable", "Rows", "accuracy", "retrieve", "retrieve_rows"]

Rows = list[tuple[str, str]]
"""Sentences and their translations, line by line."""


# One pair of languages


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """Accuracy between two languages; chance is one in `rows`, so compare like with like."""

    forward: float
    """Share of the first language's sentences whose nearest neighbour is their translation."""
    backward: float
    """The same from the second language to the first."""
    rows: int
    """Sentences on each side."""

    @property
    def mean(self) -> float:
        """Both ways together."""
        return (self.forward + self.backward) / 2

    @property
    def reversed(self) -> "Retrieval":
        """The same, seen from the second language."""
        return Retrieval(forward=self.backward, backward=self.forward, rows=self.rows)


def accuracy(
    queries: Float32[np.ndarray, "N D"],
    keys: Float32[np.ndarray, "N D"],
    margin: Margin = "absolute",
) -> float:
    """Share of queries whose best key is the one of the same row.

    Of equally near keys the first counts as the nearest. A vector that is not finite is wrong.

    Raises:
        ValueError: no rows.

    Example: queries `[[1, 0], [0, 1]]`, keys `[[2, 1], [1, 0]]` → 0.0: each is the other's.
    """
    if not len(queries):
        raise ValueError("no rows to retrieve from: give at least one sentence on each side.")
    return float(np.mean(best_matches(queries, keys, margin) == np.arange(len(queries))))


def retrieve(
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "N D"],
    *,
    centred: bool = False,
    margin: Margin = "absolute",
) -> Retrieval:
    """Accuracy both ways between two sides, row i the translation of row i.

    Args:
        first: vectors of one language.
        second: vectors of the other.
        centred: take the mean of each side off its vectors first. What sentences share because of
            their language, and not of their meaning, is then gone; XTREME leaves it in.
        margin: what the best match is chosen by; XTREME's Tatoeba: `absolute`, the cosine.

    Raises:
        ValueError: no rows.
    """
    if centred:
        first, second = _centred(first), _centred(second)
    return Retrieval(
        forward=accuracy(first, second, margin),
        backward=accuracy(second, first, margin),
        rows=len(first),
    )


def _centred(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """The vectors without their mean, in which one that is not finite does not count."""
    finite = np.isfinite(vectors).all(axis=1)
    return vectors - vectors[finite].mean(axis=0) if finite.any() else vectors


# Many pairs of languages


@dataclass(frozen=True, kw_only=True)
class RetrievalTable:
    """Retrieval between many pairs of languages."""

    pairs: Mapping[str, Retrieval]
    """By languages, `de-fr`."""
    left_out: Mapping[str, int]
    """Rows of the pairs that have too few to be measured."""

    def pair(self, one: str, other: str) -> Retrieval:
        """The retrieval from one language to another, whichever way round it is named.

        Raises:
            ValueError: a pair that was not measured.
        """
        if found := self.pairs.get(f"{one}-{other}"):
            return found
        if found := self.pairs.get(f"{other}-{one}"):
            return found.reversed
        raise ValueError(f"no {one}-{other}; measured: {', '.join(self.pairs) or 'nothing'}.")

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes, in alphabetical order."""
        return tuple(sorted({code for label in self.pairs for code in label.split("-")}))

    @property
    def mean(self) -> float:
        """Both ways, each pair of languages with the same weight.

        Raises:
            ValueError: an empty table.
        """
        return self._mean(self.pairs.values(), "any language")

    def language_mean(self, code: str) -> float:
        """Both ways, over the pairs that a language belongs to, with the same weight.

        Raises:
            ValueError: a language that was not measured.
        """
        return self._mean(
            (found for label, found in self.pairs.items() if code in label.split("-")), code
        )

    def _mean(self, found: Iterable[Retrieval], asked: str) -> float:
        means = [retrieval.mean for retrieval in found]
        if not means:
            measured = ", ".join(self.languages) or "nothing"
            raise ValueError(f"no pair of {asked} was measured; there is {measured}.")
        return fmean(means)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries of all figures, means included."""
        return {
            "mean": self.mean if self.pairs else None,
            "languages": {code: self.language_mean(code) for code in self.languages},
            "pairs": {
                label: {**asdict(found), "mean": found.mean} for label, found in self.pairs.items()
            },
            "left_out": dict(self.left_out),
        }


def retrieve_rows(
    encoder: SentenceEncoder,
    rows: Mapping[str, Rows],
    settings: VectorSettings,
    *,
    centred: bool = False,
    margin: Margin = "absolute",
    progress: bool = False,
) -> dict[str, Retrieval]:
    """Retrieval by label; each distinct sentence is encoded once, for all labels."""
    places: dict[str, int] = {}
    for pairs in rows.values():
        for text in (text for pair in pairs for text in pair):
            places.setdefault(text, len(places))
    vectors = encoder.vectors(list(places), settings, progress=progress)
    found = {}
    for label, pairs in rows.items():
        sides = np.array([[places[one], places[other]] for one, other in pairs])
        first, second = vectors[sides[:, 0]], vectors[sides[:, 1]]
        found[label] = retrieve(first, second, centred=centred, margin=margin)
    return found
