"""Pairs whose translation is the text itself, or nearly."""

from dataclasses import dataclass

import regex

from erniem.corpus.document import Document, is_pair, languages_of, sides_of
from erniem.corpus.steps.rule import Filter
from erniem.languages import are_close
from erniem.writing import is_spaced

__all__ = ["Copied"]

WORD = regex.compile(r"\p{L}[\p{L}\p{M}]*")
"""Letters with their marks, which are the vowels of Hindi, Bengali, Thai and their like."""


@dataclass(frozen=True, kw_only=True)
class Copied(Filter):
    """Drops pairs whose sides are the same, or share too much.

    The same: in letters and their marks alone, whatever the case, as Bicleaner's hard rule
    `no_identical` (Ramírez-Sánchez et al., 2020, section 2); so are two sides without a letter.

    Sharing too much: words that both have, of all that either has; where one language puts no
    spaces between words, sequences of three letters. Ott et al. (2018) count a translation as a
    copy from half on, and a few in a hundred such pairs spoil a translator (there, and Khayrallah
    and Koehn, 2018, section 4). Close languages (`hr` and `sr`, `da` and `no`) share words
    honestly: of their pairs only those with the same sides are dropped.
    """

    most: float = 0.5
    """Largest share in common; 1 allows any."""

    def __post_init__(self) -> None:
        """Raises ValueError: a share outside 0 to 1."""
        if not 0 <= self.most <= 1:
            raise ValueError(f"A share is between 0 and 1, not {self.most}.")

    def why_drop(self, document: Document) -> str | None:
        """`copied`, or None."""
        if not is_pair(document):
            return None
        one, other = (WORD.findall(side.casefold()) for side in sides_of(document))
        if "".join(one) == "".join(other):
            return "copied"
        codes = languages_of(document)
        if are_close(*codes):
            return None
        if not all(map(is_spaced, codes)):
            one, other = _threes("".join(one)), _threes("".join(other))
        return "copied" if _shared(set(one), set(other)) > self.most else None


def _threes(letters: str) -> list[str]:
    return [letters[at : at + 3] for at in range(max(len(letters) - 2, 1))]


def _shared(one: set[str], other: set[str]) -> float:
    """Share of what either has that both have."""
    both = len(one & other)
    return both / max(len(one) + len(other) - both, 1)
