"""BUCC 2018's files: sentences of two languages that are no translations, but for a few.

```text
zh-en.dev.zh, zh-en.dev.en   id TAB sentence        zh-en.dev.gold   id TAB id, a pair a line
```

Zweigenbaum et al., 2018; for research use. XTREME calls the shared task's sample its development
set and the training set its test set; both names are read, in the folder itself or in `zh-en/`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from erniem.compressed import PACKED, read_text

__all__ = ["Bitext", "read_bitext"]

NAMES = {"dev": ("dev", "sample"), "test": ("test", "training")}
"""Splits of XTREME, and what the shared task's files call them."""

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Bitext:
    """Two languages' sentences, some of which are translations of each other."""

    foreign: Mapping[str, str]
    """Sentences by id."""
    english: Mapping[str, str]
    """Sentences by id."""
    gold: frozenset[Pair] | None
    """Ids of translations, foreign and English; None if they are not known."""

    def cut(self, limit: int) -> "Bitext":
        """At most so many sentences a side: half of them from pairs, the rest the first others."""
        pairs = sorted(self.gold or ())[: max(1, limit // 2)]
        return replace(
            self,
            foreign=_cut(self.foreign, {one for one, _ in pairs}, limit),
            english=_cut(self.english, {other for _, other in pairs}, limit),
            gold=None if self.gold is None else frozenset(pairs),
        )


def _cut(sentences: Mapping[str, str], kept: Collection[str], limit: int) -> dict[str, str]:
    """The sentences to be kept, and the first others, in their order."""
    others = [name for name in sentences if name not in kept]
    wanted = {*kept, *others[: limit - len(kept)]}
    return {name: text for name, text in sentences.items() if name in wanted}


def read_bitext(folder: Path, language: str, split: str) -> Bitext | None:
    """A split of a language and English; None where there are no such files.

    Args:
        folder: holds `zh-en.dev.zh` and so on, or a folder `zh-en` with them; any may be packed.
        language: `zh`.
        split: `dev` or `test`.

    Raises:
        ValueError: one side without the other, a line that is no id and sentence, an id twice, a
            pair of ids that are not there.
    """
    paths = {part: _file(folder, language, split, part) for part in (language, "en", "gold")}
    foreign, english, gold = paths.values()
    if foreign is None and english is None:
        return None
    if foreign is None or english is None:
        alone, lacking = (english, language) if foreign is None else (foreign, "en")
        raise ValueError(f"{alone} stands alone: put the .{lacking} file of the same name beside.")
    sides = _sentences(foreign), _sentences(english)
    pairs = None if gold is None else frozenset(_pairs(gold, *sides))
    return Bitext(foreign=sides[0], english=sides[1], gold=pairs)


def _file(folder: Path, language: str, split: str, part: str) -> Path | None:
    """The one file of a part of a split.

    Raises:
        ValueError: two of them.
    """
    label = f"{language}-en"
    names = [f"{label}.{name}.{part}{packed}" for name in NAMES[split] for packed in PACKED]
    paths = [place / name for place in (folder, folder / label) for name in names]
    found = [path for path in paths if path.is_file()]
    if len(found) > 1:
        raise ValueError(f"{found[0]} and {found[1]} are both there: keep one of them.")
    return found[0] if found else None


def _sentences(path: Path) -> dict[str, str]:
    """By id, in the file's order."""
    found: dict[str, str] = {}
    for place, (name, text) in _cells(path, "an id, a tab and a sentence"):
        if name in found:
            raise ValueError(f"{place} has the id {name} for the second time: take one away.")
        found[name] = text
    return found


def _pairs(path: Path, foreign: Mapping[str, str], english: Mapping[str, str]) -> set[Pair]:
    """Ids of translations."""
    found = set()
    for place, (one, other) in _cells(path, "two ids and a tab between them"):
        if one not in foreign or other not in english:
            missing = other if one in foreign else one
            raise ValueError(f"{place} names {missing}, which no sentence has.")
        found.add((one, other))
    return found


def _cells(path: Path, wanted: str) -> list[tuple[str, Pair]]:
    """Places and the two cells of each line that is not empty."""
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        first, tab, second = line.partition("\t")
        if not tab or not first.strip():
            raise ValueError(f"{path}:{number} is {line[:60]!r}: write {wanted}.")
        rows.append((f"{path}:{number}", (first.strip(), second.strip())))
    return rows
