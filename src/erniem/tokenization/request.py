"""What is asked where ids alone are; and encodings that are made when they are looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import starmap
from typing import Any, overload

from tokenizers import Encoding
from transformers.tokenization_utils_base import TruncationStrategy
from transformers.utils.generic import PaddingStrategy

__all__ = ["IdsRequest", "LaterEncodings", "ids_request"]

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "text_pair": (None,),
    "add_special_tokens": (True, False),
    "stride": (0,),
    "is_split_into_words": (False,),
    "return_token_type_ids": (None, False),
    "return_attention_mask": (None, True),
    "return_overflowing_tokens": (False,),
    "return_special_tokens_mask": (False,),
    "return_offsets_mapping": (False,),
    "return_length": (False,),
    "split_special_tokens": (None, False),
}
"""Options that ask for no more than ids, with the values for which they do not."""
SHAPE = ("max_length", "pad_to_multiple_of", "padding_side", "return_tensors", "verbose")
"""Options that are the same for ids alone."""


@dataclass(frozen=True, kw_only=True)
class IdsRequest:
    """Texts to be told by ids, each cut and padded."""

    texts: Sequence[str]
    is_batch: bool
    """Whether they were given as such, or one by itself."""
    framed: bool
    """Whether special tokens go around."""
    max_length: int | None
    """The most ids of a text, if it is cut; or what it is padded to."""
    cuts: bool
    padding: PaddingStrategy
    multiple: int
    """The length of a padded text is one of this."""
    side: str | None
    """Where it is padded, if it is not the tokeniser's own side."""

    def cut(self, rows: list[list[int]], room: int, *, at_end: bool) -> list[list[int]]:
        """Rows without what does not fit beside so many special ids."""
        if not self.cuts:
            return rows
        assert self.max_length is not None, "see `ids_request`"
        most = self.max_length - room
        return [row[:most] if at_end else row[-most:] for row in rows]

    def padded_length(self, rows: list[list[int]]) -> int:
        """The length that rows are padded to; 0 for none."""
        if self.padding == PaddingStrategy.DO_NOT_PAD:
            return 0
        if self.padding == PaddingStrategy.MAX_LENGTH and self.max_length is not None:
            longest = self.max_length
        else:
            longest = max(map(len, rows))
        return -(-longest // self.multiple) * self.multiple


class LaterEncodings(Sequence[Encoding]):
    """Encodings that are made when the first is looked at, and kept.

    Args:
        make: makes them all.
        count: how many there will be.
    """

    def __init__(self, make: Callable[[], Sequence[Encoding]], count: int) -> None:
        self._make, self._count = make, count

    @cached_property
    def _made(self) -> list[Encoding]:
        return list(self._make())

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Encoding: ...
    @overload
    def __getitem__(self, place: slice) -> list[Encoding]: ...
    def __getitem__(self, place: int | slice) -> Encoding | list[Encoding]:
        return self._made[place]

    def __reduce__(self) -> tuple[Any, ...]:
        """As a list: a copy has nothing to make them with."""
        return list, (self._made,)


def ids_request(
    text: Any = None,
    *,
    padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
    truncation_strategy: TruncationStrategy = TruncationStrategy.DO_NOT_TRUNCATE,
    **options: Any,
) -> IdsRequest | None:
    """What `_encode_plus` is asked, or None if it is more than the ids of texts."""
    texts = [text] if isinstance(text, str) else text
    length = options.get("max_length")
    cuts = truncation_strategy != TruncationStrategy.DO_NOT_TRUNCATE
    if not _are_texts(texts) or not all(starmap(_is_neutral, options.items())):
        return None
    if cuts and (truncation_strategy == TruncationStrategy.ONLY_SECOND or (length or 0) <= 2):
        return None
    return IdsRequest(
        texts=texts,
        is_batch=not isinstance(text, str),
        framed=options.get("add_special_tokens", True),
        max_length=length,
        cuts=cuts,
        padding=padding_strategy,
        multiple=options.get("pad_to_multiple_of") or 1,
        side=options.get("padding_side"),
    )


def _is_neutral(name: str, value: Any) -> bool:
    return name in SHAPE or value in NEUTRAL.get(name, ())


def _are_texts(texts: Any) -> bool:
    return isinstance(texts, list | tuple) and len(texts) > 0 and set(map(type, texts)) == {str}
