"""Texts that say the same again and again: broken pages, lists, what a translator stuttered."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import eq

from erniem.corpus.steps.monotony import monotony
from erniem.corpus.steps.sides import SideFilter
from erniem.corpus.steps.words import CHARACTERS_A_WORD, words_between_spaces, writes_spaces

__all__ = ["Repetition"]

_UNSPACED = re.compile(r"[!-~]+|[^\s!-~]")
"""A character, or a word of ASCII between Chinese or Thai text."""
_LONGEST = 4
"""Words of a stretch that is looked for in a row."""


@dataclass(frozen=True, kw_only=True)
class Repetition(SideFilter):
    """Drops a text that repeats a character, a stretch of words, or much of itself.

    Where no spaces are written, a stretch is of three characters to twelve, and a word counts as
    three. Gopher's shares are for documents: no sentence meets them, as any two of its words are a
    fifth of it. So shorter texts have a rule of their own, `most_of_one`.
    """

    most_same_characters: int = 20
    """One character in a row: NLLB's filters (stopes, `max_repeated_char`)."""
    most_in_a_row: int = 2
    """How often a stretch, of one word to four and three characters at least, may stand in a row:
    OpusFilter's `RepetitionFilter` (two repetitions of what stands first are too many). Many
    languages double a word for stress or a plural, so Bicleaner's one is too little."""
    most_of_one: float = 0.5
    """Share of a sentence's words that are the same word, if it has three or more: Gopher's top
    n-gram in the small. Ours."""
    document_words: int = 50
    """From so many words on, a text is a document: Gopher's least (Rae et al. 2021, A.1.1)."""
    most_of_document: float = 1.0
    """Gopher's shares for documents (table A1: the most frequent 2, 3, 4 words have 0.20, 0.18,
    0.16 of the characters; repeated stretches of 5 to 10 words 0.15 to 0.10; repeated lines 0.30
    of the lines and 0.20 of the characters) times this."""

    def why_drop_side(self, text: str, language: str) -> str | None:
        """The first kind of repetition that is too much."""
        if _same_character(self.most_same_characters).search(text) is not None:
            return "repeated characters"
        if not writes_spaces(language):
            return self._why_drop_unspaced(text)
        words = words_between_spaces(text)
        # How many stood before: few in most texts, and then nothing is left to look for.
        again = len(words) - len(set(words))
        if again >= self.most_in_a_row and self._stutters(words):
            return "repeated words"
        if len(words) >= self.document_words:
            return monotony(words, text, self.most_of_document)
        if again >= 2 and again + 1 > self.most_of_one * len(words) and self._chants(words):
            return "one word throughout"
        return None

    def _why_drop_unspaced(self, text: str) -> str | None:
        if _stretch(self.most_in_a_row).search(text) is not None:
            return "repeated words"
        characters = _UNSPACED.findall(text)
        if len(characters) >= self.document_words * CHARACTERS_A_WORD:
            return monotony(characters, text, self.most_of_document, unit=CHARACTERS_A_WORD)
        return None

    def _stutters(self, words: Sequence[str]) -> bool:
        for length in range(1, _LONGEST + 1):
            # A stretch follows itself where each of its words is the one so many places on.
            same = bytes(map(eq, words, words[length:]))
            at = same.find(b"\1" * (length * self.most_in_a_row))
            if at >= 0 and len("".join(words[at : at + length])) >= 3:
                return True
        return False

    def _chants(self, words: Sequence[str]) -> bool:
        most = max(map(words.count, set(words)))
        return most >= 3 and most > self.most_of_one * len(words)


@cache
def _same_character(most: int) -> re.Pattern[str]:
    return re.compile(rf"(\S)\1{{{most}}}")


@cache
def _stretch(most: int) -> re.Pattern[str]:
    longest = _LONGEST * CHARACTERS_A_WORD
    return re.compile(rf"(\S.{{2,{longest - 1}}}?)(?: *\1){{{most}}}")
