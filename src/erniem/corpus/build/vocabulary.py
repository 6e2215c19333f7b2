"""The vocabulary of a corpus, trained on a sample of what is left of its text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import UInt64

from erniem.corpus.build.columns import read_rows
from erniem.corpus.build.left import Remaining
from erniem.tokenization import ErnieMTokenizer, train_tokenizer

__all__ = ["MOST_REPEATS", "Vocabulary", "drawn", "train_vocabulary", "wanted_characters"]

MOST_REPEATS = 10
"""A language's text is read so often at most, lest a handful of sentences fill the vocabulary."""
SPARE = 1.2
"""So many times the wanted text is looked at: a share of keys is not exactly a share of text."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """How a tokeniser is trained on the text of a corpus."""

    size: int = 16_000
    """Pieces, the five special ones counted."""
    alpha: float = 0.3
    """Temperature of the mix of languages: 1 as they are, 0 all alike (XLM-R, §3.1: 0.3)."""
    sentences: int = 1_000_000
    """About so many sentences, at most, train it: the trainer holds them in memory."""

    def __post_init__(self) -> None:
        if not 0 <= self.alpha <= 1:
            raise ValueError(f"vocabulary.alpha is {self.alpha}; it must be from 0 to 1.")


@dataclass(frozen=True, kw_only=True)
class _Sentences:
    language: str
    texts: pa.Array
    keys: UInt64[np.ndarray, " n"]


def train_vocabulary(
    remaining: Remaining, tasks: Iterable[int], settings: Vocabulary
) -> ErnieMTokenizer:
    """A tokeniser for what is left of the text of these tasks.

    Raises:
        ValueError: too little text for so many pieces, or too few pieces for the letters.
    """
    tasks = list(tasks)
    characters: Counter[str] = Counter()
    sentences: Counter[str] = Counter()
    for some in _sentences(remaining, tasks):
        characters[some.language] += pc.sum(pc.utf8_length(some.texts)).as_py() or 0
        sentences[some.language] += len(some.texts)
    wanted = wanted_characters(characters, sentences, settings.alpha, settings.sentences)
    shares = {code: SPARE * wanted[code] / size for code, size in characters.items() if size}
    found: dict[str, list[tuple[int, str]]] = {code: [] for code in sorted(shares)}
    for some in _sentences(remaining, tasks):
        places = np.flatnonzero(some.keys / 2.0**64 < shares.get(some.language, 0.0))
        if len(places):
            texts = some.texts.take(pa.array(places)).to_pylist()
            found[some.language] += zip(some.keys[places].tolist(), texts, strict=True)
    sample = (text for code, keyed in found.items() for text in drawn(keyed, wanted[code]))
    return train_tokenizer(sample, vocabulary_size=settings.size)


def _sentences(remaining: Remaining, tasks: Iterable[int]) -> Iterator[_Sentences]:
    """What is left of the text, each sentence once, sides of pairs as sentences."""
    for task in tasks:
        left = remaining.of(task)
        for rows in read_rows(remaining.work.documents(task)):
            kept = left.kept(rows.numbers)
            for side, language in enumerate(rows.label.split("-")):
                fresh = np.flatnonzero(kept & left.sides[side, rows.numbers])
                yield _Sentences(
                    language=language,
                    texts=rows.columns[side].take(pa.array(fresh)),
                    keys=rows.keys[side][fresh],
                )


def wanted_characters(
    characters: Mapping[str, int], sentences: Mapping[str, int], alpha: float, most: int
) -> dict[str, int]:
    """How many characters of each language train a vocabulary: a share ∝ size^alpha (XLM-R, §3.1).

    As many are drawn as there are, or fewer, so as to stay at about `most` sentences; a small
    language is repeated, but not more than `MOST_REPEATS` times.

    Args:
        characters: that each language has.
        sentences: that each language has.
        alpha: 1 takes languages as they are, 0 all alike.
        most: sentences, about, at most.

    Example: 900 and 100 characters, alpha 0.5 → 750 and 250, the small one 2.5 times.
    """
    raised = {code: size**alpha for code, size in characters.items() if size}
    shares = {code: value / sum(raised.values()) for code, value in raised.items()}
    per_character = sum(
        share * sentences[code] / characters[code] for code, share in shares.items()
    )
    total = min(sum(characters.values()), most / per_character) if shares else 0
    return {
        code: round(min(share * total, MOST_REPEATS * characters[code]))
        for code, share in shares.items()
    }


def drawn(keyed: Iterable[tuple[int, str]], characters: int) -> Iterator[str]:
    """Texts in the order of their keys, over and over, until there are so many characters."""
    for _, text in cycle(sorted(keyed)):
        if characters < len(text) / 2:
            return
        yield text
        characters -= len(text)
