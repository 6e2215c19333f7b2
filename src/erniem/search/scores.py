"""How near a sentence is to a query: by cosine, or by margin, which takes hubs down.

```text
margin = cos(q, x) / ((mean cosine of q with its 4 nearest + the same of x) / 2)
```

The neighbours of x are its nearest sentences of other languages than its own, as a translation's
neighbours are in the source: in its own language lie its paraphrases, which are no reason to hold
it for a hub. Where the index has one language, or does not know x's, they are any but x itself.
They are looked for when they are needed, so that they never are out of date.

Source: Artetxe and Schwenk, 2019, section 3 (ratio).

Letters: N queries, D width, k neighbours, c candidates, u different ones.
"""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Int64

from erniem.search.exact import best_of
from erniem.search.parts import Parts
from erniem.tasks.retrieve.margin import NEIGHBOURS, around, margins
from erniem.tasks.retrieve.nearest import Found

__all__ = ["SCORES", "Score", "by_margin", "surroundings"]

Score = Literal["cosine", "margin"]
"""What hits are ordered by."""

SCORES: tuple[Score, ...] = get_args(Score)

MORE, LEAST = 4, 20
"""Candidates for each hit that is asked for, and at least: the nearest by cosine, among which
margins decide."""

Nearest = Callable[[Float32[np.ndarray, "_ D"], int], Found]
"""The so many nearest of queries."""


def by_margin(
    queries: Float32[np.ndarray, "N D"],
    k: int,
    nearest: Nearest,
    levels: Callable[[Int64[np.ndarray, " u"]], Float32[np.ndarray, " u"]],
) -> Found:
    """The k of best margin among the nearest of each query.

    Args:
        queries: of length one.
        k: how many.
        nearest: looks for candidates.
        levels: of rows, their mean cosine with their neighbours, see `surroundings`.

    Returns:
        Margins and rows, best first; -inf and -1 where there are no k.
    """
    cosines, rows = nearest(queries, max(MORE * k, LEAST))
    of_queries = around((cosines[:, :NEIGHBOURS], rows[:, :NEIGHBOURS]))
    candidates, places = np.unique(rows, return_inverse=True)
    of_candidates = np.zeros(len(candidates), dtype=np.float32)
    there = candidates >= 0
    of_candidates[there] = levels(candidates[there])
    found = rows >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = margins(
            np.where(found, cosines, 0),
            of_queries[:, None],
            of_candidates[places.reshape(rows.shape)],
            "ratio",
        )
    scores = np.where(found & np.isfinite(scores), scores, -np.inf).astype(np.float32)
    return best_of([(scores, rows)], k)


def surroundings(
    parts: Parts, rows: Int64[np.ndarray, " u"], unknown: int | None, probes: int | None
) -> Float32[np.ndarray, " u"]:
    """Mean cosine of each row with its neighbours.

    Args:
        parts: of the index.
        rows: sentences.
        unknown: the place of "", the language that is none; None: all are known.
        probes: cells that are looked into; None: an exact search.
    """
    found = np.zeros(len(rows), dtype=np.float32)
    languages = parts.languages(rows)
    for language in np.unique(languages):
        here = languages == language
        known = None if language == unknown else int(language)
        found[here] = _level(parts, rows[here], known, probes)
    return found


def _level(
    parts: Parts, rows: Int64[np.ndarray, " u"], language: int | None, probes: int | None
) -> Float32[np.ndarray, " u"]:
    """Of rows of one language; if there are no others, among all but the row itself."""
    vectors = parts.vectors(rows)
    if language is not None:
        found = parts.nearest(vectors, NEIGHBOURS, language=language, other=True, probes=probes)
        if (found[1] >= 0).any():
            return around(found)
    cosines, near = parts.nearest(vectors, NEIGHBOURS + 1, probes=probes)
    others = np.where(near == rows[:, None], -np.inf, cosines).astype(np.float32)
    return around(best_of([(others, near)], NEIGHBOURS))
