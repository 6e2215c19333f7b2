"""Two sentences in, their words and how well each two fit out.

```text
two sentences ─▶ pieces ─encoder, a middle layer─▶ vectors ─mean─▶ words ─both ways─▶ scores
```

Letters: M words of the first sentence, N of the second, T tokens of both, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from jaxtyping import Float

from erniem.embed import SentenceEncoder, layer_for
from erniem.tasks.align.soft import aligned_pairs, soft_alignment
from erniem.tokenization.written_words import Word, words_of

__all__ = ["Alignment", "align"]


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """Two sentences, word by word."""

    first: tuple[str, ...]
    """Words of the first sentence."""
    second: tuple[str, ...]
    """Words of the second."""
    scores: Float[np.ndarray, "M N"]
    """How well each two fit, from 0 to 1; see `soft_alignment`."""
    pairs: tuple[tuple[int, int], ...]
    """Places of words that are each other's best."""
    layer: int
    """The layer that the vectors are of."""


def align(
    encoder: SentenceEncoder, first: str, second: str, *, layer: int | None = None
) -> Alignment:
    """Aligns the words of two sentences.

    Args:
        encoder: of any kind; nothing is trained.
        first, second: sentences, in any two languages.
        layer: counted from 0; None: one past the middle, see `layer_for`.

    Raises:
        ValueError: a sentence without words or too long for the encoder, a layer it does not have.

    Example: `align(encoder, "Der Hund schläft.", "The dog sleeps.").pairs` → `((0, 0), (1, 1), …)`.
    """
    number = layer_for(layer, encoder.num_layers)
    rows = [_row(encoder, text) for text in (first, second)]
    words, others = (words_of(encoder.tokenizer, text, special=True) for text in (first, second))
    with torch.no_grad():
        hidden = next(islice(encoder.layers.states(rows), number, None)).float().cpu().numpy()
    border = len(rows[0])
    scores = soft_alignment(_of_words(hidden[:border], words), _of_words(hidden[border:], others))
    return Alignment(
        first=tuple(word.text for word in words),
        second=tuple(word.text for word in others),
        scores=scores,
        pairs=aligned_pairs(scores),
        layer=number,
    )


def _row(encoder: SentenceEncoder, text: str) -> list[int]:
    """A sentence's pieces, special ones too."""
    if not text.strip():
        raise ValueError("a sentence is empty: give two, with words in them.")
    row: list[int] = encoder.tokenizer(text, verbose=False).input_ids
    if len(row) > encoder.layers.limit:
        raise ValueError(
            f"{text[:30]!r}… is {len(row)} tokens and the encoder reads {encoder.layers.limit}: "
            "shorten it."
        )
    return row


def _of_words(hidden: Float[np.ndarray, "T D"], words: Sequence[Word]) -> Float[np.ndarray, "n D"]:
    """The mean of each word's pieces."""
    if not words:
        raise ValueError("a sentence has no words in it: write some.")
    return np.stack([hidden[list(word.pieces)].mean(axis=0) for word in words])
