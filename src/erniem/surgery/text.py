"""What a tokeniser makes of text that is streamed from files: counts of pieces, and changes.

Letters: V pieces.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from itertools import chain, islice
from pathlib import Path

import numpy as np
from jaxtyping import Int
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from erniem.corpus.document import Drops
from erniem.corpus.sources import Source, SourceEntry, find_sources, lines_of
from erniem.tokenization.ids import ids_of, unigram_ids

__all__ = ["Change", "Text", "Usage", "changed_lines", "compare", "count_pieces"]

CHUNK = 5_000
"""Lines encoded at a time: a tokeniser's answer is many times larger than the text."""

MOST_NAMES = 6
"""Files that are told by name."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Files of text, read anew each time they are iterated; a tab ends a line too.

    Raises:
        ValueError: on iteration, a file that cannot be read to its end.
    """

    files: tuple[Source, ...]
    """What is read."""
    drops: Drops = field(default_factory=Drops)
    """Lines that were no text, of the last time."""

    @classmethod
    def of(cls, paths: Sequence[Path]) -> "Text":
        """The text of folders (`XX.txt`, `XX-YY.tsv`) and of files of any name.

        Raises:
            ValueError: nothing there.
        """
        files = [file for path in paths for file in _files(path)]
        return cls(files=tuple(files))

    def __iter__(self) -> Iterator[str]:
        self.drops.counts.clear()
        for file in self.files:
            for line in lines_of(file, self.drops):
                yield from filter(None, map(str.strip, line.split("\t")))

    def names(self) -> str:
        """Names of the files, for a reader."""
        shown = [Path(file.path).name for file in self.files[:MOST_NAMES]]
        more = len(self.files) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "")

    def left_out(self) -> list[str]:
        """What of it could not be read, in words; nothing if all could."""
        count = sum(self.drops.counts.values())
        return [f"left out: {count:,} lines that are no text"] if count else []


def _files(path: Path) -> list[Source]:
    if path.is_file():
        return [Source(path=str(path), format="text", languages=("und",), name=path.parent.name)]
    return find_sources(SourceEntry(path=str(path)))


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The pieces of a text."""

    counts: Int[np.ndarray, " V"]
    """How often each id stands in it."""
    inner: Int[np.ndarray, " V"]
    """How often each id comes up on the way there, before a segmentation splits it."""
    marks: "array[int]"
    """A number for each line that tells its ids, 8 bytes a line: see `changed_lines`."""
    words: int
    """Words between white space."""

    @property
    def lines(self) -> int:
        """Lines of the text."""
        return len(self.marks)

    @property
    def pieces(self) -> int:
        """Pieces of the text."""
        return int(self.counts.sum())


@dataclass(frozen=True, kw_only=True)
class Change:
    """The same text, split by an old and by a new tokeniser."""

    lines: int
    """Lines of the text."""
    changed: int
    """Lines whose pieces are others."""
    before: int
    """Pieces of the text, split by the old tokeniser."""
    after: int
    """Pieces, split by the new one."""
    unknown_before: int
    """Unknown pieces among them."""
    unknown_after: int
    """Unknown pieces among those of the new one."""

    def line(self) -> str:
        """In words."""
        share = 100 * self.changed / max(1, self.lines)
        return (
            f"other text: {self.changed:,} of {self.lines:,} lines change ({share:.2f} %), "
            f"{self.before:,} → {self.after:,} pieces, {self.unknown_before:,} → "
            f"{self.unknown_after:,} unknown"
        )


def _chunks(lines: Iterable[str], label: str) -> Iterator[list[str]]:
    source = iter(lines)
    with tqdm(desc=label, unit=" lines", unit_scale=True) as bar:
        while chunk := list(islice(source, CHUNK)):
            yield chunk
            bar.update(len(chunk))


def count_pieces(tokenizer: PreTrainedTokenizerFast, lines: Iterable[str]) -> Usage:
    """Counts the pieces that text uses; memory grows by 8 bytes a line.

    Example: `"a b a"` → counts 2 at the id of `▁a`, 1 at that of `▁b`.

    Raises:
        ValueError: no text.
    """
    size = len(tokenizer)
    further = not isinstance(tokenizer._tokenizer, Tokenizer)
    counts, inner = np.zeros((2, size), dtype=np.int64)
    marks = array("q")
    words = 0
    for chunk in _chunks(lines, "counting pieces"):
        ids = ids_of(tokenizer, chunk)
        counts += _bincount(ids, size)
        if further:
            inner += _bincount(unigram_ids(tokenizer.backend_tokenizer, chunk), size)
        marks.extend(hash(tuple(line)) for line in ids)
        words += sum(len(line.split()) for line in chunk)
    if not counts.any():
        raise ValueError("the text has no pieces: give files with text in them.")
    return Usage(counts=counts, inner=inner, marks=marks, words=words)


def _bincount(ids: Iterable[list[int]], size: int) -> Int[np.ndarray, " V"]:
    return np.bincount(np.fromiter(chain.from_iterable(ids), dtype=np.int64), minlength=size)


def changed_lines(
    tokenizer: PreTrainedTokenizerFast, old_ids: Sequence[int], lines: Iterable[str], usage: Usage
) -> int:
    """How many lines a new tokeniser splits otherwise than the old one did.

    Args:
        tokenizer: the new one.
        old_ids: the old id of each of its ids, -1 for a piece that is new.
        lines: the text that was counted.
        usage: what was counted.
    """
    marks = iter(usage.marks)
    return sum(
        hash(tuple([old_ids[new] for new in line])) != next(marks)
        for chunk in _chunks(lines, "checking the text")
        for line in ids_of(tokenizer, chunk)
    )


def compare(
    old: PreTrainedTokenizerFast,
    new: PreTrainedTokenizerFast,
    old_ids: Sequence[int],
    lines: Iterable[str],
) -> Change:
    """Splits text with an old and a new tokeniser.

    Args:
        old, new: the tokenisers.
        old_ids: the old id of each new id, -1 for a piece that is new.
        lines: the text.
    """
    change = Counter[str]()
    for chunk in _chunks(lines, "other text"):
        ids, new_ids = ids_of(old, chunk), ids_of(new, chunk)
        change["lines"] += len(chunk)
        change["changed"] += sum(
            line != [old_ids[place] for place in other]
            for line, other in zip(ids, new_ids, strict=True)
        )
        change["before"] += sum(map(len, ids))
        change["after"] += sum(map(len, new_ids))
        change["unknown_before"] += sum(line.count(old.unk_token_id) for line in ids)
        change["unknown_after"] += sum(line.count(new.unk_token_id) for line in new_ids)
    return Change(**{one.name: change[one.name] for one in fields(Change)})
