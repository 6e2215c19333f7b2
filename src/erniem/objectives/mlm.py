"""MMLM and TLM: holes replace tokens, and read everything in their sentence or pair.

```text
MMLM   [CLS] x1 M2 x3 [SEP]                       M2 reads all of it
TLM    [CLS] x1 M2 x3 [SEP] [SEP] y1 y2 M3 [SEP]  M2 and M3 read all of it
```

The paper, §3.2; XLM (Lample and Conneau, 2019) for TLM.
"""

import numpy as np
from jaxtyping import Bool, Float

from erniem.objectives.frame import (
    Batch,
    Frame,
    frame_pair,
    frame_single,
    pack,
    swap_sides,
)
from erniem.objectives.masking import LanguageTags, MaskingSettings, choose, corrupt, draw
from erniem.packing import Sentences, SpecialIds

__all__ = ["hide", "mmlm", "tlm"]


def mmlm(
    sentences: Sentences,
    settings: MaskingSettings,
    special: SpecialIds,
    rng: np.random.Generator,
    tags: LanguageTags = "placeholders",
    odds: Float[np.ndarray, "L V"] | None = None,
) -> Batch:
    """Multilingual masked language modelling: one sentence, holes replace tokens.

    Of `odds`, here and below, see `hole_odds`; without them every token is as likely to be a hole.
    """
    frame = frame_single(sentences, special)
    return hide(
        frame, ~frame.special, settings, special, rng, tags=tags, odds=odds, objective="mmlm"
    )


def tlm(
    first: Sentences,
    second: Sentences,
    settings: MaskingSettings,
    special: SpecialIds,
    rng: np.random.Generator,
    tags: LanguageTags = "placeholders",
    odds: Float[np.ndarray, "L V"] | None = None,
) -> Batch:
    """Translation language modelling: a sentence and its translation, holes on both sides.

    Which of the two comes first is drawn anew for each pair.
    """
    first, second = swap_sides(first, second, 0.5, rng)
    frame = frame_pair(first, second, special)
    return hide(
        frame, ~frame.special, settings, special, rng, tags=tags, odds=odds, objective="tlm"
    )


def hide(
    frame: Frame,
    eligible: Bool[np.ndarray, " T"],
    settings: MaskingSettings,
    special: SpecialIds,
    rng: np.random.Generator,
    *,
    tags: LanguageTags,
    odds: Float[np.ndarray, "L V"] | None,
    objective: str,
) -> Batch:
    """Replaces a share of the eligible tokens of every sequence by holes; everything is kept."""
    holes = choose(
        frame.sequence, eligible, settings.ratio, draw(frame.ids, frame.languages, odds, rng)
    )
    everything = np.ones(len(frame.ids), dtype=bool)
    shown = corrupt(frame.ids, holes, settings, special, rng)
    return Batch(
        objective=objective,
        pack=pack(frame, everything, shown, everything & (tags == "all")),
        holes=np.flatnonzero(holes),
        answers=frame.ids[holes],
    )
