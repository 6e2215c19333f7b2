"""What mining can be told: the margin, the candidates, the search, what is left out."""

from dataclasses import dataclass
from typing import get_args

from erniem.tasks.retrieve.candidates import Candidates
from erniem.tasks.retrieve.margin import NEIGHBOURS, Margin
from erniem.tasks.retrieve.search import Search

__all__ = ["RATIO", "MineSettings"]

RATIO = 1.06
"""Least ratio margin of a pair. CCMatrix's (Schwenk et al., 2021), found with LASER's vectors."""


@dataclass(frozen=True, kw_only=True)
class MineSettings:
    """How pairs are found; the defaults are those of the literature."""

    margin: Margin = "ratio"
    """What a pair is scored by."""
    neighbours: int = NEIGHBOURS
    """k: of each sentence, in both directions."""
    candidates: Candidates = "max"
    """Which of the best matches become pairs, see `erniem.tasks.retrieve.candidates`."""
    shared: bool = False
    """Let a sentence be in several pairs; `forward` and `backward` alone."""
    search: Search = "auto"
    """Exact, approximate, or by size."""
    max_characters: int = 1000
    """Of a sentence; longer ones are dropped."""

    def __post_init__(self) -> None:
        for name, known in (("margin", Margin), ("candidates", Candidates), ("search", Search)):
            if getattr(self, name) not in get_args(known):
                raise ValueError(
                    f"{name} {getattr(self, name)!r}: choose {', '.join(get_args(known))}."
                )
        if self.shared and self.candidates not in ("forward", "backward"):
            raise ValueError(
                f"{self.candidates} has each sentence once: shared is for forward and backward."
            )
        if min(self.neighbours, self.max_characters) < 1:
            raise ValueError(
                f"{self.neighbours} neighbours, {self.max_characters} characters: give at least 1."
            )
