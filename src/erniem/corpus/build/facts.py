"""What is counted of a data set while it is encoded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from erniem.corpus.build.pieces import Pieces
from erniem.corpus.manifest import DatasetFacts, added_lengths, lengths_histogram

__all__ = ["Facts", "total_facts"]


@dataclass(kw_only=True)
class Facts:
    """Counts of a data set; `DatasetFacts` says what each is."""

    rows: int = 0
    from_pairs: int = 0
    tokens: int = 0
    characters: int = 0
    words: int = 0
    cropped: int = 0
    unknown: int = 0
    lengths: list[int] = field(default_factory=list)

    def count(self, texts: Sequence[str], pieces: Pieces, sides: int, unknown: int) -> None:
        """Counts rows more.

        Args:
            texts: their texts, sides in turn.
            pieces: the same in pieces.
            sides: 1 for sentences, 2 for pairs.
            unknown: id of the unknown piece.
        """
        self.rows += len(texts) // sides
        self.tokens += len(pieces.tokens)
        together = " ".join(texts)
        self.characters += len(together) - max(0, len(texts) - 1)
        self.words += len(together.split())
        self.cropped += pieces.cropped
        self.unknown += int((pieces.tokens == unknown).sum())
        of_rows = pieces.lengths.reshape(-1, sides).sum(axis=1)
        self.lengths = added_lengths(self.lengths, lengths_histogram(of_rows))

    def add(self, other: Mapping[str, Any]) -> None:
        """Adds what another task counted."""
        for name, value in other.items():
            mine = getattr(self, name)
            setattr(self, name, added_lengths(mine, value) if name == "lengths" else mine + value)


def total_facts(
    encoded: Iterable[Mapping[str, Any]], licences: Mapping[str, str]
) -> list[DatasetFacts]:
    """What all tasks counted, by data set.

    Args:
        encoded: what each wrote.
        licences: of each source.
    """
    total: dict[tuple[str, str], Facts] = {}
    for task in encoded:
        for label, source, counts in task["datasets"]:
            total.setdefault((label, source), Facts()).add(counts)
    return [
        DatasetFacts(
            label=label,
            source=source,
            licence=licences.get(source, ""),
            **{**vars(facts), "lengths": tuple(facts.lengths)},
        )
        for (label, source), facts in total.items()
    ]
