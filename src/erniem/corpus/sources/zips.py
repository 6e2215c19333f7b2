"""Zip files of OPUS: two aligned files in one, read without unpacking them to disk."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any, cast

from erniem.compressed import BUFFER, open_raw
from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.aligned import side_by_side
from erniem.corpus.sources.codes import known_code
from erniem.corpus.sources.lines import checked, decoded_lines
from erniem.corpus.sources.opened import told
from erniem.corpus.sources.source import Source

__all__ = ["read_zip"]


def read_zip(source: Source, drops: Drops) -> Iterator[Document]:
    """The pairs of the two files in a zip that end in the languages, or are named by `first` and
    `second`.

    Raises:
        ValueError: no zip or a damaged one, none or several files of a language, one with more
            lines than the other.
    """
    path = source.path
    with told(path), open_raw(path) as raw, zipfile.ZipFile(raw) as archive:
        names = _members(archive, source)
        with _lines(archive, names[0], path) as one, _lines(archive, names[1], path) as other:
            told_names = (f"{path}: {names[0]}", names[1])
            sides = [
                checked(decoded_lines(file), f"{path}: {name}")
                for file, name in zip((one, other), names, strict=True)
            ]
            yield from side_by_side(sides[0], sides[1], told_names, source, drops)


def _lines(archive: zipfile.ZipFile, name: str, path: str) -> io.BufferedReader:
    try:
        return io.BufferedReader(cast(Any, archive.open(name)), BUFFER)
    except (KeyError, RuntimeError) as error:  # not there; encrypted, or packed in a rare way
        raise ValueError(f"{path}: {name} cannot be read ({error}): unpack it yourself.") from error


def _members(archive: zipfile.ZipFile, source: Source) -> tuple[str, str]:
    """Names of the files of both languages."""
    there = [name for name in archive.namelist() if not name.endswith("/")]
    found = []
    for code, option in zip(source.languages, ("first", "second"), strict=True):
        names = [name for name in there if known_code(name.rpartition(".")[2]) == code]
        names = [source.options[option]] if option in source.options else names
        if len(names) != 1:
            raise ValueError(
                f"{source.path} has {len(names)} files of {code} among {', '.join(there[:20])}: "
                f"name one by the option {option}."
            )
        found += names
    return found[0], found[1]
