"""What is asked of the tokeniser, if it is ids and no more."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any

from transformers.tokenization_utils_base import TruncationStrategy
from transformers.utils.generic import PaddingStrategy

from erniem.tokenization.framing import Sides, cut

__all__ = ["IdsRequest", "ids_request"]

NEUTRAL: dict[str, tuple[Any, ...]] = {
    "stride": (0,),
    "is_split_into_words": (False,),
    "return_overflowing_tokens": (False,),
    "return_offsets_mapping": (False,),
    "return_length": (False,),
    "split_special_tokens": (None, False),
}
"""Options that ask for no more than ids, with the values for which they do not."""
SHAPE = (
    "add_special_tokens",
    "max_length",
    "pad_to_multiple_of",
    "padding_side",
    "return_attention_mask",
    "return_special_tokens_mask",
    "return_tensors",
    "return_token_type_ids",
    "verbose",
)
"""Options that are the same for ids alone."""


@dataclass(frozen=True, kw_only=True)
class IdsRequest:
    """Texts or pairs to be told by ids, each cut and padded."""

    sides: Sequence[Sequence[str]]
    """The texts; of pairs, all first ones and all second ones."""
    is_batch: bool
    """Whether they were given as such, or one by itself."""
    framed: bool
    """Whether special tokens go around."""
    columns: frozenset[str]
    """What is asked for beside ids, by transformers' names."""
    max_length: int | None
    """The most ids of a row, if it is cut; or what it is padded to."""
    truncation: TruncationStrategy
    padding: PaddingStrategy
    multiple: int
    """The length of a padded row is one of this."""
    side: str | None
    """Where it is padded, if it is not the tokeniser's own side."""

    def cut(self, rows: Iterable[Sides], room: int, *, at_end: bool) -> list[Sides] | None:
        """Rows without what does not fit beside so many special ids; None if that cannot be."""
        if self.truncation == TruncationStrategy.DO_NOT_TRUNCATE:
            return list(rows)
        most = (self.max_length or 0) - room
        return cut(rows, most, self.truncation, at_end=at_end) if most > 0 else None

    def padded_length(self, rows: list[list[int]]) -> int:
        """The length that rows are padded to; 0 for none."""
        if self.padding == PaddingStrategy.DO_NOT_PAD:
            return 0
        if self.padding == PaddingStrategy.MAX_LENGTH and self.max_length is not None:
            longest = self.max_length
        else:
            longest = max(map(len, rows))
        return -(-longest // self.multiple) * self.multiple


def ids_request(
    text: Any = None,
    text_pair: Any = None,
    *,
    names: Collection[str],
    padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
    truncation_strategy: TruncationStrategy = TruncationStrategy.DO_NOT_TRUNCATE,
    **options: Any,
) -> IdsRequest | None:
    """What `_encode_plus` is asked, or None if it is more than ids.

    Args:
        text: its first argument.
        text_pair: its second.
        names: what the tokeniser gives where nothing else is said.
        padding_strategy: how it pads.
        truncation_strategy: how it cuts.
        options: all others.
    """
    sides = _sides(text, text_pair)
    if sides is None or not all(starmap(_is_neutral, options.items())):
        return None
    return IdsRequest(
        sides=sides,
        is_batch=not isinstance(text, str),
        framed=options.get("add_special_tokens", True),
        columns=frozenset(name for name in COLUMNS if _is_asked(name, options, names)),
        max_length=options.get("max_length"),
        truncation=truncation_strategy,
        padding=padding_strategy,
        multiple=options.get("pad_to_multiple_of") or 1,
        side=options.get("padding_side"),
    )


COLUMNS = ("token_type_ids", "attention_mask", "special_tokens_mask")


def _is_neutral(name: str, value: Any) -> bool:
    return name in SHAPE or value in NEUTRAL.get(name, ())


def _is_asked(name: str, options: dict[str, Any], names: Collection[str]) -> bool:
    asked = options.get(f"return_{name}")
    if asked is None and name != "special_tokens_mask":
        return name in names
    return bool(asked)


def _sides(text: Any, pair: Any) -> list[Sequence[str]] | None:
    """The first texts, and the second ones if there are; None if they are no texts."""
    if isinstance(text, str):
        given = [text, pair] if pair else [text]  # an empty text beside one is none, as elsewhere
        sides: list[Any] = [[side] for side in given]
    elif pair is None and _are_pairs(text):
        sides = list(zip(*text, strict=True))
    else:
        sides = [text] if pair is None else [text, pair]
    return sides if all(map(_are_texts, sides)) and len(set(map(len, sides))) == 1 else None


def _are_pairs(texts: Any) -> bool:
    return isinstance(texts, list | tuple) and all(
        isinstance(each, list | tuple) and len(each) == 2 for each in texts
    )


def _are_texts(texts: Any) -> bool:
    return isinstance(texts, list | tuple) and len(texts) > 0 and set(map(type, texts)) == {str}
