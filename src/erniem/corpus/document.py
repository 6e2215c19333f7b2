"""What travels through the preparation of text: a sentence with its origin, or a pair of them."""

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Document", "Drops", "Pair"]


@dataclass(frozen=True, kw_only=True)
class Document:
    """One sentence."""

    text: str
    """The sentence, without line break."""
    language: str
    """Code of its language, as the file is named."""
    source: str
    """Name of the folder it came from."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A sentence and its translation."""

    first: Document
    """The sentence of the first column."""
    second: Document
    """The sentence of the second column."""


@dataclass
class Drops:
    """How many lines were dropped, by (reason, source, language or pair of languages)."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """The counts."""

    def add(self, reason: str, source: str, language: str) -> None:
        """Counts one dropped line."""
        self.counts[reason, source, language] += 1

    def by_reason(self) -> dict[str, int]:
        """Counts by reason alone."""
        total: Counter[str] = Counter()
        for (reason, _, _), count in self.counts.items():
            total[reason] += count
        return dict(total)
