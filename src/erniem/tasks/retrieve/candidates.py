"""Which pairs are taken, of the best matches of both sides: the strategies of mining.

```text
forward        each first sentence and its best match
backward       each second sentence and its best match
intersection   two sentences that are each other's best match
max            forward and backward together, best first, each sentence once
```

Source: Artetxe and Schwenk, 2019, section 3 ("forward", "backward", "intersection", "max. score").

Letters: N, K sentences, M pairs.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32, Int64

from erniem.tasks.retrieve.margin import Best

__all__ = ["CANDIDATES", "Candidates", "Mined", "pairs_of"]

Candidates = Literal["forward", "backward", "intersection", "max"]
"""Names of the strategies."""

CANDIDATES: tuple[Candidates, ...] = get_args(Candidates)


@dataclass(frozen=True, kw_only=True)
class Mined:
    """Pairs of rows, best first."""

    rows: Int64[np.ndarray, "M 2"]
    """Of the first and of the second side."""
    scores: Float32[np.ndarray, " M"]
    """Their margins."""


def pairs_of(
    forth: Best, back: Best, candidates: Candidates = "max", *, shared: bool = False
) -> Mined:
    """The pairs of a strategy, best first.

    Args:
        forth, back: the best match of each sentence, of both sides.
        candidates: the strategy.
        shared: let a sentence be the best match of several, which `forward` and `backward` can.

    Raises:
        ValueError: `shared` with a strategy in which each sentence is in one pair.

    Example: forth 0 → 0 and 1 → 0, back 0 → 1: `forward` (0, 0) or (1, 0), whichever is better,
    and both if `shared`; `intersection` (1, 0).
    """
    if shared and candidates not in ("forward", "backward"):
        raise ValueError(f"{candidates} has each sentence once: shared is for forward, backward.")
    forward = np.stack([np.arange(len(forth[1])), forth[1]], axis=1)
    backward = np.stack([back[1], np.arange(len(back[1]))], axis=1)
    rows, scores = {
        "forward": (forward, forth[0]),
        "backward": (backward, back[0]),
        "intersection": _agreed(forward, forth[0], back[1]),
        "max": (np.concatenate([forward, backward]), np.concatenate([forth[0], back[0]])),
    }[candidates]
    there = (rows >= 0).all(axis=1)
    order = np.argsort(-scores[there], kind="stable")
    rows, scores = rows[there][order], scores[there][order]
    kept = slice(None) if shared else _unshared(rows)
    return Mined(rows=rows[kept], scores=scores[kept])


def _agreed(
    forward: Int64[np.ndarray, "N 2"], scores: Float32[np.ndarray, " N"], back: np.ndarray
) -> tuple[Int64[np.ndarray, "M 2"], Float32[np.ndarray, " M"]]:
    """The forward pairs that are backward pairs too."""
    there = forward[:, 1] >= 0
    forward, scores = forward[there], scores[there]
    agree = back[forward[:, 1]] == forward[:, 0]
    return forward[agree], scores[agree]


def _unshared(rows: Int64[np.ndarray, "M 2"]) -> Int64[np.ndarray, " _"]:
    """Places of pairs with no row that an earlier kept pair has."""
    ones: set[int] = set()
    others: set[int] = set()
    kept = []
    for place, (one, other) in enumerate(rows.tolist()):
        if one not in ones and other not in others:
            ones.add(one)
            others.add(other)
            kept.append(place)
    return np.array(kept, dtype=np.int64)
