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

from erniem.embed.settings import Pooling, VectorSettings, layer_for
from erniem.packing import boundaries, within

__all__ = ["Layers", "batch_vectors", "frame_of", "vectors_of"]

Rows = list[list[int]]
"""Pieces of sentences, special ones too."""


@runtime_checkable
class Layers(Protocol):
    """A network that is run layer by layer, padded or not."""

    num_layers: int
    width: int
    limit: int
    """Tokens of a sequence at most."""
    padded: bool
    """Whether padding costs what tokens cost."""

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
    rows = _pieces(tokenizer, [settings.prefix + text for text in sentences], settings, network)
    frame = frame_of(tokenizer)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    found = [np.empty((len(rows), network.width), dtype=np.float32) for _ in ways]
    bar = tqdm(total=len(rows), desc="encoding", unit="sentence", disable=not progress)
    with bar, torch.no_grad():
        for batch in _batches(lengths, settings.tokens_per_batch, padded=network.padded):
            states = network.states([rows[row] for row in batch])
            for layer, hidden in zip(range(max(layers) + 1), states, strict=False):
                for place, way in enumerate(ways):
                    if layers[place] == layer:
                        pooled = _pooled(hidden, lengths[batch], way.pooling, frame)
                        found[place][batch] = pooled.cpu().numpy()
            bar.update(len(batch))
    return found


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


def _pieces(
    tokenizer: PreTrainedTokenizerFast,
    texts: list[str],
    settings: VectorSettings,
    network: Layers,
) -> Rows:
    if not texts:
        return []
    return tokenizer(
        texts,
        truncation=True,
        max_length=min(settings.max_length, network.limit),
        return_attention_mask=False,
        verbose=False,
    ).input_ids


def frame_of(tokenizer: PreTrainedTokenizerFast) -> tuple[int, int]:
    """Special tokens before and after a text."""
    special = tokenizer("a", return_special_tokens_mask=True).special_tokens_mask
    text = [place for place, one in enumerate(special) if not one]
    return text[0], len(special) - 1 - text[-1]


def _batches(
    lengths: Int[np.ndarray, " N"], budget: int, *, padded: bool
) -> Iterator[Int[np.ndarray, " S"]]:
    """Numbers of the sentences of each batch, longest first."""
    order = np.argsort(-lengths, kind="stable")
    starts = boundaries(lengths[order])
    first = 0
    while first < len(order):
        if padded:
            fitting = first + budget // int(lengths[order[first]])
        else:
            fitting = int(np.searchsorted(starts, starts[first] + budget, side="right")) - 1
        last = max(first + 1, fitting)
        yield order[first:last]
        first = last


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
