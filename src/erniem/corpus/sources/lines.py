"""Lines of UTF-8 from a file of any size, one at a time; those that are no text are told apart."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby

from erniem.corpus.document import Drops
from erniem.corpus.sources.opened import opened
from erniem.corpus.sources.source import Source

__all__ = [
    "LONGEST",
    "Block",
    "Unusable",
    "blocks_of",
    "checked",
    "decoded_lines",
    "every_line",
    "lines_of",
]

LONGEST = 2**24
"""Bytes of a line, characters of a text (16 Mi); longer ones are dropped and never held whole."""
EXAMPLE = 200
"""Bytes of an unusable line that are shown."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A line that is no text."""

    reason: str
    """Why, in a few words."""
    example: str
    """How it begins."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Lines between blank lines."""

    number: int
    """Of the first line in the file, from 1."""
    lines: list[str]
    """The lines."""


def _unusable(reason: str, raw: bytes) -> Unusable:
    shown = raw[:EXAMPLE].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Unusable(reason, shown.strip())


def _decoded(raw: bytes) -> str | Unusable:
    """A line of UTF-8. Text has no zero bytes; lines of UTF-16 do."""
    if b"\0" in raw:
        return _unusable("zero bytes", raw)
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return _unusable("not UTF-8", raw)


def decoded_lines(file: io.BufferedReader) -> Iterator[str | Unusable]:
    """The lines of an open file, without their ends."""
    raw = file.readline(LONGEST).removeprefix(BYTE_ORDER_MARK)
    while raw:
        if len(raw) >= LONGEST and not raw.endswith(b"\n"):
            example = raw[:EXAMPLE]
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(io.DEFAULT_BUFFER_SIZE)
            yield _unusable("too long a line", example)
        else:
            yield _decoded(raw)
        raw = file.readline(LONGEST)


def every_line(path: str) -> Iterator[str | Unusable]:
    """The lines of a file, those that are no text in their places.

    Raises:
        ValueError: the file is empty, cut short, damaged or in another encoding.
    """
    with opened(path) as file:
        yield from checked(decoded_lines(file), path)


def checked(lines: Iterable[str | Unusable], path: str) -> Iterator[str | Unusable]:
    """The same lines; at their end, whether there was text among them.

    Raises:
        ValueError: none, or in another encoding throughout.
    """
    some = legible = False
    for line in lines:
        some = True
        legible = legible or isinstance(line, str) or line.reason == "too long a line"
        yield line
    if not some:
        raise ValueError(f"{path} is empty: fill it or take it away.")
    if not legible:
        raise ValueError(f"{path} has no line in UTF-8: convert it, with iconv for example.")


def lines_of(source: Source, drops: Drops) -> Iterator[str]:
    """Lines of text; those that are none are dropped and counted.

    Raises:
        ValueError: as `every_line`.
    """
    for line in every_line(source.path):
        if isinstance(line, str):
            yield line
        else:
            drops.add(line.reason, source.name, source.label, line.example)


def blocks_of(source: Source, drops: Drops) -> Iterator[Block]:
    """What stands between blank lines; a block with a line that is no text is dropped whole.

    Raises:
        ValueError: as `every_line`.
    """
    numbered = enumerate(every_line(source.path), start=1)
    for blank, group in groupby(numbered, key=_is_blank):
        if not blank:
            number, first = next(group)
            lines = _together(chain([first], (line for _, line in group)))
            if isinstance(lines, Unusable):
                drops.add(lines.reason, source.name, source.label, lines.example)
            else:
                yield Block(number=number, lines=lines)


def _is_blank(numbered: tuple[int, str | Unusable]) -> bool:
    line = numbered[1]
    return isinstance(line, str) and not line.strip()


def _together(lines: Iterable[str | Unusable]) -> list[str] | Unusable:
    """All lines of a block, or why it is dropped; takes them to the end, but holds no more."""
    kept: list[str] = []
    size = 0
    why: Unusable | None = None
    for line in lines:
        if isinstance(line, Unusable):
            why = why or line
        elif size <= LONGEST:
            size += len(line)
            kept.append(line)
    if size > LONGEST:
        why = why or Unusable("too long a text", kept[0][:EXAMPLE])
    return why or kept
