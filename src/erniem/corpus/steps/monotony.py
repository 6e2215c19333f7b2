"""Gopher's measures of repetition in a document (Rae et al. 2021, appendix A.1.1, table A1)."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

__all__ = ["monotony"]

_TOP = {2: 0.20, 3: 0.18, 4: 0.16}
"""Share of the characters that the most frequent n-gram of words may have."""
_AGAIN = {5: 0.15, 6: 0.14, 7: 0.13, 8: 0.12, 9: 0.11, 10: 0.10}
"""Share of the characters in n-grams that stood before."""
_LINES, _LINE_CHARACTERS = 0.30, 0.20
"""Share of lines that stood before, and of the characters in them."""


def monotony(words: Sequence[str], text: str, most: float, *, unit: int = 1) -> str | None:
    """Why a document is too repetitive; None if it is not.

    Args:
        words: its words, or of one without spaces its characters.
        text: the document as it is, in lines.
        most: what the shares of the table are multiplied by.
        unit: how many of `words` count as a word.
    """
    if _repeats_lines(text.splitlines(), most):
        return "repeated lines"
    size = sum(map(len, words))
    for length, share in _TOP.items():
        if _top(_stretches(words, length * unit)) > share * most * size:
            return "one stretch too often"
    for length, share in _AGAIN.items():
        again = _again(words, length * unit)
        if again > share * most * size:
            return "repeated stretches"
        if not again:  # then no longer one is repeated either
            return None
    return None


def _stretches(words: Sequence[str], length: int) -> Iterable[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(length)), strict=False)


def _top(stretches: Iterable[tuple[str, ...]]) -> int:
    """Characters in the most frequent stretch; none if none comes three times.

    Two would be enough for the table, but only of the shortest documents.
    """
    stretch, count = max(Counter(stretches).items(), key=lambda item: item[1], default=((), 0))
    return count * sum(map(len, stretch)) if count > 2 else 0


def _again(words: Sequence[str], length: int) -> int:
    """Characters in stretches that stood before; none is counted twice."""
    seen: set[Hashable] = set()
    characters, free = 0, 0
    for at, stretch in enumerate(_stretches(words, length)):
        if at < free:
            continue
        if stretch in seen:
            characters += sum(map(len, stretch))
            free = at + length
        seen.add(stretch)
    return characters


def _repeats_lines(lines: Sequence[str], most: float) -> bool:
    once = set(lines)
    if len(once) == len(lines):
        return False
    again = sum(map(len, lines)) - sum(map(len, once))
    return len(lines) - len(once) > _LINES * most * len(lines) or (
        again > _LINE_CHARACTERS * most * sum(map(len, lines))
    )
