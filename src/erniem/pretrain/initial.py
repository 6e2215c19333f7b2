"""Initial weights of an encoder that starts from nothing: one that at first repeats what it reads.

With random weights a small encoder spends its first millions of tokens on how frequent pieces are,
and aligns nothing (docs/log.md). Here attention starts as a plain mean of what it reads, and the
head as the table of pieces turned round, so a hole at first guesses the pieces that it reads. Names
and numbers are right at once, and what is wrong pulls the rows of a word and of its translation
together, as in word2vec's skip-grams (Mikolov et al., 2013), instead of waiting for the layers.
"""

import numpy as np
import torch
from jaxtyping import Int
from torch import nn

from erniem.model.encoder import Layer
from erniem.model.heads import ErnieMForMaskedLM

__all__ = ["start_repeating"]

SCORES = 0.3
"""Queries and keys, times their random weights: nearly even attention, and not quite."""
FEED_FORWARD = 0.1
"""The feed-forward layer's output, times its random weights: a whisper beside what passes by."""


@torch.no_grad()
def start_repeating(model: ErnieMForMaskedLM, counts: Int[np.ndarray, "L V"]) -> None:
    """Gives a model with random weights those of an encoder that repeats what it reads, in place.

    Values, attention's output and the head's dense layer become the identity, queries, keys and
    the feed-forward output small, the decoder's bias the log frequency of the pieces.

    Args:
        model: fresh from its configuration.
        counts: how often each language's text has each piece, `Corpus.piece_counts`.
    """
    for layer in model.ernie_m.encoder.layers:
        assert isinstance(layer, Layer)
        attention = layer.self_attn
        for one in (attention.v_proj, attention.out_proj):
            nn.init.eye_(one.weight)
        for one in (attention.q_proj, attention.k_proj):
            one.weight.mul_(SCORES)
        layer.linear2.weight.mul_(FEED_FORWARD)
    nn.init.eye_(model.lm_head.dense.weight)
    frequency = torch.from_numpy(counts.sum(axis=0) + 1.0)
    model.lm_head.decoder.bias.copy_((frequency / frequency.sum()).log())
