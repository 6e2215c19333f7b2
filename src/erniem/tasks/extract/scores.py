"""Scores: the probability of every token as a first and as a last one, over packs.

PaddleNLP's UIE-M reads no attention mask. So it was trained, and is run, with [CLS] hidden from all
tokens (the mask it makes for itself hides id 0) and with [PAD] shown, up to the full length. All
[PAD]s of a sequence have the same position and see the same, so they are the same vector in every
layer, and n of them weigh in a softmax as one does whose score is greater by log n:

```text
PaddleNLP     [CLS] a b c [PAD] [PAD] [PAD]      nothing sees [CLS], everything sees [PAD]
packed here         a b c [PAD]                  + log 3 on the score of [PAD]: the same numbers
```

Letters: N sequences, S sequences of a pack, T tokens of a pack, L tokens of a sequence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor
from tqdm import tqdm

from erniem.model.attention import Group, Layout, layout_of
from erniem.model.heads import ErnieMForInformationExtraction
from erniem.packing import boundaries

__all__ = ["Attention", "Scores", "score"]

Attention = Literal["uie-m", "plain"]
"""What a token sees. `uie-m`: as UIE-M was trained, all but [CLS], and [PAD] up to the full length.
`plain`: its own sequence, for heads that were trained on packs or with a mask."""

Scores = tuple[Float32[np.ndarray, " L"], Float32[np.ndarray, " L"]]
"""Probabilities as a first and as a last token."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The sequences of one pack as the model is to read them."""

    ids: list[list[int]]
    positions: list[list[int]]
    weights: list[list[float]]
    """How many tokens each stands for."""


def score(
    model: ErnieMForInformationExtraction,
    sequences: Sequence[Sequence[int]],
    *,
    attention: Attention,
    full_length: int,
    batch_tokens: int,
    progress: bool = False,
) -> list[Scores]:
    """Start and end probabilities of every token, in the order given.

    Args:
        model: in evaluation mode, on any device.
        sequences: ids with their special tokens, [CLS] first, each of at most `full_length`.
        attention: what a token sees.
        full_length: to which PaddleNLP would pad.
        batch_tokens: of a pack at most; a longer sequence is a pack of its own.
        progress: show a bar.

    Raises:
        ValueError: probabilities that are no numbers.

    Example: sequences of 7 and of 5 tokens → `[(start (7,), end (7,)), (start (5,), end (5,))]`;
    with `attention="uie-m"` those of [CLS] are 0.
    """
    scores: list[Scores | None] = [None] * len(sequences)
    one_for_all = model.config._attn_implementation == "sdpa"
    padded = attention == "uie-m" and not one_for_all
    lengths = np.array([full_length if padded else len(row) for row in sequences], dtype=np.int64)
    bar = tqdm(total=len(sequences), desc="extracting", unit="window", disable=not progress)
    with bar, torch.no_grad():
        for batch in _batches(lengths, batch_tokens):
            chosen = [sequences[number] for number in batch]
            if attention == "plain":
                rows = _plain(chosen)
            else:
                rows = _as_trained(chosen, full_length, model.config.pad_token_id, one_for_all)
            hidden = 1 if attention == "uie-m" else 0
            for number, found in zip(batch, _probabilities(model, rows), strict=True):
                real = len(sequences[number]) - hidden
                first, last = (np.pad(one[:real], (hidden, 0)) for one in found)
                scores[number] = first, last
            bar.update(len(batch))
    return [one for one in scores if one is not None]


def _batches(lengths: Int[np.ndarray, " N"], budget: int) -> Iterator[list[int]]:
    """Numbers of the sequences of each pack, longest first."""
    batch: list[int] = []
    total = 0
    for number in np.argsort(-lengths, kind="stable").tolist():
        if batch and total + lengths[number] > budget:
            yield batch
            batch, total = [], 0
        batch.append(number)
        total += int(lengths[number])
    if batch:
        yield batch


def _plain(sequences: Sequence[Sequence[int]]) -> Rows:
    return Rows(
        ids=[list(row) for row in sequences],
        positions=[list(range(len(row))) for row in sequences],
        weights=[[1.0] * len(row) for row in sequences],
    )


def _as_trained(
    sequences: Sequence[Sequence[int]], full_length: int, pad: int, one_for_all: bool
) -> Rows:
    """Without [CLS], and with all the padding, or one [PAD] in the place of all; at position 0."""
    ids, positions, weights = [], [], []
    for row in sequences:
        missing = full_length - len(row)
        places = min(missing, 1) if one_for_all else missing
        ids.append([*row[1:], *[pad] * places])
        positions.append([*range(1, len(row)), *[0] * places])
        weights.append([1.0] * (len(row) - 1) + [missing / max(places, 1)] * places)
    return Rows(ids=ids, positions=positions, weights=weights)


def _probabilities(model: ErnieMForInformationExtraction, rows: Rows) -> list[Scores]:
    """Of the sequences of one pack."""
    encoder, device = model.ernie_m, model.device
    bounds = boundaries(np.array([len(row) for row in rows.ids], dtype=np.int64))
    ids, positions, weights = (
        torch.tensor([one for row in values for one in row], device=device)
        for values in (rows.ids, rows.positions, rows.weights)
    )
    layout = layout_of(torch.from_numpy(bounds).to(device), encoder.config._attn_implementation)
    if bool((weights != 1).any()):
        layout = _weighted(layout, weights.log().to(encoder.dtype))
    hidden = encoder.embeddings(encoder.embeddings.word_embeddings(ids), positions, None)
    for layer in encoder.encoder.layers:
        hidden = layer(hidden, layout)
    both = [
        head(hidden).squeeze(-1).float().sigmoid().cpu().numpy()
        for head in (model.linear_start, model.linear_end)
    ]
    if not all(np.isfinite(one).all() for one in both):
        raise ValueError(
            "the model's probabilities are not numbers (NaN): its weights are damaged, or too "
            "large for their precision; try float32."
        )
    starts, ends = (np.split(one, bounds[1:-1]) for one in both)
    return list(zip(starts, ends, strict=True))


def _weighted(layout: Layout, logarithms: Float[Tensor, " T"]) -> Layout:
    """The same layout, where a token's score is greater by the logarithm of its weight."""
    return replace(layout, groups=tuple(_biased(group, logarithms) for group in layout.groups))


def _biased(group: Group, logarithms: Float[Tensor, " T"]) -> Group:
    assert group.tokens is not None, "packs are laid out by place"
    bias = logarithms[group.tokens][:, None, None]
    if group.mask is not None:
        bias = bias.masked_fill(~group.mask, -torch.inf)
    return replace(group, mask=bias)
