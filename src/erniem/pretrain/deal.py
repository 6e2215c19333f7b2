"""The rows of a step dealt to its micro-batches, so that each gets as many tokens as any other.

Windows of every line alone would do it on average: each begins and ends within a sentence, and over
a hundred lines the ends add up, while all processes wait for the one with most. So the lines of an
objective are merged, in the order of what part of the step is over, and cut once:

```text
en   ─a──b───c─┐
sw   ────s─────┼─▶ merged   a b s c t … cut where the tokens of ⅓ and ⅔ of all are reached
el   ──t───────┘            what a cut is ahead of its place, the next objective's makes up
```

Letters: n rows, M micro-batches.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

__all__ = ["HAND", "deal", "hand_of"]

HAND = 64
"""Micro-batches dealt at once, at most: of more, each process would look at more than it needs."""


def hand_of(number: int, per_step: int) -> range:
    """The micro-batches that are dealt together with `number`, all of one step.

    Example: `hand_of(130, 100)` → 100 to 163, the first hand of step 1.
    """
    step, place = divmod(number, per_step)
    first = step * per_step + place // HAND * HAND
    return range(first, min(first + HAND, (step + 1) * per_step))


def deal(
    lengths: Sequence[Int[np.ndarray, " _"]],
    when: Sequence[Float[np.ndarray, " _"]],
    ahead: Float[np.ndarray, " M"],
) -> tuple[list[Int[np.ndarray, " _"]], Float[np.ndarray, " M"]]:
    """Which micro-batch gets each row of an objective.

    Args:
        lengths: tokens of the rows of each line.
        when: the part of the step that is over as each begins, 0 to 1.
        ahead: tokens that the micro-batches up to each one have had too many so far.

    Returns:
        The micro-batch of each row, from 0, and `ahead` with these rows.

    Example: one line of lengths [4, 4, 2, 6], two micro-batches, none ahead → [0, 0, 1, 1], [0, 0].
    """
    parts, tokens = len(ahead), np.concatenate(lengths)
    order = np.argsort(np.concatenate(when), kind="stable")
    reached = np.cumsum(tokens[order])
    whole = int(reached[-1]) if len(reached) else 0
    due = whole * np.arange(1, parts + 1) / parts
    cuts = np.maximum.accumulate((due - ahead)[:-1])
    owner = np.empty(len(tokens), dtype=np.int64)
    owner[order] = cuts.searchsorted(reached - tokens[order] / 2)
    given = np.cumsum(np.bincount(owner, tokens, minlength=parts))
    edges = np.cumsum([len(line) for line in lengths])[:-1]
    return np.split(owner, edges), ahead + given - due
