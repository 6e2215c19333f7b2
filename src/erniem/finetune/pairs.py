"""Pairs of translations to learn from, and others, held out, to choose the best network by.

```text
en-de.tsv, folders of such files ─▶ rows by label ─▶ held out: N of each label, drawn by chance
                                                  └▶ the rest, without a text that is held out
```
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erniem.corpus.document import Drops, sides_of
from erniem.corpus.normalised import normalised
from erniem.corpus.sources import Source, SourceEntry, find_sources, read

__all__ = ["PairFiles", "TrainingPairs", "gather_pairs"]

Rows = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class PairFiles:
    """Where pairs lie, and how many are taken."""

    paths: tuple[Path, ...]
    """Files `XX-YY.tsv` (or another format of pairs), plain or packed, and folders of them."""
    limit: int | None = None
    """Pairs of two languages at most, the first, file by file."""
    held_out: int = 200
    """Pairs of two languages to choose the best network by, but a tenth of them at most; 0: none,
    and the last network is kept."""

    def __post_init__(self) -> None:
        if self.held_out < 0 or (self.limit is not None and self.limit < 2):
            raise ValueError(
                f"{self.held_out} pairs held out, at most {self.limit} of two languages: give 0 or "
                "more, and at least 2."
            )


@dataclass(frozen=True, kw_only=True)
class TrainingPairs:
    """What there is to learn from."""

    rows: Rows
    """Of all languages, label by label."""
    held_out: Mapping[str, Rows]
    """By label, of those that have any."""
    files: tuple[Path, ...]
    """Where they are from."""
    dropped: Mapping[str, int]
    """Lines left out, by reason."""


def gather_pairs(files: PairFiles, seed: int) -> TrainingPairs:
    """Reads pairs and holds some out.

    Args:
        files: where, how many.
        seed: of what is held out.

    Raises:
        ValueError: a path that holds no pairs, a file that cannot be read, one pair alone.
    """
    sources = [source for path in files.paths for source in _sources(path)]
    drops = Drops()
    by_label: dict[str, Rows] = {}
    for source in sources:
        found = by_label.setdefault(source.label, [])
        for document in read(source, drops):
            if files.limit is not None and len(found) >= files.limit:
                break
            one, other = sides_of(document)
            found.append((one, other))
    rng = np.random.default_rng(seed)
    held_out = {label: _drawn(rows, files.held_out, rng) for label, rows in by_label.items()}
    known = {normalised(text) for rows in held_out.values() for row in rows for text in row}
    everything = [row for rows in by_label.values() for row in dict.fromkeys(rows)]
    left = [row for row in everything if not known & {normalised(text) for text in row}]
    if len(left) < 2:
        raise ValueError(
            f"{len(left)} pairs to learn from in {', '.join(map(str, files.paths))}: give more."
        )
    dropped = drops.by_reason()
    dropped["held out, or like it, or said before"] = sum(map(len, by_label.values())) - len(left)
    return TrainingPairs(
        rows=left,
        held_out={label: rows for label, rows in held_out.items() if rows},
        files=tuple(Path(source.path) for source in sources),
        dropped=dropped,
    )


def _sources(path: Path) -> Sequence[Source]:
    """The files of pairs that a path is or holds."""
    found = [one for one in find_sources(SourceEntry(path=str(path))) if len(one.languages) == 2]
    if not found:
        raise ValueError(f"{path} holds no pairs: name files XX-YY.tsv, plain or packed.")
    return found


def _drawn(rows: Rows, count: int, rng: np.random.Generator) -> Rows:
    """Some of the rows, none of whose sides repeats another's."""
    chosen: Rows = []
    said: set[str] = set()
    for place in rng.permutation(len(rows)):
        keys = {normalised(text) for text in rows[place]}
        if len(chosen) < min(count, len(rows) // 10) and not keys & said:
            chosen.append(rows[place])
            said |= keys
    return chosen
