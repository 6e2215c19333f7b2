"""Windows: a long text in parts that the model can read, none of it lost.

A window is the characters `[first, after)` of its text, without white space at its ends.
All windows of a text hold every character that is not white space, once.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

__all__ = ["Split", "Window", "by_length", "by_sentence", "to_fit", "trimmed"]

Window = tuple[int, int]

Split = Literal["fit", "length", "sentence"]
"""`fit`: as many tokens as the model reads, cut where a sentence ends, or a word. `length`: so many
characters, as Taskflow does. `sentence`: one sentence each, as Taskflow does if asked to."""

SENTENCE = re.compile(r"[\n。！？?｡؟۔।॥]+[”’」』）\"')\]]*|\.{6}[”’]?|…{2}[”’]?")
"""What ends a sentence for certain; a full stop ends abbreviations too."""

LIKELY_SENTENCE = re.compile(rf"{SENTENCE.pattern}|[.!;:…։።]+(?=\s)|[；：!]")
"""What ends a sentence well enough to cut a text there that has to be cut."""

WORD = re.compile(r"\s+|[,，、،]")
"""What ends a word."""

JOINER = "\u200d"
SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


def trimmed(text: str, window: Window) -> Window | None:
    """The window without white space at its ends; None if it is all white space."""
    part = text[slice(*window)]
    if not part.strip():
        return None
    first = window[0] + len(part) - len(part.lstrip())
    return first, first + len(part.strip())


def by_length(text: str, width: int) -> list[Window]:
    """Windows of `width` characters: `("abcde", 2)` → `[(0, 2), (2, 4), (4, 5)]`."""
    return _trimmed(text, [*range(0, len(text), width), len(text)])


def by_sentence(text: str, width: int) -> list[Window]:
    """A window for each sentence, more for one of over `width` characters.

    Example: `("甲。乙？”丙", 9)` → `[(0, 2), (2, 5), (5, 6)]`.
    """
    bounds = [0, *(end.end() for end in SENTENCE.finditer(text)), len(text)]
    return [
        (first + start, first + end)
        for first, after in _trimmed(text, bounds)
        for start, end in by_length(text[first:after], width)
    ]


def to_fit(text: str, starts: Sequence[int], budget: int) -> list[Window]:
    """As few windows as there can be of at most `budget` tokens each, cut at good places.

    That is after the last sentence of a window's second half, or else after its last word there,
    or else between two characters as readers see them (a letter and its marks are one).

    Args:
        starts: the character at which each token begins, ascending.
        budget: tokens of a window.

    Example: `("ab cd ef", [0, 3, 6], 2)` → `[(0, 5), (6, 8)]`.
    """
    bounds, token = [0], 0
    while len(starts) - token > budget:
        cut = _good_cut(text, bounds[-1], starts[token + budget])
        bounds.append(cut)
        while token < len(starts) and starts[token] < cut:
            token += 1
    return _trimmed(text, [*bounds, len(text)])


def _trimmed(text: str, bounds: Sequence[int]) -> list[Window]:
    windows = (trimmed(text, window) for window in pairwise(bounds))
    return [window for window in windows if window is not None]


def _good_cut(text: str, first: int, limit: int) -> int:
    """Where to end a window that begins at `first`: at `limit` or, for a better place, before."""
    middle = (first + limit) // 2
    for pattern in (LIKELY_SENTENCE, WORD):
        # One character more, for the pattern that looks at what follows.
        ends = [match.end() for match in pattern.finditer(text, first, limit + 1)]
        if fitting := [end for end in ends if middle < end <= limit]:
            return fitting[-1]
    for cut in range(limit, middle, -1):
        if not _inside_a_character(text, cut):
            return cut
    return max(limit, first + 1)


def _inside_a_character(text: str, cut: int) -> bool:
    """Would a reader see one character on both sides of the cut."""
    before, after = text[cut - 1], text[cut]
    return (
        unicodedata.category(after).startswith("M")
        or JOINER in (before, after)
        or SKIN_TONES[0] <= after <= SKIN_TONES[1]
        or (_regional(after) and _flag_is_open(text, cut))
    )


def _regional(character: str) -> bool:
    """Is this half a flag."""
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_is_open(text: str, cut: int) -> bool:
    """Stands an odd number of halves before the cut."""
    start = cut
    while start and _regional(text[start - 1]):
        start -= 1
    return (cut - start) % 2 == 1
