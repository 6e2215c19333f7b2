"""The ids of texts and nothing else, by the shortest way that a tokeniser has."""

from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from erniem.tokenization.backend import SegmentingBackend

__all__ = ["ids_of", "unigram_ids"]


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


def unigram_ids(backend: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """What `tokenizers` gives by itself; the same as a call, and a third quicker."""
    backend.no_truncation()
    backend.no_padding()
    return [one.ids for one in backend.encode_batch_fast(list(texts), add_special_tokens=False)]
