"""The ids of texts and nothing else, by the shortest way that a tokeniser has.

Letters: n texts, T pieces of all.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Int
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from erniem.packing import end_to_end
from erniem.tokenization.backend import SegmentingBackend

__all__ = ["ids_end_to_end", "ids_of", "unigram_ids"]


def ids_of(tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]) -> list[list[int]]:
    """The ids of texts as a call of the tokeniser gives them, without special tokens around.

    Example: `["Hallo Welt"]` → `[[54029, 12389]]`.
    """
    backend: Any = tokenizer._tokenizer
    if isinstance(backend, SegmentingBackend):
        return backend.ids(texts)
    if isinstance(backend, Tokenizer):
        return unigram_ids(backend, texts)
    return tokenizer(
        list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False
    ).input_ids


def ids_end_to_end(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str]
) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " n"]]:
    """The same ids, end to end, and how many each text has.

    Example: `["Hallo Welt", ""]` → `[54029, 12389]`, `[2, 0]`.
    """
    backend: Any = tokenizer._tokenizer
    if isinstance(backend, SegmentingBackend):
        return backend.end_to_end(texts)
    return end_to_end(ids_of(tokenizer, texts))


def unigram_ids(backend: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """What `tokenizers` gives by itself; the same as a call, and a third quicker."""
    backend.no_truncation()
    backend.no_padding()
    return [one.ids for one in backend.encode_batch_fast(list(texts), add_special_tokens=False)]
