"""The neighbours of both sides, by an exact or an approximate search, chosen by size.

Letters: N, K sentences, D width, k neighbours.
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32

from erniem.tasks.retrieve.approximate import approximate_both_ways
from erniem.tasks.retrieve.nearest import Found, neighbours_both_ways

__all__ = ["EXACT_UP_TO", "SEARCHES", "Search", "search_both_ways", "search_for"]

Search = Literal["auto", "exact", "approximate"]
"""Names of the searches."""

SEARCHES: tuple[Search, ...] = get_args(Search)

EXACT_UP_TO = 10**12
"""Cosines for which `auto` is exact, a million sentences a side; docs/mining.md tells why."""


def search_for(search: Search, first: int, second: int) -> Literal["exact", "approximate"]:
    """The search of so many sentences with so many: what was asked for, `auto` by their product."""
    if search == "auto":
        return "exact" if first * second <= EXACT_UP_TO else "approximate"
    return search


def search_both_ways(
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "K D"],
    k: int,
    *,
    search: Search = "auto",
    progress: bool = False,
) -> tuple[Found, Found]:
    """The k nearest of `second` for each of `first`, and the other way round."""
    exact = search_for(search, len(first), len(second)) == "exact"
    find = neighbours_both_ways if exact else approximate_both_ways
    return find(first, second, k, progress=progress)
