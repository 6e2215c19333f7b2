"""New sentences on their way into an index: checked before anything costs, encoded in chunks.

```text
entries ─ id said before? ─▶ adding/part/: texts, ids, languages ─▶ chunks ─ encoder ─▶ vectors
                                                                      └▶ adding/HASH.npy, kept
```

Whoever is stopped and begins again finds the vectors of the chunks that were done: a chunk's file
is called by the hash of its texts and of the encoder.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from tqdm import tqdm

from erniem.corpus.sources.paired import why_unusable
from erniem.embed.encoder import unit
from erniem.search.encoder import Encodes
from erniem.search.entries import Entry
from erniem.search.part import PartWriter
from erniem.search.parts import Parts
from erniem.search.strings import Strings

__all__ = ["Checked", "Counts", "encoded", "stage"]

CHUNK = 4096
"""Sentences that are encoded together: what is lost at most when one is stopped."""


@dataclass
class Counts:
    """What became of the entries."""

    added: int = 0
    """New, or with another text than before."""
    replaced: int = 0
    """Of these, those whose id had another text before."""
    known: int = 0
    """Left as they were: the same id with the same text was there."""


class Checked:
    """Tells new entries from known ones, and refuses an id that stands for two texts.

    Args:
        parts: what is in the index; None if it is new.
        languages: the index's list, which grows.
        replace: let a new text take the place of an old one.
    """

    def __init__(self, parts: Parts | None, languages: list[str], *, replace: bool) -> None:
        self.parts = parts
        self.places = {language: place for place, language in enumerate(languages)}
        self.replace = replace
        self.counts = Counts()
        self.replaced: list[int] = []
        self._said: dict[bytes, bytes] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """The index's list."""
        return tuple(self.places)

    def new(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Those that are to be added.

        Raises:
            ValueError: no id, no text, or an id that stands for two texts.
        """
        for entry in entries:
            _check(entry)
            if self._is_known(entry):
                self.counts.known += 1
                continue
            self.counts.added += 1
            self.places.setdefault(entry.language, len(self.places))
            yield entry

    def _is_known(self, entry: Entry) -> bool:
        name, told = _hash(entry.id), _hash(f"{entry.language}\t{entry.text}")
        before = self._said.setdefault(name, told)
        if before is not told:
            if before != told:
                raise ValueError(f"id {entry.id!r} stands for two texts: give each its own.")
            return True
        row = None if self.parts is None else self.parts.row_of(entry.id)
        if row is None or self.parts is None:
            return False
        text, language = self.parts.text_of(row)
        if (text, self.languages[language]) == (entry.text, entry.language):
            return True
        self._replace(entry, row, text)
        return False

    def _replace(self, entry: Entry, row: int, text: str) -> None:
        if not self.replace:
            raise ValueError(
                f"id {entry.id!r} is in the index with another text or language ({text[:60]!r}): "
                "say replace (--replace), or give the new one an id of its own. Nothing was added."
            )
        self.replaced.append(row)
        self.counts.replaced += 1


def _check(entry: Entry) -> None:
    if why_unusable(entry.id):
        raise ValueError(f"id {entry.id!r} of {entry.text[:60]!r} is empty or no text: give one.")
    if why := why_unusable(entry.text):
        raise ValueError(f"the text of id {entry.id!r} cannot be indexed ({why}): leave it out.")


def _hash(text: str) -> bytes:
    return blake2b(text.encode("utf-8"), digest_size=16).digest()


def stage(entries: Iterable[Entry], folder: Path, checked: Checked) -> None:
    """Writes what is new as a part that has no vectors yet."""
    new = checked.new(entries)
    with PartWriter(folder) as writer:
        while some := list(islice(new, CHUNK)):
            writer.add(some, checked.places)


def encoded(
    part: Path, encoder: Encodes, folder: Path, *, progress: bool = False
) -> Iterator[Float32[np.ndarray, "_ D"]]:
    """Vectors of the texts of a part, of length one, chunk by chunk.

    Args:
        part: as `stage` wrote it.
        encoder: asked for what is not kept.
        folder: where chunks are kept.
        progress: show a bar.

    Raises:
        ValueError: a vector that is not finite.
    """
    texts = Strings(part, "texts")
    with tqdm(total=len(texts), desc="encoding", unit="sentence", disable=not progress) as bar:
        for start in range(0, len(texts), CHUNK):
            some = [texts[row] for row in range(start, min(start + CHUNK, len(texts)))]
            told = "\0".join([encoder.fingerprint, *some])
            yield _kept(folder / f"{_hash(told).hex()}.npy", encoder, some)
            bar.update(len(some))


def _kept(path: Path, encoder: Encodes, texts: list[str]) -> Float32[np.ndarray, "_ D"]:
    if path.is_file():
        return np.load(path)
    vectors = unit(encoder.encode(texts))
    there = np.isfinite(vectors).all(axis=1)
    if not there.all():
        text = texts[int(np.argmin(there))]
        raise ValueError(f"the encoder gave no finite vector for {text[:60]!r}: `erniem doctor`.")
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, vectors)
    partial.replace(path)
    return vectors
