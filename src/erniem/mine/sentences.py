"""The distinct sentences of a file, on the disk, each with its id: read one, or a thousand.

```text
A.txt ─ empty, too long, said before: dropped and counted ─▶ sentences.tsv   id TAB sentence
                                                             starts.npy      bytes of each line
```

An id is the line's number, counted from 1, or what stands before the first tab, as in BUCC's files.
Memory holds eight bytes a sentence, not its text.
"""

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np

from erniem.corpus.document import Drops
from erniem.corpus.sources import Source
from erniem.corpus.sources.lines import Unusable, every_line

__all__ = ["Sentences", "write_sentences"]

TEXT, STARTS = "sentences.tsv", "starts.npy"


class Sentences:
    """A folder that `write_sentences` made."""

    def __init__(self, folder: Path) -> None:
        self.starts = np.load(folder / STARTS)
        self.bytes = np.memmap(folder / TEXT, dtype=np.uint8, mode="r")

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> tuple[str, str]:
        """The id and the sentence of a row."""
        line = self.bytes[self.starts[row] : self.starts[row + 1] - 1].tobytes().decode("utf-8")
        name, _, text = line.partition("\t")
        return name, text

    def texts(self, start: int, stop: int) -> list[str]:
        """The sentences of some rows."""
        return [self[row][1] for row in range(start, min(stop, len(self)))]


def write_sentences(
    path: Path, folder: Path, *, ids: bool, max_characters: int, drops: Drops
) -> None:
    """Writes the sentences that are to be mined; those that are not are counted.

    Args:
        path: a sentence a line, plain or packed.
        folder: to write in.
        ids: whether an id and a tab stand before each sentence; otherwise a tab is a space.
        max_characters: of a sentence.
        drops: counts lines by reason.

    Raises:
        ValueError: a file that cannot be read or holds no sentence, a line without an id.
        OSError: there is no such file.
    """
    source = Source(path=str(path), format="text", languages=(), name=path.name)
    starts = [0]
    known: set[bytes] = set()
    with (folder / TEXT).open("wb") as file:
        for name, text in _named(source, drops, ids=ids):
            digest = blake2b(text.encode("utf-8"), digest_size=8).digest()
            reason = _why_drop(text, max_characters, said_before=digest in known)
            if reason is not None:
                drops.add(reason, source.name, source.label, text)
                continue
            known.add(digest)
            starts.append(starts[-1] + file.write(f"{name}\t{text}\n".encode()))
    if len(starts) == 1:
        raise ValueError(f"{path} has no sentence to mine: fill it, or allow longer ones.")
    np.save(folder / STARTS, np.array(starts, dtype=np.int64))


def _named(source: Source, drops: Drops, *, ids: bool) -> Iterator[tuple[str, str]]:
    """Ids and sentences, line by line; every line has a number, also one that is no text."""
    for number, line in enumerate(every_line(source.path), start=1):
        if isinstance(line, Unusable):
            drops.add(line.reason, source.name, source.label, line.example)
            continue
        if not ids or not line.strip():
            yield str(number), line.replace("\t", " ").strip()
            continue
        name, tab, text = line.partition("\t")
        if not tab or not name.strip():
            raise ValueError(
                f"{source.path}:{number} is {line[:60]!r}: write an id, a tab and a sentence, or "
                "leave --ids out."
            )
        yield name.strip(), text.replace("\t", " ").strip()


def _why_drop(text: str, max_characters: int, *, said_before: bool) -> str | None:
    if not text:
        return "empty"
    if len(text) > max_characters:
        return "too long"
    return "said before" if said_before else None
