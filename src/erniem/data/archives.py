"""Takes archives apart without trusting them: zip and tar, plain or packed.

Only plain files whose names fit a pattern are written, under names that the pattern gives; links,
devices, absolute paths and `..` never are.
"""

import io
import lzma
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from typing import cast

import zstandard

from erniem.data.labels import Label

__all__ = ["join_by_language", "unpack_members", "write_pairs"]

Opener = Callable[[], io.BufferedIOBase]
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError),
    RuntimeError,  # of zip: locked with a password, or packed in a way that Python cannot read
)


def unpack_members(archive: Path, pattern: str, folder: Path) -> list[Path]:
    """Writes the members that fit, below a folder, by the pattern's group `file`.

    Raises:
        ValueError: damaged, no member fits, or one would be written outside of the folder.
    """
    made = []
    with _damaged(archive):
        for match, member in _fitting(archive, pattern):
            path = _inside(folder, match["file"], archive)
            path.parent.mkdir(parents=True, exist_ok=True)
            with _whole(path) as written, member() as read, written.open("wb") as write:
                shutil.copyfileobj(read, write)
            made.append(path)
    return made


def join_by_language(
    archive: Path, pattern: str, target: Callable[[str], Path | None]
) -> list[Path]:
    """Joins the members of a language to one file, by the pattern's group `theirs`.

    Args:
        archive: holds text, a sentence a line.
        pattern: of the members' names.
        target: where a language's file goes, by the publisher's code; None to leave it out.

    Raises:
        ValueError: damaged, or no member fits.
    """
    partials: dict[Path, Path] = {}
    try:
        with _damaged(archive):
            for match, member in _fitting(archive, pattern):
                if (path := target(match["theirs"])) is not None:
                    _append(member, path, partials)
        for path, written in partials.items():
            written.replace(path)
    finally:
        for written in partials.values():
            written.unlink(missing_ok=True)
    return sorted(partials)


def _append(member: Opener, path: Path, partials: dict[Path, Path]) -> None:
    """Writes a member's lines behind those that a language has already."""
    mode = "ab" if path in partials else "wb"
    path.parent.mkdir(parents=True, exist_ok=True)
    partials[path] = path.with_name(path.name + ".partial")
    with member() as read, partials[path].open(mode) as out:
        out.writelines(line.rstrip(b"\r\n") + b"\n" for line in read)


def write_pairs(archive: Path, label: Label, path: Path) -> int:
    """Writes the two sides of a Moses archive as one table, packed with Zstandard.

    Line i of `NAME.de-en.de` belongs to line i of `NAME.de-en.en`; tabs inside become spaces.

    Returns:
        How many pairs.

    Raises:
        ValueError: damaged, a side is missing, or the sides have different numbers of lines.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _damaged(archive), zipfile.ZipFile(archive) as opened:
        first, second = (_side(opened, archive, label.theirs, side) for side in label.sides)
        with _whole(path) as written, opened.open(first) as one, opened.open(second) as other:
            return _write_table(archive, zip_longest(one, other), written)


def _side(opened: zipfile.ZipFile, archive: Path, pair: str, side: str) -> str:
    """The member that holds a language's sentences."""
    names = [name for name in opened.namelist() if name.endswith(f".{pair}.{side}")]
    if len(names) != 1:
        raise ValueError(
            f"{archive} has {len(names)} members for {side} of {pair}; it has "
            f"{', '.join(opened.namelist())}."
        )
    return names[0]


def _write_table(
    archive: Path, lines: Iterable[tuple[bytes | None, bytes | None]], path: Path
) -> int:
    count = 0
    packed = zstandard.ZstdCompressor(level=9)
    with path.open("wb") as file, packed.stream_writer(file) as table:
        for left, right in lines:
            if left is None or right is None:
                raise ValueError(
                    f"{archive}: its sides have different numbers of lines, the shorter {count:,}; "
                    "line i must be the translation of line i."
                )
            table.write(_cell(left) + b"\t" + _cell(right) + b"\n")
            count += 1
    return count


def _cell(line: bytes) -> bytes:
    return line.rstrip(b"\r\n").replace(b"\t", b" ")


def _inside(folder: Path, name: str, archive: Path) -> Path:
    """The path of a member below a folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or parts[0] == "/" or ".." in parts or ":" in parts[0]:
        raise ValueError(
            f"{archive} has the member {name!r}, which leads out of {folder}: refused."
        )
    return folder.joinpath(*parts)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file to write that gets its name when it is whole, or vanishes."""
    written = path.with_name(path.name + ".partial")
    try:
        yield written
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


@contextmanager
def _damaged(archive: Path) -> Iterator[None]:
    """One clear error for an archive that cannot be read to its end."""
    try:
        yield
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk's, not the archive's
            raise
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{archive} is damaged ({said}): delete it and fetch again.") from error


def _fitting(archive: Path, pattern: str) -> Iterator[tuple[re.Match[str], Opener]]:
    """Plain files of an archive whose whole name fits; to be read before the next is taken."""
    some = False
    for name, member in _zip(archive) if zipfile.is_zipfile(archive) else _tar(archive):
        if match := re.fullmatch(pattern, name):
            some = True
            yield match, member
    if not some:
        raise ValueError(f"{archive} has no member like {pattern}.")


def _zip(archive: Path) -> Iterator[tuple[str, Opener]]:
    with zipfile.ZipFile(archive) as opened:
        for one in opened.infolist():
            if not one.is_dir():
                yield one.filename, cast(Opener, partial(opened.open, one))


def _tar(archive: Path) -> Iterator[tuple[str, Opener]]:
    with tarfile.open(archive) as opened:
        for one in opened:
            if one.isfile():
                yield one.name, cast(Opener, partial(opened.extractfile, one))
