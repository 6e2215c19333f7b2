"""CAMLM: placeholders are added for chosen tokens, and read only the other sentence.

A pair becomes two ordinary sequences, each with plain attention inside and nothing across:

```text
pair      [CLS] x1 x2 x3 [SEP] [SEP] y1 y2 y3 y4 [SEP]      chosen: x2, y2, y3
positions    0   1  2  3    4     5   6  7  8  9    10

first     [CLS] x1 x2 x3 [SEP]          M7 M8                M7, M8 read x1 x2 x3 and each other
second    [CLS]    M2             y1 y2 y3 y4 [SEP]          M2 reads y1 y2 y3 y4
```

The paper, §3.2 and figure 1. Each placeholder reads exactly what the figure draws, and nothing
leaks through further layers, because no token that it reads can ever read its own sentence.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from erniem.objectives.frame import (
    FIRST,
    SECOND,
    Batch,
    Frame,
    frame_pair,
    pack,
    swap_sides,
)
from erniem.objectives.masking import LanguageTags, choose, draw
from erniem.packing import Pack, Sentences, SpecialIds, boundaries

__all__ = ["CAMLMSettings", "PlaceholderSettings", "camlm", "place_holders"]


@dataclass(frozen=True, kw_only=True)
class PlaceholderSettings:
    """The form of a question by placeholders, the same in CAMLM and in BTMLM's asking pass."""

    frame: Literal["source", "pair"] = "source"
    """Who owns the special tokens: the read sentence alone, `[CLS] x [SEP] M M`, as in plain text;
    or the whole pair, `[CLS] x [SEP] [SEP] M M [SEP]`, as in TLM."""
    positions: Literal["drawn", "source_first"] = "drawn"
    """Positions of the second sequence: running on over the pair, as the paper draws them; or with
    the read sentence first, where plain text has it."""


@dataclass(frozen=True, kw_only=True)
class CAMLMSettings:
    """What the paper leaves open in CAMLM."""

    ratio: float = 0.4
    """Share of each sentence's pieces that get a placeholder, at least one. More than MLM's 15 %,
    since a placeholder is added and takes no context away."""

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise ValueError(f"ratio is {self.ratio}; it must be above 0 and at most 1.")


def camlm(
    first: Sentences,
    second: Sentences,
    settings: CAMLMSettings,
    form: PlaceholderSettings,
    special: SpecialIds,
    rng: np.random.Generator,
    tags: LanguageTags = "placeholders",
    odds: Float[np.ndarray, "L V"] | None = None,
) -> Batch:
    """Cross-attention masked language modelling: two sequences a pair, see the module.

    Which sentence of a pair comes first is drawn anew for each pair.
    """
    first, second = swap_sides(first, second, 0.5, rng)
    frame = frame_pair(first, second, special)
    group = 3 * frame.sequence + frame.side
    by_group = np.argsort(group, kind="stable")
    keys = draw(frame.ids[by_group], frame.languages[by_group], odds, rng)
    chosen = np.zeros(len(group), dtype=bool)
    chosen[by_group] = choose(group[by_group], ~frame.special[by_group], settings.ratio, keys)
    halves = [
        place_holders(frame, chosen, FIRST, form, special, tags),
        place_holders(frame, chosen, SECOND, form, special, tags),
    ]
    return _end_to_end(halves)


def place_holders(
    frame: Frame,
    chosen: Bool[np.ndarray, " T"],
    read: int,
    form: PlaceholderSettings,
    special: SpecialIds,
    tags: LanguageTags,
) -> Batch:
    """One sentence of each pair in full, and placeholders for the chosen tokens of the other.

    Args:
        frame: the pairs.
        chosen: tokens that get a placeholder, on either side.
        read: the side that can be read, 1 or 2; the other one's real tokens are left out.
        form: who owns the special tokens, and positions.
    """
    holes = chosen & (frame.side != read)
    owned = frame.special & ((frame.positions == 0) | (form.frame == "pair"))
    keep = owned | (frame.side == read) | holes
    if form.positions == "source_first" and read == SECOND:
        frame = _second_first(frame)
    shown = np.where(holes, special.mask, frame.ids)
    return Batch(
        objective="camlm",
        pack=pack(frame, keep, shown, holes | (tags == "all")),
        holes=np.flatnonzero(holes[keep]),
        answers=frame.ids[holes],
    )


def _second_first(frame: Frame) -> Frame:
    """The positions that the tokens would have if the second sentence came first."""
    first, second = frame.length(FIRST), frame.length(SECOND)
    moved = np.select(
        [frame.side == SECOND, frame.side == FIRST, frame.positions > 0],
        [frame.positions - first - 2, frame.positions + second + 2, second + 2],
        frame.positions,
    )
    return replace(frame, positions=moved)


def _end_to_end(halves: list[Batch]) -> Batch:
    """The two sequences of all pairs as one batch, all first ones before all second ones."""
    packs = [half.pack for half in halves]
    offset = len(packs[0].input_ids)
    return Batch(
        objective="camlm",
        pack=Pack(
            input_ids=np.concatenate([one.input_ids for one in packs]),
            position_ids=np.concatenate([one.position_ids for one in packs]),
            language_ids=np.concatenate([one.language_ids for one in packs]),
            cu_seqlens=boundaries(np.concatenate([one.lengths for one in packs])),
        ),
        holes=np.concatenate([halves[0].holes, halves[1].holes + offset]),
        answers=np.concatenate([half.answers for half in halves]),
    )
