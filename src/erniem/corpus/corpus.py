"""A corpus on disk: opens it, and checks that it is as it was built.

```text
manifest.json ─open_corpus─▶ Corpus: languages, data sets (label, source, shard), held-out pairs
every file    ─check_corpus─▶ what is torn, altered, missing or superfluous
```

Letters: L languages (and L + 1 `rows`), V vocabulary.
"""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from erniem.corpus.arrays import facts_of
from erniem.corpus.manifest import DatasetFacts, files_in, read_manifest
from erniem.corpus.shards import Shard, shard_name

__all__ = ["Corpus", "Dataset", "check_corpus", "open_corpus"]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """The rows of one label from one source."""

    facts: DatasetFacts
    """What was counted of it."""
    folder: Path
    """The corpus."""
    language_ids: tuple[int, ...]
    """Of its sides, from 1."""

    @cached_property
    def shard(self) -> Shard:
        """Its pieces."""
        return Shard(self.folder / shard_name(self.label, self.source), self.language_ids)

    @property
    def label(self) -> str:
        """`de` of sentences, `de-en` of pairs."""
        return self.facts.label

    @property
    def source(self) -> str:
        """Name of the source."""
        return self.facts.source

    @property
    def languages(self) -> tuple[str, ...]:
        """One code of sentences, two of pairs."""
        return tuple(self.label.split("-"))

    @property
    def parallel(self) -> bool:
        """Whether its rows are pairs."""
        return len(self.languages) == 2


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A corpus on disk, memory-mapped; nothing but its manifest is read before it is asked for."""

    folder: Path
    """Where it lies."""
    manifest: Mapping[str, Any]
    """Everything it says of itself, see `erniem.corpus.manifest`."""
    languages: tuple[str, ...]
    """Codes; the id of a language is 1 + its index."""
    datasets: tuple[Dataset, ...]
    """Its data sets by label and source."""

    @property
    def tokenizer_folder(self) -> Path:
        """The tokeniser that encoded it."""
        return self.folder / "tokenizer"

    @cached_property
    def held_out(self) -> dict[str, list[tuple[str, str]]]:
        """Pairs kept from training, as text, by label."""
        return {label: _read_held_out(self.folder, label) for label in self.manifest["held_out"]}

    @cached_property
    def rows(self) -> Counter[str]:
        """Rows of all sources, by label."""
        found: Counter[str] = Counter()
        for dataset in self.datasets:
            found[dataset.label] += dataset.facts.rows
        return found

    @cached_property
    def piece_counts(self) -> Int[np.ndarray, "rows V"]:
        """How often each piece stands in the shards by language id; row 0 is unused.

        Both sides of pairs count, also where they stand among the sentences as well.
        """
        return np.load(self.folder / "counts.npy", mmap_mode="r")

    def of(self, label: str) -> tuple[Dataset, ...]:
        """The data sets of a label, one for each source."""
        return tuple(dataset for dataset in self.datasets if dataset.label == label)

    def summary(self) -> list[str]:
        """A line for each data set, and how many lines were left out, by reason."""
        lines = [f"{self.folder}: {_counted(len(self.languages), 'language')}"]
        for dataset in self.datasets:
            facts = dataset.facts
            size = f"{facts.rows:>12,} rows{facts.tokens:>14,} pieces"
            lines.append(f"{facts.label:8}{size}  {facts.source}")
        dropped: Counter[str] = Counter()
        for reason, _, _, count in self.manifest["dropped"]:
            dropped[reason] += count
        return lines + [f"left out, {reason}: {count:,}" for reason, count in dropped.items()]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def open_corpus(folder: Path) -> Corpus:
    """Opens a corpus: reads its manifest, and compares the size of every file.

    Raises:
        ValueError: no corpus, another format, or a file that is missing or of another size.
    """
    manifest = read_manifest(folder)
    if faults := _torn(folder, manifest["files"]):
        raise ValueError(_with_way_out(folder, faults))
    ids = {code: 1 + place for place, code in enumerate(manifest["languages"])}
    return Corpus(
        folder=folder,
        manifest=manifest,
        languages=tuple(manifest["languages"]),
        datasets=tuple(_dataset(folder, facts, ids) for facts in manifest["datasets"]),
    )


def _dataset(folder: Path, found: Mapping[str, Any], ids: Mapping[str, int]) -> Dataset:
    facts = DatasetFacts(**{**found, "lengths": tuple(found["lengths"])})
    languages = tuple(ids[code] for code in facts.label.split("-"))
    return Dataset(facts=facts, folder=folder, language_ids=languages)


def check_corpus(folder: Path) -> list[str]:
    """Reads every file of a corpus and compares it with what the manifest says.

    Returns:
        What was found in order, as lines.

    Raises:
        ValueError: no corpus, another format, or files that are torn, altered, missing or
            superfluous: a line for each.
    """
    manifest = read_manifest(folder)
    files = manifest["files"]
    faults = _torn(folder, files)
    for name, facts in files.items():
        if name not in faults and facts_of(folder / name).sha256 != facts["sha256"]:
            faults[name] = "altered: its checksum is another"
    for name in files_in(folder):
        if name not in files:
            faults[name] = "superfluous: the manifest does not know it"
    if faults:
        raise ValueError(_with_way_out(folder, faults))
    size = sum(facts["bytes"] for facts in files.values())
    return [
        f"{folder}: {_counted(len(manifest['languages']), 'language')}, "
        f"{_counted(len(manifest['datasets']), 'data set')}",
        f"{len(files)} files, {size:,} bytes: all as they were built",
    ]


def _torn(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What is wrong with files, by name, as far as their sizes tell."""
    faults = {}
    for name, facts in files.items():
        try:
            # Paths of thousands of files would take longer than all else.
            size = os.stat(f"{folder}/{name}").st_size  # noqa: PTH116
        except OSError:
            faults[name] = "missing"
            continue
        if size != facts["bytes"]:
            faults[name] = f"torn: {size} bytes, and the manifest says {facts['bytes']}"
    return faults


def _with_way_out(folder: Path, faults: Mapping[str, str]) -> str:
    lines = "".join(f"\n  {folder / name} is {fault}" for name, fault in sorted(faults.items()))
    return (
        f"{folder} is not as it was built:{lines}\nTake away what is superfluous; for the rest, "
        "copy the corpus again, or build it again with `erniem corpus build`."
    )


def _read_held_out(folder: Path, label: str) -> list[tuple[str, str]]:
    text = (folder / "held_out" / f"{label}.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.split("\n") if line]
    return [(one, other) for one, other in rows]
