"""What an index can be told: exact or approximate, and how much the approximate one finds."""

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["EXACT_UP_TO", "IndexSettings", "Kind"]

Kind = Literal["auto", "exact", "approximate"]
"""How neighbours are looked for; `auto`: by size."""

EXACT_UP_TO = 500_000
"""Sentences for which `auto` is exact; docs/search.md tells why."""


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """How an index looks for neighbours."""

    kind: Kind = "auto"
    """`exact` compares a query with every sentence, `approximate` with those of some cells."""
    recall: float = 0.95
    """Of an approximate search: the share of the true nearest that it is to find."""
    at: int = 10
    """How many nearest that share is of."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind {self.kind!r}: choose {', '.join(get_args(Kind))}.")
        if not 0 < self.recall <= 1:
            raise ValueError(f"recall {self.recall}: give a share above 0 and up to 1.")
        if self.at < 1:
            raise ValueError(f"at {self.at}: give at least 1.")

    def is_approximate(self, sentences: int) -> bool:
        """Whether an index of so many sentences has cells."""
        if self.kind == "auto":
            return sentences > EXACT_UP_TO
        return self.kind == "approximate"
