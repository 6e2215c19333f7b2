"""Margin scores: how much nearer two sentences are than their neighbourhoods (hubs score low).

Source: Artetxe and Schwenk, 2019, "Margin-based parallel corpus mining with multilingual sentence
embeddings", section 3.

```text
a = cos(x, y)     b = (mean cosine of x with its k nearest + the same of y) / 2
absolute: a       distance: a - b       ratio: a / b
```

Letters: N queries, K keys, D width, k neighbours.
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Int64

from erniem.tasks.retrieve.nearest import Found, nearest, neighbours_both_ways

__all__ = [
    "MARGINS",
    "NEIGHBOURS",
    "Best",
    "Margin",
    "around",
    "best_matches",
    "best_of_both",
    "margins",
]

Margin = Literal["absolute", "distance", "ratio"]
"""What two sentences are held to be translations by; `absolute` is the cosine alone."""

MARGINS: tuple[Margin, ...] = get_args(Margin)

NEIGHBOURS = 4
"""k of the paper, of LASER and of XTREME."""

Best = tuple[Float32[np.ndarray, "..."], Int64[np.ndarray, "..."]]
"""The score and the row of each query's best match."""


def margins(
    cosines: Float32[np.ndarray, "N k"],
    of_queries: Float32[np.ndarray, "N 1"],
    of_keys: Float32[np.ndarray, "N k"],
    margin: Margin,
) -> Float32[np.ndarray, "N k"]:
    """The scores of pairs.

    Args:
        cosines: of each query and k keys.
        of_queries, of_keys: mean cosine of each with its k nearest on the other side.
        margin: which.

    Raises:
        ValueError: there is no such margin.

    Example: cosine 0.9, neighbourhoods 0.8 and 0.4, `ratio` → 0.9 / 0.6 = 1.5.
    """
    if margin == "absolute":
        return cosines
    level = (of_queries + of_keys) / 2
    if margin == "distance":
        return cosines - level
    if margin == "ratio":
        return cosines / level
    raise ValueError(f"margin {margin!r}: choose {', '.join(MARGINS)}.")


def best_matches(
    queries: Float32[np.ndarray, "N D"],
    keys: Float32[np.ndarray, "K D"],
    margin: Margin = "absolute",
    k: int = NEIGHBOURS,
) -> Int64[np.ndarray, " N"]:
    """The row of each query's best key: the nearest, or of its k nearest the one of best margin."""
    if margin == "absolute":
        return nearest(queries, keys)
    forth, back = neighbours_both_ways(queries, keys, k)
    return _best(forth, around(forth), around(back), margin)[1]


def best_of_both(forth: Found, back: Found, margin: Margin) -> tuple[Best, Best]:
    """Each sentence's best match on the other side, of both sides.

    Args:
        forth, back: the nearest of each side, see `neighbours_both_ways`.
        margin: which of them is the best.

    Returns:
        Scores and rows of the second side by row of the first, then the other way round; -inf and
        -1 where there is none.
    """
    of_first, of_second = around(forth), around(back)
    return _best(forth, of_first, of_second, margin), _best(back, of_second, of_first, margin)


def around(found: Found) -> Float32[np.ndarray, " N"]:
    """Mean cosine with the neighbours that there are."""
    cosines, rows = found
    there = rows >= 0
    count = np.maximum(there.sum(axis=1), 1).astype(np.float32)
    return np.where(there, cosines, 0).sum(axis=1) / count


def _best(
    found: Found,
    of_queries: Float32[np.ndarray, " N"],
    of_keys: Float32[np.ndarray, " K"],
    margin: Margin,
) -> Best:
    """Of each query's neighbours the one of best margin, and that margin."""
    cosines, rows = found
    there = rows >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = margins(np.where(there, cosines, 0), of_queries[:, None], of_keys[rows], margin)
    scores = np.where(there & np.isfinite(scores), scores, -np.inf).astype(np.float32)
    best = scores.argmax(axis=1)[:, None]
    score = np.take_along_axis(scores, best, axis=1)[:, 0]
    row = np.take_along_axis(rows, best, axis=1)[:, 0]
    return score, np.where(np.isfinite(score), row, -1)
