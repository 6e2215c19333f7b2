"""Sentence vectors: the tokens of hidden layers, pooled; many ways in one pass.

```text
sentences ─▶ pieces ─longest first─▶ batches of like lengths ─layer by layer─▶ (T, D) ─pool─┐
                                                     (N, D) a way, in the order given ◀─────┘
```

Letters: N sentences, S sequences of a batch, T tokens of a batch, D width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from erniem.embed.rows import Rows, encoded, frame_of, in_batches
from erniem.embed.settings import Pooling, VectorSettings, layer_for
from erniem.packing import boundaries, within

__all__ = ["Layers", "batch_vectors", "vectors_of"]


@runtime_checkable
class Layers(Protocol):
    """A network that is run layer by layer, padded or not."""

    num_layers: int
    width: int
    limit: int
    """Tokens of a sequence at most."""
    padded: bool
    """Whether padding costs what tokens cost."""

    @property
    def at_once(self) -> int:
        """Tokens that are computed fastest together."""
        ...

    def states(self, rows: Rows) -> Iterator[Float[Tensor, "T D"]]:
        """Real tokens after each layer, the first layer first, in evaluation mode."""
        ...


def vectors_of(
    network: Layers,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    ways: Sequence[VectorSettings],
    *,
    progress: bool = False,
) -> list[Float32[np.ndarray, "N D"]]:
    """Vectors of the same sentences in several ways, from one pass through the network.

    Args:
        network: runs; layers above the highest that is asked for are not asked of it.
        tokenizer: frames a sentence, as `[CLS] A [SEP]` for most; of an empty one that is all.
        sentences: the text; longer sentences are cut at `max_length`.
        ways: layers and poolings; all else must be the same in all.
        progress: show a bar.

    Returns:
        Of each way one vector for each sentence, in the order given, not normalised.

    Raises:
        ValueError: a layer that the model does not have, ways with different texts.
    """
    settings = ways[0]
    if any(
        replace(way, layer=settings.layer, pooling=settings.pooling) != settings for way in ways
    ):
        raise ValueError("ways of one pass may differ in layer and pooling alone: make two passes.")
    layers = [layer_for(way.layer, network.num_layers) for way in ways]
    texts = [settings.prefix + text for text in sentences]
    rows = encoded(tokenizer, texts, min(settings.max_length, network.limit)).rows
    frame = frame_of(tokenizer)

    def make(some: Rows) -> list[Float32[np.ndarray, "S D"]]:
        return _in_ways(network, some, ways, layers, frame)

    found = [np.empty((len(rows), network.width), dtype=np.float32) for _ in ways]
    bar = tqdm(total=len(rows), desc="encoding", unit="sentence", disable=not progress)
    with bar, torch.no_grad():
        budget = settings.tokens_per_batch or network.at_once
        in_batches(rows, make, found, budget=budget, padded=network.padded, told=bar.update)
    return found


def _in_ways(
    network: Layers,
    rows: Rows,
    ways: Sequence[VectorSettings],
    layers: Sequence[int],
    frame: tuple[int, int],
) -> list[Float32[np.ndarray, "S D"]]:
    """Vectors of a batch in each way; no layer above the last of `layers` is run."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    made: dict[int, Float32[np.ndarray, "S D"]] = {}
    for layer, hidden in zip(range(max(layers) + 1), network.states(rows), strict=False):
        for place, way in enumerate(ways):
            if layers[place] == layer:
                made[place] = _pooled(hidden, lengths, way.pooling, frame).cpu().numpy()
    return [made[place] for place in range(len(ways))]


def batch_vectors(
    network: Layers, rows: Rows, settings: VectorSettings, frame: tuple[int, int]
) -> Float32[Tensor, "S D"]:
    """Vectors of one batch of encoded sentences, through which gradients flow.

    Args:
        network: runs, as far as the layer that is asked for.
        rows: pieces of the sentences, special ones too.
        settings: the layer and the pooling.
        frame: special tokens before and after a text, see `frame_of`.
    """
    layer = layer_for(settings.layer, network.num_layers)
    hidden = next(islice(network.states(rows), layer, None))
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    return _pooled(hidden, lengths, settings.pooling, frame)


def _pooled(
    hidden: Float[Tensor, "T D"],
    lengths: Int[np.ndarray, " S"],
    pooling: Pooling,
    frame: tuple[int, int],
) -> Float32[Tensor, "S D"]:
    """One vector for each sequence of a batch."""
    if pooling == "cls":
        return hidden[torch.from_numpy(boundaries(lengths)[:-1]).to(hidden.device)].float()
    if pooling == "mean_text":
        before, after = frame
        place, whole = within(lengths), np.repeat(lengths, lengths)
        empty = lengths <= before + after
        text = (place >= before) & (place < whole - after) | np.repeat(empty, lengths)
        hidden = hidden[torch.from_numpy(text).to(hidden.device)]
        lengths = np.where(empty, lengths, lengths - before - after)
    counts = torch.from_numpy(lengths).to(hidden.device)
    return torch.segment_reduce(hidden.float(), "mean", lengths=counts)
