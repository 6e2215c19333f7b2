"""When is an answer right: the rules of SQuAD 1.1 and of MLQA.

Sources: Rajpurkar et al., 2016, and the evaluation script of SQuAD 1.1; Lewis et al., 2020, §5.2,
and the evaluation script of MLQA 1.0.
"""

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache

__all__ = ["exact", "mlqa_words", "overlap", "squad_words"]

ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "ar": r"\sال^|ال",
    "hi": None,
    "zh": None,
}
"""What MLQA takes out of an answer, by language. The Arabic rule is as published: its first half
never matches, its second cuts at the letters of the article inside words too."""

IDEOGRAPH = re.compile("[\u4e00-\u9fa5]")
"""Characters that are words by themselves in Chinese, by MLQA."""


def squad_words(text: str) -> list[str]:
    """An answer as SQuAD compares it: lower case, no ASCII punctuation, no English article.

    Example: `"The  U.S."` → `["us"]`.
    """
    lowered = "".join(one for one in text.lower() if one not in set(string.punctuation))
    return re.sub(r"\b(a|an|the)\b", " ", lowered).split()


def mlqa_words(language: str) -> Callable[[str], list[str]]:
    """How MLQA compares answers in a language.

    Raises:
        ValueError: a language that MLQA does not have.

    Example: `mlqa_words("de")("Die Höhe: 3 m")` → `["höhe", "3", "m"]`.
    """
    if language not in ARTICLES:
        raise ValueError(f"MLQA has no rules for {language!r}, only for {', '.join(ARTICLES)}.")
    articles = ARTICLES[language]

    def words(text: str) -> list[str]:
        kept = "".join(one for one in text.lower() if one not in _punctuation())
        if articles:
            kept = re.sub(articles, " ", kept)
        if language == "zh":
            kept = IDEOGRAPH.sub(lambda match: f" {match[0]} ", kept)
        return kept.split()

    return words


def exact(answer: Iterable[str], right: Iterable[str]) -> float:
    """1 if two answers have the same words, else 0."""
    return float(list(answer) == list(right))


def overlap(answer: list[str], right: list[str]) -> float:
    """F1 of the words of two answers, as bags; 0 if they share none."""
    shared = (Counter(answer) & Counter(right)).total()
    if not shared:
        return 0.0
    precision, recall = shared / len(answer), shared / len(right)
    return 2 * precision * recall / (precision + recall)


@cache
def _punctuation() -> frozenset[str]:
    """Every character that Unicode calls punctuation, and ASCII's signs."""
    everything = map(chr, range(sys.maxunicode))
    marks = {one for one in everything if unicodedata.category(one).startswith("P")}
    return frozenset(marks | set(string.punctuation))
