"""Encoding: prompts and texts as sequences that the model can read, long texts in windows.

Letters: L tokens of a sequence.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from transformers import PreTrainedTokenizerFast

from erniem.tasks.extract.windows import Split, Window, by_length, by_sentence, to_fit, trimmed

__all__ = ["Row", "encode"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A prompt before a window of a text."""

    pair: int
    """Number of the prompt with its text."""
    window: Window
    """The characters of the text that are read."""
    ids: list[int]
    """`[CLS] prompt [SEP] [SEP] window [SEP]`, of L tokens."""
    prompt: Int[np.ndarray, " p"]
    """Which tokens are the prompt's."""
    text: Int[np.ndarray, " t"]
    """Which tokens are the window's."""
    offsets: list[tuple[int, int]]
    """The characters of each token, of L, in the prompt or in the window."""


def encode(
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[tuple[str, str]],
    *,
    max_length: int,
    split: Split,
) -> list[Row]:
    """Rows of prompts with texts, windows of a text in its order; none for a text without tokens.

    Args:
        tokenizer: a fast one, that frames a pair.
        pairs: prompts, and texts of any length.
        max_length: tokens of a row at most, special ones counted; prompts leave half of it.
        split: how texts are cut; a window that still has too many tokens is cut again to fit.

    Example: `[("人物", "a b")]` → a row with window `(0, 3)`, prompt `[1, 2]`, text `[5, 6]`, and
    the ids of `[CLS] 人 物 [SEP] [SEP] a b [SEP]`.
    """
    special = tokenizer.num_special_tokens_to_add(pair=True)
    waiting = [
        (number, window)
        for number, (prompt, text) in enumerate(pairs)
        for window in _windows(
            text, split, max(max_length - len(prompt) - special, max_length // 2)
        )
    ]
    rows: list[Row] = []
    while waiting:
        encoded = _rows(tokenizer, pairs, waiting)
        waiting = [
            (row.pair, window)
            for row in encoded
            if len(row.ids) > max_length
            for window in _narrower(row, pairs[row.pair][1], max_length)
        ]
        rows += [row for row in encoded if len(row.ids) <= max_length and len(row.text)]
    return sorted(rows, key=lambda row: (row.pair, row.window))


def _windows(text: str, split: Split, width: int) -> list[Window]:
    """Windows by characters, before anyone has counted tokens."""
    if split == "length":
        return by_length(text, width)
    if split == "sentence":
        return by_sentence(text, width)
    whole = trimmed(text, (0, len(text)))
    return [] if whole is None else [whole]


def _rows(
    tokenizer: PreTrainedTokenizerFast,
    pairs: Sequence[tuple[str, str]],
    windows: Sequence[tuple[int, Window]],
) -> list[Row]:
    """A row for each window, however long."""
    encoded = tokenizer(
        [pairs[number][0] for number, _ in windows],
        [pairs[number][1][slice(*window)] for number, window in windows],
        return_offsets_mapping=True,
        return_attention_mask=False,
        verbose=False,
    )
    rows = []
    for place, (number, window) in enumerate(windows):
        side = encoded.sequence_ids(place)
        rows.append(
            Row(
                pair=number,
                window=window,
                ids=encoded["input_ids"][place],
                prompt=np.array([i for i, one in enumerate(side) if one == 0], dtype=np.int64),
                text=np.array([i for i, one in enumerate(side) if one == 1], dtype=np.int64),
                offsets=encoded["offset_mapping"][place],
            )
        )
    return rows


def _narrower(row: Row, text: str, max_length: int) -> list[Window]:
    """Windows that together hold what one too long holds."""
    first, after = row.window
    starts = [row.offsets[place][0] for place in row.text]
    budget = max_length - (len(row.ids) - len(starts))
    parts = to_fit(text[first:after], starts, budget)
    if len(parts) == 1 and parts[0][1] - parts[0][0] == after - first:
        logger.warning("passed over %r: it is more tokens than fit.", text[first:after])
        return []
    return [(first + start, first + end) for start, end in parts]
