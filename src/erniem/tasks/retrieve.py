"""Retrieval: is a sentence's nearest neighbour in another language its translation?

```text
held-out pairs ─ between all languages, through a third where need be ─┐
Tatoeba: XXX-eng, line i = line i ─────────────────────────────────────┴─▶ rows by label, en-de
rows ─ each distinct sentence once ─▶ vectors ─ nearest by cosine, both ways ─▶ RetrievalTable
```

Letters: N rows, K keys, D width.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations
from statistics import fmean
from typing import Any

import faiss
import numpy as np
from jaxtyping import Float32, Int
from transformers import PreTrainedTokenizerFast

from erniem.corpus.clean import normalised
from erniem.embed import VectorSettings, sentence_vectors
from erniem.model.encoder import ErnieMModel
from erniem.model.heads import ErnieMForMaskedLM

__all__ = [
    "Retrieval",
    "RetrievalTable",
    "accuracy",
    "between_all",
    "held_out_retrieval",
    "retrieve",
    "tatoeba_retrieval",
]

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


def accuracy(queries: Float32[np.ndarray, "N D"], keys: Float32[np.ndarray, "N D"]) -> float:
    """Share of queries whose nearest key by cosine is the one of the same row.

    Of equally near keys the first counts as the nearest. A vector that is not finite is wrong.

    Raises:
        ValueError: no rows.

    Example: queries `[[1, 0], [0, 1]]`, keys `[[2, 1], [1, 0]]` → 0.0: each is the other's.
    """
    if not len(queries):
        raise ValueError("no rows to retrieve from: give at least one sentence on each side.")
    return float(np.mean(_nearest(queries, keys) == np.arange(len(queries))))


def retrieve(
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "N D"],
    *,
    centred: bool = False,
) -> Retrieval:
    """Accuracy both ways between two sides, row i the translation of row i.

    Args:
        first: vectors of one language.
        second: vectors of the other.
        centred: take the mean of each side off its vectors first. What sentences share because of
            their language, and not of their meaning, is then gone; XTREME leaves it in.

    Raises:
        ValueError: no rows.
    """
    if centred:
        first, second = _centred(first), _centred(second)
    return Retrieval(
        forward=accuracy(first, second), backward=accuracy(second, first), rows=len(first)
    )


def _centred(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """The vectors without their mean, in which one that is not finite does not count."""
    finite = np.isfinite(vectors).all(axis=1)
    return vectors - vectors[finite].mean(axis=0) if finite.any() else vectors


def _nearest(
    queries: Float32[np.ndarray, "N D"], keys: Float32[np.ndarray, "K D"]
) -> Int[np.ndarray, " N"]:
    """The row of each query's nearest key, the first of equal ones."""
    # Equal keys can get products that differ in the last bit: only the first of them is searched.
    first = np.sort(np.unique(keys, axis=0, return_index=True)[1])
    index = faiss.IndexFlatIP(keys.shape[1])
    index.add(_unit(keys[first]))
    _, found = index.search(_unit(queries), 1)
    return np.where(found[:, 0] < 0, -1, first[found[:, 0]])


def _unit(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.finfo(np.float32).tiny)


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


def _measured(
    model: ErnieMModel | ErnieMForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    rows: Mapping[str, Rows],
    settings: VectorSettings,
    centred: bool,
    progress: bool,
) -> dict[str, Retrieval]:
    """Retrieval by label; each distinct sentence is encoded once, for all labels."""
    places: dict[str, int] = {}
    for pairs in rows.values():
        for text in (text for pair in pairs for text in pair):
            places.setdefault(text, len(places))
    vectors = sentence_vectors(model, tokenizer, list(places), settings, progress=progress)
    found = {}
    for label, pairs in rows.items():
        sides = np.array([[places[one], places[other]] for one, other in pairs])
        found[label] = retrieve(vectors[sides[:, 0]], vectors[sides[:, 1]], centred=centred)
    return found


# Held-out pairs

_Sides = dict[tuple[str, str], dict[str, tuple[str, str]]]
"""By languages, both ways round: the rows by their first side, letters and digits alone."""


def between_all(held_out: Mapping[str, Rows]) -> dict[str, Rows]:
    """Held-out rows between all languages that have any, not only those that share a file.

    Two languages without pairs of their own meet in the third language that gives most rows: a
    German and a French sentence are a row if their pairs have the same English side, letters and
    digits compared. A corpus holds the same English segments out in every language, so there are
    such rows. A row whose one side repeats another row's, or its own other side, is dropped.

    Args:
        held_out: rows by label, as in `Corpus.held_out`.

    Returns:
        Rows by label; labels as given, and for the languages that meet in a third in alphabetical
        order.

    Example: `{"en-de": [("Yes.", "Ja.")], "en-fr": [("yes", "Oui.")]}` → these, and
    `"de-fr": [("Ja.", "Oui.")]`.
    """
    key = cache(normalised)
    sides: _Sides = {}
    for label, rows in held_out.items():
        one, other = label.split("-")
        for text, translation in rows:
            sides.setdefault((one, other), {}).setdefault(key(text), (text, translation))
            sides.setdefault((other, one), {}).setdefault(key(translation), (translation, text))
    found = {}
    for one, other in combinations(sorted({code for code, _ in sides}), 2):
        first, second = (other, one) if f"{other}-{one}" in held_out else (one, other)
        own = list(sides.get((first, second), {}).values())
        rows = _distinct(own or _through_a_third(sides, first, second), key)
        if rows:
            found[f"{first}-{second}"] = rows
    return found


def _through_a_third(sides: _Sides, one: str, other: str) -> Rows:
    """Rows of two languages whose pairs with a third have the same side there."""
    best: Rows = []
    for third in sorted({code for code, _ in sides}):
        firsts, seconds = sides.get((third, one), {}), sides.get((third, other), {})
        rows = [(firsts[key][1], seconds[key][1]) for key in firsts if key in seconds]
        best = max(best, rows, key=len)
    return best


def _distinct(rows: Rows, key: Callable[[str], str]) -> Rows:
    """Rows without those that cannot be told apart: a side said before, or both sides the same."""
    kept: Rows = []
    ones: set[str] = set()
    others: set[str] = set()
    for one, other in rows:
        if key(one) not in ones and key(other) not in others and key(one) != key(other):
            kept.append((one, other))
            ones.add(key(one))
            others.add(key(other))
    return kept


def held_out_retrieval(
    model: ErnieMModel | ErnieMForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    held_out: Mapping[str, Rows],
    settings: VectorSettings,
    *,
    min_rows: int = 20,
    max_rows: int | None = None,
    centred: bool = False,
    progress: bool = False,
) -> RetrievalTable:
    """Accuracy both ways between all pairs of languages of a corpus, see `between_all`.

    Args:
        model: the encoder.
        tokenizer: the tokeniser it was trained with.
        held_out: pairs kept from training, `Corpus.held_out`.
        settings: how a sentence becomes a vector.
        min_rows: pairs of languages with fewer rows are left out, and named in the table.
        max_rows: only so many rows of each pair of languages, the first; all if None.
        centred: see `retrieve`.
        progress: show a bar.
    """
    rows = between_all(held_out)
    enough = {label: pairs[:max_rows] for label, pairs in rows.items() if len(pairs) >= min_rows}
    return RetrievalTable(
        pairs=_measured(model, tokenizer, enough, settings, centred, progress),
        left_out={label: len(pairs) for label, pairs in rows.items() if label not in enough},
    )


# Tatoeba


def tatoeba_retrieval(
    model: ErnieMModel | ErnieMForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    tatoeba: Mapping[str, Rows],
    settings: VectorSettings,
    *,
    centred: bool = False,
    progress: bool = False,
) -> RetrievalTable:
    """Accuracy both ways between English and each language, on rows from `read_tatoeba`.

    Labels are `en-de`: `forward` asks each English sentence for the nearest foreign one, which is
    the direction that XTREME scores; `backward` is the other. Repeated lines stay, as in XTREME.
    """
    rows = {f"en-{code}": pairs for code, pairs in tatoeba.items()}
    found = _measured(model, tokenizer, rows, settings, centred, progress)
    return RetrievalTable(pairs=found, left_out={})
