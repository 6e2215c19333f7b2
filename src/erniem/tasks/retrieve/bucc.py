"""Mining: which sentences of two languages are translations, as XTREME does it for BUCC.

```text
vectors ─ each side's best match, by margin ─▶ candidates, best first ─ each sentence once ─▶ Mined
Mined of dev, gold ─▶ the threshold of best F1 ─▶ pairs of test that score at least so much
```

Source: Artetxe and Schwenk, 2019, section 3 (candidates from both directions, "max. score"), and
XTREME's utils_retrieve.py, which has the rules from LASER.

Letters: N, K sentences, D width, M mined pairs.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from erniem.embed import SentenceEncoder, VectorSettings
from erniem.tasks.retrieve.bucc_files import Bitext, Pair
from erniem.tasks.retrieve.candidates import Mined, pairs_of
from erniem.tasks.retrieve.margin import NEIGHBOURS, Margin, best_of_both
from erniem.tasks.retrieve.search import Search, search_both_ways

__all__ = ["Threshold", "best_threshold", "mine", "mine_bitext", "pairs_above"]


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """From which score on a pair is held to be a translation."""

    score: float
    """At least so much."""
    f1: float
    """That it gives on the pairs it was tuned on, in percent."""


def mine(
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "K D"],
    *,
    margin: Margin = "ratio",
    k: int = NEIGHBOURS,
    search: Search = "exact",
    progress: bool = False,
) -> Mined:
    """Mines pairs: each sentence's best match, of both sides; the best pairs first, none shared.

    Args:
        first, second: vectors of distinct sentences.
        margin: that pairs are scored by.
        k: neighbours that are looked at.
        search: see `search_both_ways`.
        progress: show bars.
    """
    forth, back = search_both_ways(first, second, k, search=search, progress=progress)
    return pairs_of(*best_of_both(forth, back, margin))


def mine_bitext(
    encoder: SentenceEncoder,
    bitext: Bitext,
    settings: VectorSettings,
    *,
    margin: Margin = "ratio",
    k: int = NEIGHBOURS,
    progress: bool = False,
) -> list[tuple[Pair, float]]:
    """Ids of mined pairs with their scores, best first.

    Of sentences with the same text the first stands for all, as its vector would stand in its own
    neighbourhood.
    """
    foreign, english = _by_text(bitext.foreign.items()), _by_text(bitext.english.items())
    vectors = encoder.vectors([*foreign, *english], settings, progress=progress)
    ones, others = list(foreign.values()), list(english.values())
    found = mine(vectors[: len(ones)], vectors[len(ones) :], margin=margin, k=k, progress=progress)
    return [
        ((ones[one], others[other]), float(score))
        for (one, other), score in zip(found.rows.tolist(), found.scores, strict=True)
    ]


def _by_text(sentences: Collection[tuple[str, str]]) -> dict[str, str]:
    """The first id of each text."""
    found: dict[str, str] = {}
    for name, text in sentences:
        found.setdefault(text, name)
    return found


def best_threshold(mined: list[tuple[Pair, float]], gold: Collection[Pair]) -> Threshold:
    """The threshold of best F1, half-way between the last pair that it takes and the next.

    Args:
        mined: pairs with scores, best first.
        gold: the pairs that are right.

    Raises:
        ValueError: nothing was mined, or there are no right pairs.

    Example: scores 3, 2, 1, of which the first two are right → 1.5.
    """
    if not mined or not gold:
        raise ValueError("no pairs to tune a threshold on: give a set with gold pairs.")
    scores = np.array([score for _, score in mined])
    right = np.cumsum([pair in gold for pair, _ in mined])
    taken = np.arange(1, len(mined) + 1)
    f1 = 2 * right / (taken + len(gold))
    f1[:-1][scores[:-1] == scores[1:]] = -1.0  # no threshold parts equal scores
    best = int(f1.argmax())
    after = scores[best + 1] if best + 1 < len(scores) else scores[best]
    return Threshold(score=float((scores[best] + after) / 2), f1=float(100 * f1[best]))


def pairs_above(mined: list[tuple[Pair, float]], threshold: float) -> list[Pair]:
    """The pairs that score at least so much, best first."""
    return [pair for pair, score in mined if score >= threshold]
