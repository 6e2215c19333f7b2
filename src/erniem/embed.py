"""Sentence vectors: the tokens of one hidden layer, pooled.

```text
sentences ─▶ pieces ─longest first─▶ packs of like lengths ─layers─▶ (T, D) ─pool─▶ (S, D) ─┐
                                                              (N, D), in the order given ◀──┘
```

Letters: N sentences, S sequences of a pack, T tokens of a pack, D width.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from erniem.model.attention import layout_of
from erniem.model.encoder import ErnieMModel
from erniem.model.heads import ErnieMForMaskedLM
from erniem.packing import boundaries, within

__all__ = ["Pooling", "VectorSettings", "layer_for", "sentence_vectors"]

Pooling = Literal["mean", "cls", "mean_text"]


@dataclass(frozen=True, kw_only=True)
class VectorSettings:
    """How a sentence becomes a vector; the defaults are XTREME's for retrieval."""

    layer: int | None = None
    """Output of this layer, counted from 0, the embeddings not counted; None: see `layer_for`."""
    pooling: Pooling = "mean"
    """`mean` over all tokens, [CLS] and [SEP] too (XTREME's Tatoeba), `mean_text` over the text
    alone, `cls` the first token (XTREME's BUCC). Of an empty sentence, `mean_text` is `mean`."""
    tokens_per_batch: int = 8192
    """Tokens of a pack at most; a longer sentence is a pack of its own."""
    max_length: int = 512
    """Tokens of a sentence at most, special ones counted; the model's own limit if that is less."""

    def __post_init__(self) -> None:
        if self.pooling not in get_args(Pooling):
            raise ValueError(f"pooling {self.pooling!r}: choose {', '.join(get_args(Pooling))}.")
        if self.layer is not None and self.layer < 0:
            raise ValueError(f"layer {self.layer}: count from 0, the first layer's output.")
        if self.max_length < 3:
            raise ValueError(f"max_length {self.max_length}: [CLS], [SEP] and a piece take three.")
        if self.tokens_per_batch < 1:
            raise ValueError(f"tokens_per_batch {self.tokens_per_batch}: give at least 1.")


def layer_for(layer: int | None, num_layers: int) -> int:
    """The layer asked for, or the one just past the middle: `num_layers // 2 + 1`.

    That is XTREME's choice of 7 for 12 layers and 13 for 24, and at most the last one.

    Raises:
        ValueError: a layer that the model does not have.
    """
    if layer is None:
        return min(num_layers // 2 + 1, num_layers - 1)
    if layer >= num_layers:
        raise ValueError(f"layer {layer}: this model has 0 to {num_layers - 1}.")
    return layer


def sentence_vectors(
    model: ErnieMModel | ErnieMForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    settings: VectorSettings,
    *,
    progress: bool = False,
) -> Float32[np.ndarray, "N D"]:
    """One vector for each sentence, in the order given, not normalised.

    Runs on the model's device, without dropout and without gradient, and computes neither the
    layers above the one that is asked for, nor a head, nor padding.

    Args:
        model: the encoder, with or without the masked-LM head.
        tokenizer: frames a sentence as `[CLS] A [SEP]`; an empty sentence is the frame alone.
        sentences: the text; longer sentences are cut at `settings.max_length`.
        settings: the layer, the pooling and the size of a pack.
        progress: show a bar.

    Raises:
        ValueError: a layer that the model does not have.

    Example: `sentence_vectors(model, tokenizer, ["Hallo", ""], VectorSettings())` → `(2, D)`.
    """
    encoder = model.base_model
    assert isinstance(encoder, ErnieMModel)
    layers = layer_for(settings.layer, encoder.config.num_hidden_layers) + 1
    limit = min(settings.max_length, encoder.config.longest_sequence)
    pieces = _pieces(tokenizer, sentences, limit)
    lengths = np.array([len(row) for row in pieces], dtype=np.int64)
    vectors = np.empty((len(pieces), encoder.config.hidden_size), dtype=np.float32)
    bar = tqdm(total=len(pieces), desc="encoding", unit="sentence", disable=not progress)
    with bar, torch.no_grad(), _evaluating(encoder):
        for batch in _batches(lengths, settings.tokens_per_batch):
            ids = torch.tensor([piece for row in batch for piece in pieces[row]])
            hidden = _hidden(encoder, ids, lengths[batch], layers)
            vectors[batch] = _pooled(hidden, lengths[batch], settings.pooling).cpu().numpy()
            bar.update(len(batch))
    return vectors


def _pieces(
    tokenizer: PreTrainedTokenizerFast, sentences: Sequence[str], limit: int
) -> list[list[int]]:
    if not sentences:
        return []
    return tokenizer(
        list(sentences),
        truncation=True,
        max_length=limit,
        return_attention_mask=False,
        verbose=False,
    ).input_ids


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """No dropout inside; afterwards every part is in the mode it was in."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


def _batches(lengths: Int[np.ndarray, " N"], budget: int) -> Iterator[Int[np.ndarray, " S"]]:
    """Numbers of the sentences of each pack, longest first."""
    order = np.argsort(-lengths, kind="stable")
    starts = boundaries(lengths[order])
    first = 0
    while first < len(order):
        fitting = int(np.searchsorted(starts, starts[first] + budget, side="right")) - 1
        last = max(first + 1, fitting)
        yield order[first:last]
        first = last


def _hidden(
    encoder: ErnieMModel, ids: Int[Tensor, " T"], lengths: Int[np.ndarray, " S"], layers: int
) -> Float[Tensor, "T D"]:
    """What the first `layers` layers make of a pack."""
    device = encoder.device
    words = encoder.embeddings.word_embeddings(ids.to(device))
    positions = torch.from_numpy(within(lengths)).to(device)
    bounds = torch.from_numpy(boundaries(lengths)).to(device)
    layout = layout_of(bounds, encoder.config._attn_implementation)
    hidden = encoder.embeddings(words, positions, None)
    for layer in encoder.encoder.layers[:layers]:
        hidden = layer(hidden, layout)
    return hidden


def _pooled(
    hidden: Float[Tensor, "T D"], lengths: Int[np.ndarray, " S"], pooling: Pooling
) -> Float32[Tensor, "S D"]:
    """One vector for each sequence of a pack."""
    if pooling == "cls":
        return hidden[torch.from_numpy(boundaries(lengths)[:-1]).to(hidden.device)].float()
    if pooling == "mean_text":
        place, whole = within(lengths), np.repeat(lengths, lengths)
        text = (place > 0) & (place < whole - 1) | (whole <= 2)
        hidden = hidden[torch.from_numpy(text).to(hidden.device)]
        lengths = np.where(lengths > 2, lengths - 2, lengths)
    counts = torch.from_numpy(lengths).to(hidden.device)
    return torch.segment_reduce(hidden.float(), "mean", lengths=counts)
