"""Which tokens become holes, and what stands in a hole."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from erniem.packing import SpecialIds

__all__ = ["LanguageTags", "MaskingSettings", "choose", "corrupt", "draw", "hole_odds"]

LanguageTags = Literal["placeholders", "all"]
"""Which tokens carry a language id: the placeholders of CAMLM and BTMLM alone, so that plain text
needs none and released checkpoints stay as they are, or every token, as the paper draws it."""


RAREST = 1e-6
"""A piece counts as at least so frequent in its language, or a slip would always be asked for."""


@dataclass(frozen=True, kw_only=True)
class MaskingSettings:
    """How holes replace tokens in MMLM, TLM and the learning half of BTMLM."""

    ratio: float = 0.15
    """Share of a sentence's pieces that become holes, at least one (BERT, §3.1)."""
    mask_share: float = 0.8
    """Share of the holes that show [MASK] (BERT)."""
    random_share: float = 0.1
    """Share of the holes that show a random piece; the rest show the piece itself (BERT)."""

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise ValueError(f"ratio is {self.ratio}; it must be above 0 and at most 1.")
        if self.mask_share < 0 or self.random_share < 0 or self.mask_share + self.random_share > 1:
            raise ValueError(
                f"mask_share {self.mask_share} and random_share {self.random_share} must be shares "
                "of one whole: neither negative, their sum at most 1."
            )


def choose(
    group: Int[np.ndarray, " T"],
    eligible: Bool[np.ndarray, " T"],
    ratio: float,
    keys: Float[np.ndarray, " T"],
) -> Bool[np.ndarray, " T"]:
    """Chooses in every group the share `ratio` of its eligible tokens, those with the lowest keys.

    At least one token of a group is chosen if any is eligible.

    Args:
        group: ascending number of the group (sequence, or sequence and side) of each token.
        eligible: tokens that may be chosen.
        ratio: share of the eligible tokens, rounded to the nearest number.
        keys: random numbers for a random choice; a negated confidence for the most confident.
    """
    places = np.flatnonzero(eligible)
    order = places[np.lexsort((keys[places], group[places]))]
    counts = np.bincount(group[order])
    quota = np.where(counts > 0, np.maximum(1, np.rint(counts * ratio)), 0)
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(order)) - starts[group[order]]
    chosen = np.zeros(len(eligible), dtype=bool)
    chosen[order[rank < quota[group[order]]]] = True
    return chosen


def hole_odds(counts: Int[np.ndarray, "L V"], power: float) -> Float[np.ndarray, "L V"]:
    """The odds with which a piece of a language becomes a hole: 1 / frequency^power.

    With power 0.5 as XLM draws its holes (Lample and Conneau, 2019, §3.3): a comma is asked for
    seldom, a name often, and answers tell more of what a sentence says.

    Args:
        counts: how often each language's text has each piece.
        power: 0 for the same odds everywhere.

    Example: a piece at 4 %, one at 1 %, power 0.5 → odds 5 and 10.
    """
    frequency = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    return np.maximum(frequency, RAREST) ** -power


def draw(
    ids: Int[np.ndarray, " T"],
    languages: Int[np.ndarray, " T"],
    odds: Float[np.ndarray, "L V"] | None,
    rng: np.random.Generator,
) -> Float[np.ndarray, " T"]:
    """Random keys for `choose`: without odds every token is as likely as any other.

    With odds, tokens are drawn one after the other, each time with these odds among those left
    (Efraimidis and Spirakis, 2006: the lowest of exponential times).

    Args:
        ids: the pieces.
        languages: language id of each.
        odds: by language id and piece.
        rng: the dice.
    """
    if odds is None:
        return rng.random(len(ids))
    return rng.exponential(size=len(ids)) / odds[languages, ids]


def corrupt(
    ids: Int[np.ndarray, " T"],
    holes: Bool[np.ndarray, " T"],
    settings: MaskingSettings,
    special: SpecialIds,
    rng: np.random.Generator,
) -> Int[np.ndarray, " T"]:
    """What the network sees: [MASK], a random piece or the piece itself (80/10/10)."""
    places = np.flatnonzero(holes)
    dice = rng.random(len(places))
    shown = ids.copy()
    shown[places[dice < settings.mask_share]] = special.mask
    drawn = (dice >= settings.mask_share) & (dice < settings.mask_share + settings.random_share)
    shown[places[drawn]] = rng.choice(special.ordinary, size=int(drawn.sum()))
    return shown
