"""Files of text for tests: how they are packed, and what is read from them."""

import bz2
import gzip
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import zstandard

from erniem.corpus.document import Drops, sides_of
from erniem.corpus.sources import SourceEntry, find_sources, read

__all__ = ["PACKERS", "Sides", "packs_badly", "read_all", "read_counted"]

PACKERS = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda raw: zstandard.ZstdCompressor().compress(raw),
    ".bz2": lambda raw: bz2.compress(raw, compresslevel=1),
}
"""By the end of a name."""

Sides = list[tuple[str, ...]]


def packs_badly(count: int = 5000) -> bytes:
    """Lines of numbers: half of them, packed, are more than a header."""
    numbers = np.random.default_rng(0).integers(10**12, size=count)
    return "\n".join(map(str, numbers)).encode()


def read_counted(path: Path | str, **said: Any) -> tuple[Sides, dict[str, int]]:
    """The texts of all documents that a path gives, and what was dropped by reason."""
    drops = Drops()
    sources = find_sources(SourceEntry(path=str(path), **said))
    texts = [sides_of(document) for source in sources for document in read(source, drops)]
    return texts, drops.by_reason()


def read_all(path: Path | str, **said: Any) -> Sides:
    """The same where nothing may be dropped."""
    texts, dropped = read_counted(path, **said)
    assert dropped == {}
    return texts
