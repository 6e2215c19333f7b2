"""What an index says of itself: `manifest.json`, replaced at once, last: it is the index.

```text
{"format": 1, "erniem": "0.1", "version": 3, "width": 384,
 "model": {"fingerprint": "…", "folder": "e5", "vectors": {…}},
 "settings": {"kind": "auto", "recall": 0.95, "at": 10},
 "languages": ["", "de", "en"], "sentences": {"de": 40, "en": 60}, "numbered": 100,
 "parts": [{"name": "part-0001", "rows": 100, "gone": "gone-0003-part-0001.npy", "num_gone": 2}],
 "cells": {"file": "cells-0003.faiss", "cells": 400, "probes": 12, "found": 0.96, …},
 "files": {"part-0001/vectors.npy": {"bytes": 153728, "sha256": "…"}}}
```
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from erniem.corpus.arrays import FileFacts, facts_of
from erniem.search.settings import IndexSettings

__all__ = [
    "MANIFEST",
    "CellsFacts",
    "Manifest",
    "ModelFacts",
    "PartFacts",
    "check_sizes",
    "check_sums",
    "read_manifest",
    "write_manifest",
]

FORMAT = 1
"""Version of the folder."""
MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """The encoder that made the vectors."""

    fingerprint: str
    """What tells it from any that makes other vectors: the truth."""
    folder: str = ""
    """Where it was, for convenience: it may have moved."""
    vectors: Mapping[str, Any] | None = None
    """How it was told to make them; None: as its folder says."""


@dataclass(frozen=True, kw_only=True)
class PartFacts:
    """A part."""

    name: str
    """Of its folder."""
    rows: int
    """Sentences, those removed too."""
    gone: str = ""
    """A file with the rows that were removed; empty if none were."""
    num_gone: int = 0
    """How many."""


@dataclass(frozen=True, kw_only=True)
class CellsFacts:
    """The cells of an approximate index, and what they find."""

    file: str
    """The trained cells, with nothing in them."""
    cells: int
    """How many."""
    learnt_from: int
    """Sentences there were when k-means was run."""
    probes: int
    """Cells that are looked into."""
    found: float
    """Share of the true `at` nearest that was found so, over queries that were not in the index."""
    at: int
    """How many nearest."""
    queries: int
    """How many queries."""
    alone: Mapping[str, int] = field(default_factory=dict)
    """Cells that are looked into for one language alone: of those that have too many sentences to
    compare all."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A version of an index."""

    version: int
    """Counted from 1; each change makes a new one."""
    width: int
    """Numbers of a vector."""
    model: ModelFacts
    """Whose vectors."""
    settings: IndexSettings
    """How it looks for neighbours."""
    languages: tuple[str, ...]
    """Codes; a sentence's is kept as a place in this list."""
    sentences: Mapping[str, int]
    """How many there are by language."""
    numbered: int
    """Sentences that ever were added: the next without an id gets this number."""
    parts: tuple[PartFacts, ...]
    """In the order in which rows are counted."""
    cells: CellsFacts | None
    """None: exact."""
    files: Mapping[str, FileFacts] = field(repr=False)
    """All files but the manifest."""

    @property
    def total(self) -> int:
        """Sentences that can be found."""
        return sum(self.sentences.values())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Makes a version that is written the one that holds."""
    plain = {"format": FORMAT, "erniem": version("erniem"), **asdict(manifest)}
    unfinished = folder / f"{MANIFEST}.partial"
    unfinished.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    unfinished.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """The version of an index that holds.

    Raises:
        ValueError: no index, a torn manifest, or another format.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ValueError(f"{folder} is no index (no {MANIFEST}): make one with `erniem index`.")
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        found = int(plain.pop("format"))
        if found == FORMAT:
            return _of_plain(plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is torn or altered ({error}): build the index again.") from error
    way_out = "build it again" if found < FORMAT else "upgrade erniem"
    raise ValueError(f"{folder} has format {found}, this erniem reads {FORMAT}: {way_out}.")


def _of_plain(plain: dict[str, Any]) -> Manifest:
    del plain["erniem"]
    return Manifest(
        **plain
        | {
            "model": ModelFacts(**plain["model"]),
            "settings": IndexSettings(**plain["settings"]),
            "languages": tuple(plain["languages"]),
            "parts": tuple(PartFacts(**one) for one in plain["parts"]),
            "cells": CellsFacts(**plain["cells"]) if plain["cells"] else None,
            "files": {name: FileFacts(**one) for name, one in plain["files"].items()},
        }
    )


def check_sizes(folder: Path, manifest: Manifest) -> None:
    """Whether all files are there, as long as they were.

    Raises:
        ValueError: one is missing or torn.
    """
    for name, facts in manifest.files.items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else None
        if size != facts.bytes:
            told = "missing" if size is None else f"torn ({size:,} of {facts.bytes:,} bytes)"
            raise ValueError(f"{path} is {told}: build the index again.")


def check_sums(folder: Path, manifest: Manifest) -> None:
    """Reads every byte of the files, and compares checksums.

    Raises:
        ValueError: one is missing or altered.
    """
    check_sizes(folder, manifest)
    for name, facts in manifest.files.items():
        if facts_of(folder / name) != facts:
            raise ValueError(f"{folder / name} was altered or is damaged: build the index again.")
