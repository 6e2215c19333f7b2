"""Spans: the likeliest answers to a question from the logits of all its windows.

```text
windows, logits (L, 2) ─own tokens─▶ scores of all spans (T, A) ─from the best down─▶ texts ─▶ Span
```

A span begins with a token where that has most context, and ends within the same window. All such
spans of up to A tokens are weighed, where SQuAD's published code weighs those between the 20 best
first and the 20 best last tokens of each window: a span that this misses scores higher here, and
there is always one, if the context has any text.

Letters: L tokens of a row, T tokens of a context, A tokens of the longest answer, P spans.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from jaxtyping import Float, Float64, Int
from numpy.lib.stride_tricks import sliding_window_view

from erniem.tasks.answer.windows import Window

__all__ = ["Span", "best_spans", "falling", "span_scores"]

AT_ONCE = 128
"""Spans that are sorted at once: mostly enough, and a small part of all."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """An answer to a question."""

    text: str
    """As it stands in the context, without white space at its ends."""
    start: int
    """Its first character in the context."""
    score: float
    """Logit of its first token as a first one and of its last as a last one, added."""
    probability: float
    """Of it among the answers that it is given with: their softmax."""

    @property
    def end(self) -> int:
        """The character after its last."""
        return self.start + len(self.text)


def best_spans(
    context: str,
    windows: Sequence[Window],
    logits: Sequence[Float[np.ndarray, "_ 2"]],
    *,
    longest: int,
    count: int,
) -> list[Span]:
    """The best answers to one question, each text once; none if the context has no text.

    Of equal scores the earlier span comes first, of these the shorter. A logit that is not finite
    is no answer's.

    Args:
        context: what was asked of.
        windows: all of the question's, in the order of the context.
        logits: of each window's row, `(L, 2)`: as a first, as a last token of the answer.
        longest: tokens of an answer at most.
        count: answers at most.
    """
    scores, places = _all_spans(windows, logits, longest)
    found: dict[str, tuple[int, float]] = {}
    for one in falling(scores):
        first, after = places[one].tolist()
        part = context[first:after]
        if words := part.strip():
            found.setdefault(words, (first + part.index(words), float(scores[one])))
        if len(found) == count:
            break
    return _weighed([(text, start, score) for text, (start, score) in found.items()])


def span_scores(
    first: Float64[np.ndarray, " N"], last: Float64[np.ndarray, " N"], longest: int
) -> Float64[np.ndarray, "N {longest}"]:
    """Scores of the spans from each token, of 1, 2, … `longest` tokens; -inf beyond the last token.

    Example: first `[1, 2]`, last `[10, 20]`, 3 → `[[11, 21, -inf], [22, -inf, -inf]]`.
    """
    return first[:, None] + _following(last, longest, -np.inf)


def falling(scores: Float64[np.ndarray, " P"]) -> Iterator[int]:
    """Places of the finite scores, highest first, the earlier of equal ones first.

    Example: `[1, 3, -inf, 3]` → 1, 3, 0.
    """
    left = np.flatnonzero(np.isfinite(scores))
    while len(left):
        some = min(AT_ONCE, len(left))
        chosen = scores[left] >= np.partition(scores[left], -some)[-some]
        best = left[chosen]
        yield from best[np.argsort(-scores[best], kind="stable")].tolist()
        left = left[~chosen]


def _all_spans(
    windows: Sequence[Window], logits: Sequence[Float[np.ndarray, "_ 2"]], longest: int
) -> tuple[Float64[np.ndarray, " P"], Int[np.ndarray, "P 2"]]:
    """Scores and characters of all spans, in the order of their beginning."""
    scores, places = [np.zeros(0)], [np.zeros((0, 2), dtype=np.int64)]
    for window, both in zip(windows, logits, strict=True):
        some = slice(window.first, window.first + len(window.own))
        known = np.where(np.isfinite(both[some]), both[some], -np.inf)
        first, last = known.astype(np.float64).T
        scores.append(span_scores(first, last, longest)[window.own].ravel())
        ends = _following(window.offsets[:, 1], longest, 0)[window.own]
        begins = np.broadcast_to(window.offsets[window.own, :1], ends.shape)
        places.append(np.stack([begins, ends], axis=-1).reshape(-1, 2))
    return np.concatenate(scores), np.concatenate(places)


def _weighed(found: Sequence[tuple[str, int, float]]) -> list[Span]:
    """With the softmax of their scores, the highest of which comes first."""
    weights = [exp(score - found[0][2]) for _, _, score in found]
    return [
        Span(text=text, start=start, score=score, probability=weight / sum(weights))
        for (text, start, score), weight in zip(found, weights, strict=True)
    ]


def _following(values: np.ndarray, count: int, beyond: int | float) -> np.ndarray:
    """Each value and those that follow, so many in all: `([1, 2], 2, 0)` → `[[1, 2], [2, 0]]`."""
    padded = np.pad(values, (0, count - 1), constant_values=beyond)
    return sliding_window_view(padded, count)
