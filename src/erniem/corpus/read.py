"""Reads folders of text: `XX.txt` holds sentences of language XX, `XX-YY.tsv` holds pairs.

Plain, `.gz`, `.xz`, `.zst` or `.bz2`, UTF-8, streamed. A line that cannot be used is dropped and
counted; a file that cannot be read to its end is an error that names it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from erniem.compressed import DAMAGED, open_file
from erniem.corpus.document import Document, Drops, pair, sentence

__all__ = ["Source", "find_sources", "lines_of", "read_documents", "read_pairs", "source_of"]

NAME = re.compile(r"([a-z]{2,3})(?:-([a-z]{2,3}))?\.(txt|tsv)(\.bz2|\.gz|\.xz|\.zst)?")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file of text."""

    path: Path
    """The file."""
    languages: tuple[str, ...]
    """One code for sentences, two for pairs."""
    name: str
    """Name of its folder."""

    @property
    def label(self) -> str:
        """`de`, or `en-de`."""
        return "-".join(self.languages)


def find_sources(folder: Path) -> list[Source]:
    """All files of a folder and its subfolders whose name says what they hold.

    Raises:
        ValueError: no such folder, or no text in it.
    """
    if not folder.is_dir():
        raise ValueError(
            f"{folder} is not a folder; name one that holds XX.txt or XX-YY.tsv files."
        )
    found = [one for path in sorted(folder.rglob("*")) if (one := source_of(path)) is not None]
    if not found:
        raise ValueError(
            f"{folder} holds no text: name files XX.txt (sentences of language XX, one a line) or "
            "XX-YY.tsv (pairs, tab between them), plain or .gz, .xz, .zst, .bz2."
        )
    return found


def source_of(path: Path) -> Source | None:
    """A file of text whose name says what it holds; None for any other."""
    match = NAME.fullmatch(path.name)
    if match is None or not path.is_file() or (match[3] == "tsv") != (match[2] is not None):
        return None
    languages = (match[1],) if match[2] is None else (match[1], match[2])
    return Source(path=path, languages=languages, name=path.parent.name)


def _decoded(raw: bytes) -> str | None:
    """A line of UTF-8, or None. Text has no zero bytes; lines of UTF-16 do."""
    try:
        return None if b"\0" in raw else raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return None


def lines_of(source: Source, drops: Drops) -> Iterator[str]:
    """Lines of text; those that are not UTF-8 are dropped.

    Raises:
        ValueError: the file is empty, cut short, damaged or in another encoding.
    """
    some = legible = False
    try:
        with open_file(source.path) as file:
            for raw in file:
                some = True
                line = _decoded(raw)
                if line is None:
                    drops.add("not UTF-8", source.name, source.label)
                else:
                    legible = True
                    yield line
    except DAMAGED as error:
        raise ValueError(
            f"{source.path} is cut short or damaged ({error}): fetch or pack it again."
        ) from error
    if not some:
        raise ValueError(f"{source.path} is empty: fill it or take it away.")
    if not legible:
        raise ValueError(f"{source.path} has no line in UTF-8: convert it, with iconv for example.")


def read_documents(source: Source, drops: Drops) -> Iterator[Document]:
    """The sentences of a file; empty lines are dropped and counted.

    Raises:
        ValueError: the file cannot be read, or has empty lines only.
    """
    (language,) = source.languages
    some = False
    for line in lines_of(source, drops):
        if text := line.strip():
            some = True
            yield sentence(text, language=language, source=source.name)
        else:
            drops.add("empty", source.name, language)
    if not some:
        raise ValueError(f"{source.path} has empty lines only: fill it or take it away.")


def read_pairs(source: Source, drops: Drops) -> Iterator[Document]:
    """The pairs of a file; lines with an empty side or not two columns are dropped and counted.

    Raises:
        ValueError: the file cannot be read, or has no line with two sides.
    """
    some = False
    for line in lines_of(source, drops):
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) != 2:
            drops.add("not two columns", source.name, source.label)
        elif not all(columns):
            drops.add("empty side", source.name, source.label)
        else:
            some = True
            yield pair(*columns, languages=source.languages, source=source.name)
    if not some:
        raise ValueError(
            f"{source.path} has no line with two sides: write a sentence, one tab and its "
            "translation in each line, or take the file away."
        )
