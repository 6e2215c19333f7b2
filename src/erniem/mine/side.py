"""One side of a mining: its sentences and their vectors in files, made in parts, gone on with.

```text
SIDE/side.json        what it was made from, what was dropped
SIDE/sentences.tsv    id TAB sentence          SIDE/vectors.npy   (N, D) float32, mapped
SIDE/done             how many vectors are there
```
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from erniem.corpus.document import Drops
from erniem.corpus.sources.opened import told
from erniem.embed import SentenceEncoder, VectorSettings
from erniem.mine.sentences import Sentences, write_sentences
from erniem.whole import whole_file

__all__ = ["Side", "digest_of", "embed", "open_side"]

PART = 2048
"""Sentences of a part: what a killed run loses at most."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One side."""

    folder: Path
    """Where it lies."""
    sentences: Sentences
    """What is mined."""
    dropped: Mapping[str, int]
    """Lines that are not, by reason."""

    @property
    def vectors(self) -> np.ndarray:
        """Those of the sentences, mapped into memory."""
        return np.load(self.folder / "vectors.npy", mmap_mode="r")


def digest_of(path: Path) -> str:
    """What tells the content of a file, or of all files of a folder, from others.

    Raises:
        ValueError: it is not there, or cannot be read.
    """
    if path.is_dir():
        names = sorted(one for one in path.iterdir() if one.is_file())
        listed = "".join(f"{one.name} {digest_of(one)}\n" for one in names)
        return hashlib.sha256(listed.encode()).hexdigest()
    with told(str(path)), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_side(
    path: Path, folder: Path, plan: Mapping[str, Any], *, ids: bool, max_characters: int
) -> Side:
    """A side as an earlier run with the same plan left it, or anew.

    Args:
        path: a sentence a line.
        folder: of the side.
        plan: plain values that tell this side from another.
        ids, max_characters: see `write_sentences`.
    """
    facts = folder / "side.json"
    if not facts.is_file() or json.loads(facts.read_text(encoding="utf-8"))["plan"] != plan:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        drops = Drops()
        write_sentences(path, folder, ids=ids, max_characters=max_characters, drops=drops)
        found = {"plan": plan, "dropped": drops.by_reason()}
        with whole_file(facts) as partial:  # last: all else is there
            partial.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    dropped = json.loads(facts.read_text(encoding="utf-8"))["dropped"]
    return Side(folder=folder, sentences=Sentences(folder), dropped=dropped)


def embed(
    side: Side,
    encoder: Callable[[], SentenceEncoder],
    settings: VectorSettings,
    *,
    progress: bool = False,
) -> None:
    """Makes the vectors that are not there yet; memory holds those of a part.

    Args:
        side: whose.
        encoder: opened only if there is something to do.
        settings: how a sentence becomes a vector.
        progress: show a bar.
    """
    done_file, count = side.folder / "done", len(side.sentences)
    done = int(done_file.read_text()) if done_file.is_file() else 0
    if done == count:
        return
    opened = encoder()
    bar = tqdm(total=count, initial=done, desc="encoding", unit="sentence", disable=not progress)
    with bar:
        for start in range(done, count, PART):
            some = opened.vectors(side.sentences.texts(start, start + PART), settings)
            vectors = _file(side, count, some.shape[1], anew=start == 0)
            vectors[start : start + len(some)] = some
            vectors.flush()
            with whole_file(done_file) as partial:  # after the vectors: they are there
                partial.write_text(str(start + len(some)))
            bar.update(len(some))


def _file(side: Side, count: int, width: int, *, anew: bool) -> np.memmap:
    """The file of vectors, to write in."""
    path = side.folder / "vectors.npy"
    if anew:
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, width))
    return np.lib.format.open_memmap(path, mode="r+")
