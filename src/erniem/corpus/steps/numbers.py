"""Pairs whose sides do not speak of the same numbers."""

import re
from collections import Counter
from dataclasses import dataclass

from erniem.corpus.document import Document, is_pair, sides_of
from erniem.corpus.steps.rule import Filter

__all__ = ["Numbers", "numbers_in"]

NUMBER = re.compile(r"(?<!\d)\d{1,3}(?:,\d{2})*(?:[.,'’٬\u00a0\u202f ]\d{3})+(?!\d)|\d+")
DIGIT = re.compile(r"\d")


def numbers_in(text: str) -> Counter[str]:
    """The numbers of a text in Western digits, thousands closed up, without leading zeros.

    A decimal comma or point parts two numbers, as do the signs of a date: what stands between need
    not be understood.

    Example: `numbers_in("١٬٢٣٤ or 1.234,50")` → `Counter({"1234": 2, "50": 1})`.
    """
    found: Counter[str] = Counter()
    for match in NUMBER.findall(text):
        digits = "".join(str(int(digit)) for digit in DIGIT.findall(match))
        found[digits.lstrip("0") or "0"] += 1
    return found


@dataclass(frozen=True, kw_only=True)
class Numbers(Filter):
    """Drops pairs that share too few of their numbers.

    Vázquez et al. (2019, section 2) compare the digits of both sides; OpusFilter's
    `NonZeroNumeralsFilter` (Aulamo et al., 2020) asks for half by default, as we do. A small number
    is often a word on the other side ("ten"), so it only counts when it finds its like: with two
    digits asked for, most of what was dropped of 920,000 pairs was of that kind.
    """

    least: float = 0.5
    """Smallest share of the numbers of both sides that have their like on the other."""
    digits: int = 3
    """A number of fewer digits may be missing on the other side."""

    def __post_init__(self) -> None:
        """Raises ValueError: a share outside 0 to 1."""
        if not 0 <= self.least <= 1:
            raise ValueError(f"A share is between 0 and 1, not {self.least}.")

    def why_drop(self, document: Document) -> str | None:
        """`numbers differ`, or None."""
        if not is_pair(document):
            return None
        one, other = sides_of(document)
        if not (DIGIT.search(one) or DIGIT.search(other)):
            return None
        first, second = numbers_in(one), numbers_in(other)
        same = (first & second).total()
        alone = self._long(first - second) + self._long(second - first)
        return "numbers differ" if 2 * same < self.least * (2 * same + alone) else None

    def _long(self, numbers: Counter[str]) -> int:
        return sum(count for number, count in numbers.items() if len(number) >= self.digits)
