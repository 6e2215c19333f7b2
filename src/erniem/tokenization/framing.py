"""Rows of ids, one or two sides each: cut, framed and padded as `tokenizers` does encodings.

```text
sides ─cut▶ sides ─Frame▶ [CLS] A [SEP] [SEP] B [SEP] ─padded▶ rows of one length
```
"""

from collections.abc import Iterable, Sequence

from tokenizers import Encoding
from transformers.tokenization_utils_base import TruncationStrategy

__all__ = ["Frame", "Sides", "cut", "padded"]

Sides = Sequence[list[int]]
"""The ids of a text, or of both texts of a pair."""


class Frame:
    """The special ids around the sides of a row.

    Args:
        example: a framed encoding whose sides are one token each.
    """

    def __init__(self, example: Encoding) -> None:
        self._ids, self._types = example.ids, example.type_ids
        self._special = example.special_tokens_mask
        self._places = [at for at, special in enumerate(self._special) if not special]
        self.room = len(self._ids) - len(self._places)
        """How many ids are special."""

    def ids(self, sides: Sides) -> list[int]:
        """A row with its special ids: `[[5, 6], [7]]` → `[0, 5, 6, 2, 2, 7, 2]`."""
        if not self.room and len(sides) == 1:
            return sides[0]
        return self._around(self._ids, sides)

    def types(self, sides: Sides) -> list[int]:
        """The token types of such a row."""
        return self._spread(self._types, sides)

    def special(self, sides: Sides) -> list[int]:
        """Which ids of such a row are special: `[[5, 6], [7]]` → `[1, 0, 0, 1, 1, 0, 1]`."""
        return self._spread(self._special, sides)

    def _spread(self, example: list[int], sides: Sides) -> list[int]:
        """The example with the value of each side once for each of its ids."""
        places = zip(self._places, sides, strict=True)
        return self._around(example, [[example[at]] * len(side) for at, side in places])

    def _around(self, example: list[int], sides: Sides) -> list[int]:
        """The example with sides in the places of its own."""
        row: list[int] = []
        done = 0
        for at, side in zip(self._places, sides, strict=True):
            row += example[done:at]
            row += side
            done = at + 1
        row += example[done:]
        return row


def cut(
    rows: Iterable[Sides], most: int, strategy: TruncationStrategy, *, at_end: bool
) -> list[Sides] | None:
    """Rows without what is too much, or None if the strategy cannot do that to one of them.

    Args:
        rows: ids of one text each, or of two.
        most: the most ids of all sides together, at least one.
        strategy: which side is cut.
        at_end: whether ids go at the end of a side, or at its beginning.
    """
    found: list[Sides] = []
    for sides in rows:
        lengths = list(map(len, sides))
        if sum(lengths) <= most:
            found.append(sides)
        elif kept := _kept(lengths, most, strategy):
            pairs = zip(sides, lengths, kept, strict=True)
            found.append([side[:k] if at_end else side[length - k :] for side, length, k in pairs])
        else:
            return None
    return found


def _kept(lengths: list[int], most: int, strategy: TruncationStrategy) -> list[int] | None:
    """How many ids of each side stay, of more than may."""
    if strategy == TruncationStrategy.LONGEST_FIRST and len(lengths) == 2:
        shorter = min(*lengths, most // 2)
        first_is_longer = lengths[0] > lengths[1]
        return [most - shorter, shorter] if first_is_longer else [shorter, most - shorter]
    at = int(strategy == TruncationStrategy.ONLY_SECOND)
    excess = sum(lengths) - most
    if at >= len(lengths) or lengths[at] <= excess:
        return None
    return [*lengths[:at], lengths[at] - excess, *lengths[at + 1 :]]


def padded(rows: Iterable[list[int]], length: int, value: int, *, at_end: bool) -> list[list[int]]:
    """Rows filled up to a length; longer ones stay."""
    if at_end:
        return [row + [value] * (length - len(row)) for row in rows]
    return [[value] * (length - len(row)) + row for row in rows]
