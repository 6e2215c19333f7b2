"""Spans: first and last tokens in pairs, pairs as characters, votes of windows as one class.

Letters: L tokens of a sequence.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

__all__ = ["Span", "paired", "spans_in", "voted"]

Span = tuple[int, int, float]
"""The first place, the last or the one after it, and the probability."""


def paired(
    start: Float[np.ndarray, " L"], end: Float[np.ndarray, " L"], threshold: float
) -> list[Span]:
    """Tokens that are probably a first and a last one, in pairs `(first, last, probability)`.

    A first token goes with the next last one; of several that go with the same, the nearest stays.
    So no two pairs overlap. The probability of a pair is the product (PaddleNLP, `get_span`).

    Example: start `[.9, .8, 0, .7]`, end `[0, 0, .6, .9]`, 0.5 → `[(1, 2, .48), (3, 3, .63)]`.
    """
    firsts, lasts = np.flatnonzero(start > threshold), np.flatnonzero(end > threshold)
    next_last = np.searchsorted(lasts, firsts)
    pairs = {
        int(lasts[i]): int(first)
        for first, i in zip(firsts, next_last, strict=True)
        if i < len(lasts)
    }
    return [(first, last, float(start[first]) * float(end[last])) for last, first in pairs.items()]


def spans_in(
    text: str,
    offsets: Sequence[tuple[int, int]],
    start: Float[np.ndarray, " L"],
    end: Float[np.ndarray, " L"],
    threshold: float,
) -> list[Span]:
    """Spans of characters `(first, after, probability)`, without white space at their ends.

    Args:
        text: what the tokens are pieces of.
        offsets: the characters of each token, of L.
        start, end: the probability of each token as a first and as a last one.
        threshold: a token is one if its probability is over this.
    """
    found = []
    for first, last, probability in paired(start, end, threshold):
        begin, after = offsets[first][0], offsets[last][1]
        part = text[begin:after]
        begin += len(part) - len(part.lstrip())
        if words := part.strip():
            found.append((begin, begin + len(words), probability))
    return found


def voted(votes: Sequence[tuple[str, float]]) -> tuple[str, float] | None:
    """The class that most windows chose, at equal numbers the likelier, with its mean probability.

    Example: `[("good", .9), ("bad", .6), ("bad", .8)]` → `("bad", .7)`.
    """
    by_class: dict[str, list[float]] = {}
    for name, probability in votes:
        by_class.setdefault(name, []).append(probability)
    if not by_class:
        return None
    name, chosen = max(by_class.items(), key=lambda item: (len(item[1]), sum(item[1])))
    return name, sum(chosen) / len(chosen)
