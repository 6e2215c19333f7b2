"""What counts as a word: what stands between spaces, in languages that write them."""

import re
from functools import cache

from erniem.languages import code_of
from erniem.writing import is_spaced

__all__ = ["CHARACTERS_A_WORD", "num_words", "words_between_spaces", "writes_spaces"]

CHARACTERS_A_WORD = 3
"""Where none are written: between Chinese, of about two, and Thai, Khmer and Burmese, of four."""


@cache
def writes_spaces(language: str) -> bool:
    """Whether a language has spaces between words, by any of its codes: `zh-Hant`, `cmn_Hani`."""
    return is_spaced(code_of(re.split("[-_]", language)[0].lower()))


def words_between_spaces(text: str) -> list[str]:
    """The words of a text with spaces; Ethiopic may have a mark in their place.

    Example: `"ሀሁ፡ሂሃ ha"` → `["ሀሁ", "ሂሃ", "ha"]`.
    """
    return text.replace("፡", " ").split()


def num_words(text: str, language: str) -> float:
    """How many words a text has; by its length where no spaces are written."""
    if writes_spaces(language):
        return float(len(words_between_spaces(text)))
    return len(text) / CHARACTERS_A_WORD
