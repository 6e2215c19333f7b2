"""Catalogues of gettext: a message is one side, its translation the other.

Of a message with plural forms we take the plural and the last form: that is "many" in every
language, while form 0 is "none" in Arabic and every number in Japanese.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import polib

from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.lines import Block, blocks_of
from erniem.corpus.sources.opened import opened
from erniem.corpus.sources.paired import one_line, pair_of
from erniem.corpus.sources.source import Source

__all__ = ["read_mo", "read_po"]

LARGEST = 2**28
"""Bytes of a binary catalogue, which is read as a whole."""
TOGETHER = 50
"""Messages parsed at a time: one by one takes polib twelve times as long."""
CHARSET = re.compile(r"charset=([\w-]+)", re.IGNORECASE)
UNICODE = frozenset({"utf-8", "utf8", "ascii", "us-ascii", "charset"})
"""What our lines may be in; `CHARSET` stands in templates."""


def read_po(source: Source, drops: Drops) -> Iterator[Document]:
    """The translated messages of a `.po` file, read some messages at a time.

    Raises:
        ValueError: the file cannot be read, is not written as gettext does, or not in UTF-8.
    """
    blocks = blocks_of(source, drops)
    while together := list(islice(blocks, TOGETHER)):
        yield from _pairs(_entries(together, source.path), source, drops)


def read_mo(source: Source, drops: Drops) -> Iterator[Document]:
    """The messages of a `.mo` file.

    Raises:
        ValueError: the file cannot be read, is none, or too large.
    """
    with opened(source.path) as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"{source.path} has over {LARGEST:,} bytes: turn it into .po by msgunfmt.")
    try:
        _check_whole(content)
        # polib takes the bytes of a .mo file as well as its name; its types know only the name.
        entries = list(polib.mofile(content))  # type: ignore[call-overload]
    except (OSError, struct.error, ValueError, LookupError) as error:
        raise ValueError(
            f"{source.path} is no .mo file or a damaged one ({error}): fetch it again."
        ) from error
    yield from _pairs(entries, source, drops)


def _check_whole(content: bytes) -> None:
    """Whether all texts of a `.mo` file lie inside it: polib gives empty ones for those outside.

    Raises:
        ValueError: some do not; or `struct.error`.
    """
    order = "<" if content.startswith(b"\xde\x12\x04\x95") else ">"
    count, *tables = struct.unpack_from(f"{order}3I", content, 8)
    for start in tables:
        places = struct.iter_unpack(f"{order}2I", content[start : start + 8 * count])
        ends = [length + place for length, place in places]
        if len(ends) < count or max(ends, default=0) >= len(content):
            raise ValueError("it ends before its texts do")


def _entries(blocks: Sequence[Block], path: str) -> Iterable[polib.POEntry]:
    """The messages of blocks."""
    numbers, lines = _numbered(blocks)
    try:
        # With a line end: polib would open a file if one were called as the text reads.
        catalogue = polib.pofile("\n".join([*lines, ""]), encoding="utf-8")
    except (OSError, ValueError) as error:
        match = re.search(r"line (\d+)", str(error))
        number = numbers[int(match[1]) - 1 if match else 0]
        raise ValueError(
            f"{path}, line {number}: not written as gettext does; `msgfmt --check` tells more."
        ) from error
    charset = CHARSET.search(catalogue.metadata.get("Content-Type", ""))
    if charset and charset[1].lower() not in UNICODE:
        raise ValueError(
            f"{path} is in {charset[1]}: convert it, with `msgconv -t UTF-8` for example."
        )
    return catalogue


def _numbered(blocks: Iterable[Block]) -> tuple[list[int], list[str]]:
    """The lines of blocks, a blank one after each, with their numbers in the file."""
    numbers: list[int] = []
    lines: list[str] = []
    for block in blocks:
        lines += [*block.lines, ""]
        numbers += range(block.number, block.number + len(block.lines) + 1)
    return numbers, lines


def _pairs(
    entries: Iterable[polib.POEntry | polib.MOEntry], source: Source, drops: Drops
) -> Iterator[Document]:
    for entry in entries:
        message, translation = _sides(entry)
        reason = _why_drop(entry, translation)
        if reason is not None:
            drops.add(reason, source.name, source.label, message)
        elif (document := pair_of((message, translation), source, drops)) is not None:
            yield document


def _sides(entry: polib.POEntry | polib.MOEntry) -> tuple[str, str]:
    if entry.msgid_plural:
        forms = entry.msgstr_plural
        return one_line(entry.msgid_plural), one_line(forms[max(forms)] if forms else "")
    return one_line(entry.msgid), one_line(entry.msgstr)


def _why_drop(entry: polib.POEntry | polib.MOEntry, translation: str) -> str | None:
    if entry.obsolete:
        return "obsolete"
    if "fuzzy" in (entry.flags or []):
        return "fuzzy"
    return None if translation else "untranslated"
