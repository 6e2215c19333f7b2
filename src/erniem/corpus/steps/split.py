"""Documents to sentences, by sentencex."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import sentencex

from erniem.corpus.document import Document, Drops, is_pair, languages_of, with_sides
from erniem.corpus.steps.rule import Rule
from erniem.languages import code_of

__all__ = ["Split"]

_MISSED = re.compile("(?<=[།༎]) +|(?<=[។៕])")
"""Ends of sentences that sentencex passes over: Tibetan's, before a space, and Khmer's."""


@dataclass(frozen=True, kw_only=True)
class Split(Rule):
    """Splits texts at their line breaks, and their lines into sentences; pairs stay as they are.

    Sentences end where sentencex (Wikimedia's, by rules, for about 240 languages) says they do. Of
    a language that it has no rules for it takes those of a related one, or English's, whose ends
    are those of nearly all scripts (`.`, `。`, `।`, `؟`, …). A line without an end stays
    whole, however long: `Length` is there for it.

    Example: `"Guten Tag. Wie geht’s?"` → `"Guten Tag."`, `"Wie geht’s?"`.
    """

    least_characters: int = 0
    """Lines of fewer characters stay whole: for sources that are sentences for the most part."""

    def apply(self, documents: Iterable[Document], drops: Drops) -> Iterator[Document]:
        """Each sentence as a document, with all that is known of the one it stood in."""
        for document in documents:
            if is_pair(document):
                yield document
                continue
            parts = self.parts(document.text, languages_of(document)[0])
            if parts == [document.text]:
                yield document
            else:
                yield from (with_sides(document, (part,)) for part in parts)

    def parts(self, text: str, language: str) -> list[str]:
        """The sentences of a text, in order, none of them empty."""
        found = []
        for line in text.splitlines():
            if len(line) < self.least_characters:
                found.append(line.strip())
            else:
                sentences = _with_their_marks(_sentences(_rules_of(language), line))
                found += map(str.strip, sentences)
        return [part for part in found if part]


def _sentences(language: str, line: str) -> Iterator[str]:
    for part in _MISSED.split(line):
        try:
            yield from sentencex.segment(language, part)
        except UnicodeEncodeError:  # half of a character, which `Repair` takes out
            yield part


def _with_their_marks(parts: Iterable[str]) -> list[str]:
    """Parts that hold a letter or a digit each; what is only marks stands with its neighbour.

    sentencex ends a sentence behind the opening mark of a line, most often an Arabic one.

    Example: `"!"`, `" Ba de. "`, `"…"` → `"! Ba de. …"`.
    """
    joined: list[str] = []
    for part in parts:
        if joined and not (_says_something(part) and _says_something(joined[-1])):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _says_something(part: str) -> bool:
    return any(map(str.isalnum, part))


@cache
def _rules_of(language: str) -> str:
    """The code by which sentencex knows a language: `zh` of `zh-Hant`, `th` of `tha_Thai`."""
    return code_of(re.split("[-_]", language)[0].lower())
