"""How near a sentence is to a query: by cosine, or by margin, which takes hubs down.

```text
margin = cos(q, x) / ((mean cosine of q with its 4 nearest + the same of x) / 2)
```

A sentence's neighbours are those it has in the index now, itself left out: they are looked for when
they are needed, so that they never are out of date.

Source: Artetxe and Schwenk, 2019, section 3 (ratio). There the neighbours of a sentence are of the
other language; an index is one set, and both neighbourhoods are in it.

Letters: N queries, D width, k neighbours, c candidates, u different ones.
"""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Int64

from erniem.search.exact import best_of
from erniem.tasks.retrieve.margin import NEIGHBOURS, around, margins
from erniem.tasks.retrieve.nearest import Found

__all__ = ["SCORES", "Score", "by_margin"]

Score = Literal["cosine", "margin"]
"""What hits are ordered by."""

SCORES: tuple[Score, ...] = get_args(Score)

MORE = 4
"""Candidates for each hit that is asked for: the nearest by cosine, among which margins decide."""

Nearest = Callable[[Float32[np.ndarray, "_ D"], int], Found]
"""The so many nearest of queries."""


def by_margin(
    queries: Float32[np.ndarray, "N D"],
    k: int,
    nearest: Nearest,
    vectors: Callable[[Int64[np.ndarray, " u"]], Float32[np.ndarray, "u D"]],
) -> Found:
    """The k of best margin among the nearest of each query.

    Args:
        queries: of length one.
        k: how many.
        nearest: looks for neighbours.
        vectors: those of rows.

    Returns:
        Margins and rows, best first; -inf and -1 where there are no k.
    """
    cosines, rows = nearest(queries, max(MORE * k, NEIGHBOURS))
    of_queries = around((cosines[:, :NEIGHBOURS], rows[:, :NEIGHBOURS]))
    candidates, places = np.unique(rows, return_inverse=True)
    of_candidates = np.zeros(len(candidates), dtype=np.float32)
    there = candidates >= 0
    of_candidates[there] = _surroundings(candidates[there], nearest, vectors)
    found = rows >= 0
    levels = of_candidates[places.reshape(rows.shape)]
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = margins(np.where(found, cosines, 0), of_queries[:, None], levels, "ratio")
    scores = np.where(found & np.isfinite(scores), scores, -np.inf).astype(np.float32)
    return best_of([(scores, rows)], k)


def _surroundings(
    rows: Int64[np.ndarray, " u"],
    nearest: Nearest,
    vectors: Callable[[Int64[np.ndarray, " u"]], Float32[np.ndarray, "u D"]],
) -> Float32[np.ndarray, " u"]:
    """Mean cosine of each row with its nearest but itself."""
    if not len(rows):
        return np.zeros(0, dtype=np.float32)
    cosines, found = nearest(vectors(rows), NEIGHBOURS + 1)
    itself = found == rows[:, None]
    cosines, found = best_of(
        [(np.where(itself, -np.inf, cosines).astype(np.float32), found)], NEIGHBOURS
    )
    return around((cosines, found))
