"""Vectors of two sentences' words in, how well each two of them fit out.

Letters: M words of the first sentence, N of the second, D width.
"""

import numpy as np
from jaxtyping import Float

__all__ = ["aligned_pairs", "soft_alignment"]

TEMPERATURE = 0.1
"""Of the softmax over cosines, which lie between -1 and 1."""


def soft_alignment(
    first: Float[np.ndarray, "M D"],
    second: Float[np.ndarray, "N D"],
    temperature: float = TEMPERATURE,
) -> Float[np.ndarray, "M N"]:
    """How much each word of a sentence is each word of the other, from 0 to 1.

    Cosines, a softmax over the words of the second sentence and one over those of the first, and
    the geometric mean of both: high only where two words choose each other. What all words share,
    their mean, is taken off first; else the cosines of some encoders all lie near one.

    Source: cosines of a middle layer, Jalili Sabet et al., SimAlign, EMNLP Findings 2020; a softmax
    both ways, Dou and Neubig, Word Alignment by Fine-tuning Embeddings, EACL 2021. The mean taken
    off, and the geometric mean, are ours.

    Args:
        first, second: a vector for each word.
        temperature: the lower, the more a word keeps to one other.
    """
    if not len(first) or not len(second):
        return np.zeros((len(first), len(second)))
    middle = np.concatenate([first, second]).mean(axis=0)
    logits = _unit(first - middle) @ _unit(second - middle).T / temperature
    return np.sqrt(_softmax(logits, axis=1) * _softmax(logits, axis=0))


def aligned_pairs(scores: Float[np.ndarray, "M N"]) -> tuple[tuple[int, int], ...]:
    """Words that are each other's best (SimAlign's `argmax`)."""
    if not scores.size:
        return ()
    best = scores.argmax(axis=1)
    back = scores.argmax(axis=0)
    return tuple((one, int(other)) for one, other in enumerate(best) if back[other] == one)


def _unit(vectors: Float[np.ndarray, "n D"]) -> Float[np.ndarray, "n D"]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def _softmax(logits: Float[np.ndarray, "M N"], axis: int) -> Float[np.ndarray, "M N"]:
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)
