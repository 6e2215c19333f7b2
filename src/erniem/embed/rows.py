"""Texts as rows of pieces, and rows in batches of like lengths, in flat order again.

Letters: N sentences, S sentences of a batch, D width.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int
from transformers import PreTrainedTokenizerFast

from erniem.packing import boundaries

__all__ = ["Encoded", "Rows", "at_once", "batches", "encoded", "frame_of", "in_batches"]

Rows = list[list[int]]
"""Pieces of sentences, special ones too."""


A_THREAD = 512
"""Tokens that a processor's thread computes fastest together: what a layer makes of them stays in
its cache. With multilingual-e5-small 2,048 took 1.5 times as long in int8."""

ON_GPU = 8192
"""Tokens that keep a GPU busy."""


def at_once(threads: int | None) -> int:
    """Tokens that are computed fastest together: by so many threads, or on a GPU (None)."""
    return ON_GPU if threads is None else A_THREAD * threads


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Texts as their pieces."""

    rows: Rows
    """In the order of the texts."""
    cut: int
    """Texts that were too long, of which the end was left out."""

    @property
    def tokens(self) -> int:
        """Of all rows."""
        return sum(map(len, self.rows))


def encoded(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], limit: int) -> Encoded:
    """Pieces of texts with the special ones around, at most `limit` each.

    A row is first cut one piece too late: so a text that is too long shows, and is then cut as the
    tokenizer cuts.
    """
    if not texts:
        return Encoded(rows=[], cut=0)
    rows = _rows(tokenizer, list(texts), limit + 1)
    long = [number for number, row in enumerate(rows) if len(row) > limit]
    if long:
        shorter = _rows(tokenizer, [texts[number] for number in long], limit)
        for number, row in zip(long, shorter, strict=True):
            rows[number] = row
    return Encoded(rows=rows, cut=len(long))


def _rows(tokenizer: PreTrainedTokenizerFast, texts: list[str], limit: int) -> Rows:
    return tokenizer(
        texts, truncation=True, max_length=limit, return_attention_mask=False, verbose=False
    ).input_ids


def frame_of(tokenizer: PreTrainedTokenizerFast) -> tuple[int, int]:
    """Special tokens before and after a text."""
    special = tokenizer("a", return_special_tokens_mask=True).special_tokens_mask
    text = [place for place, one in enumerate(special) if not one]
    return text[0], len(special) - 1 - text[-1]


def batches(
    lengths: Int[np.ndarray, " N"], budget: int, *, padded: bool
) -> Iterator[Int[np.ndarray, " S"]]:
    """Numbers of the sentences of each batch, longest first.

    Args:
        lengths: tokens of each sentence.
        budget: tokens of a batch at most; a longer sentence is alone.
        padded: whether padding counts as tokens do.
    """
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


def in_batches(
    rows: Rows,
    make: Callable[[Rows], Sequence[Float32[np.ndarray, "S D"]]],
    found: Sequence[Float32[np.ndarray, "N D"]],
    *,
    budget: int,
    padded: bool,
    told: Callable[[int], object],
) -> None:
    """Vectors of all rows, some at a time.

    Args:
        rows: pieces of the sentences.
        make: vectors of a batch, one array for each way to make them.
        found: where they are put, an array a way, in the order of the rows.
        budget, padded: see `batches`.
        told: is told of each batch how many rows are done.
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    for batch in batches(lengths, budget, padded=padded):
        made = make([rows[row] for row in batch])
        for whole, some in zip(found, made, strict=True):
            whole[batch] = some
        told(len(batch))
