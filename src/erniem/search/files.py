"""Files of sentences, as entries of an index.

```text
de.txt                a sentence a line; its id is the file's name and the line: de.txt:17
NAME.tsv              id TAB sentence, or id TAB sentence TAB language
NAME.jsonl .parquet   id, text and, if there is one, language
-                     standard input, as .txt
```

Any may be packed (`.gz .xz .zst .bz2`). A language is a column's, or what was said, or what the
file's name begins with. What is no text is left out and counted.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BufferedReader
from pathlib import PurePath
from typing import Any, cast

from erniem.compressed import open_raw, unpacked_name
from erniem.corpus.document import Drops
from erniem.corpus.sources.codes import known_code, language_of
from erniem.corpus.sources.lines import Unusable, checked, decoded_lines, every_line
from erniem.corpus.sources.opened import told
from erniem.corpus.sources.paired import shown, why_unusable
from erniem.languages import LANGUAGES
from erniem.search.entries import Entry

__all__ = ["STANDARD_INPUT", "read_files"]

STANDARD_INPUT = "-"

ROWS = 1024
"""Of a parquet file at a time."""

Row = tuple[str, Any, Any, Any]
"""Where it stands; id, text and language as they were found."""


def read_files(
    paths: Sequence[str], drops: Drops, *, language: str | None = None
) -> Iterator[Entry]:
    """The sentences of some files, one after the other.

    Args:
        paths: files, URLs that fsspec opens, or `-`.
        drops: counts what is left out.
        language: of all whose row does not say another; None: as files are called.

    Raises:
        ValueError: a file that cannot be read, of no known kind, with a row without an id; two
            files that would give the same ids.
    """
    said = language_of(language, "--language") if language else None
    readers = {path: _reader_of(path) for path in paths}
    _check_names([path for path, reader in readers.items() if reader is _lines])
    for path, reader in readers.items():
        default = _language_of_name(path) if said is None else said
        for where, name, text, tag in reader(path):
            if reason := _why_drop(text):
                example = text.example if isinstance(text, Unusable) else str(text or "")
                drops.add(reason, path, default, shown(example))
                continue
            code = language_of(str(tag), where) if tag else default
            yield Entry(_id(name, where), text.strip(), code)


def _reader_of(path: str) -> Callable[[str], Iterator[Row]]:
    ending = PurePath(unpacked_name(path)).suffix
    reader = _lines if path == STANDARD_INPUT else READERS.get(ending)
    if reader is None:
        raise ValueError(f"{path}: give a file whose name ends in {', '.join(READERS)}.")
    return reader


def _check_names(paths: Iterable[str]) -> None:
    """Lines are known by their file's name, which must be one file's alone."""
    known: dict[str, str] = {}
    for path in paths:
        name = _name_of(path)
        if name in known:
            raise ValueError(
                f"{known[name]} and {path} have one name, which the ids of their lines begin with: "
                "rename one, or write ids (.tsv, .jsonl)."
            )
        known[name] = path


def _name_of(path: str) -> str:
    return "stdin" if path == STANDARD_INPUT else unpacked_name(PurePath(path).name)


def _language_of_name(path: str) -> str:
    """The code that a file's name begins with; empty if it begins with none."""
    code = known_code(_name_of(path).split(".")[0])
    return code if code in LANGUAGES else ""


def _why_drop(text: Any) -> str | None:
    if isinstance(text, Unusable):
        return text.reason
    return why_unusable(text) if isinstance(text, str) else "no text"


def _id(found: Any, where: str) -> str:
    """An id as text; numbers are ids too.

    Raises:
        ValueError: there is none.
    """
    if isinstance(found, int | str) and not isinstance(found, bool) and str(found).strip():
        return str(found).strip()
    raise ValueError(f"{where} has no id ({found!r}): give each sentence one.")


def _numbered(path: str) -> Iterator[tuple[str, str | Unusable]]:
    """Lines, and where each stands."""
    if path == STANDARD_INPUT:
        bytes_in = cast(BufferedReader, sys.stdin.buffer)
        lines = checked(decoded_lines(bytes_in), "standard input")
    else:
        lines = every_line(path)
    for number, line in enumerate(lines, start=1):
        yield f"{_name_of(path)}:{number}", line


def _lines(path: str) -> Iterator[Row]:
    for where, line in _numbered(path):
        yield where, where, line, None


def _table(path: str) -> Iterator[Row]:
    for where, line in _numbered(path):
        if isinstance(line, Unusable) or not line.strip():
            yield where, None, line, None
            continue
        columns = [column.strip() for column in line.split("\t")]
        if len(columns) not in (2, 3):
            raise ValueError(
                f"{where} has {len(columns)} columns ({line[:60]!r}): write an id, a tab and a "
                "sentence; a language may follow."
            )
        name, text, *tag = columns
        yield where, name, text, tag[0] if tag else None


def _objects(path: str) -> Iterator[Row]:
    for where, line in _numbered(path):
        if isinstance(line, Unusable) or not line.strip():
            yield where, None, line, None
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, Mapping):
            yield where, row.get("id"), row.get("text"), row.get("language")
        else:
            yield where, None, Unusable("no JSON object", line), None


def _parquet(path: str) -> Iterator[Row]:
    import pyarrow  # late: slow to import
    from pyarrow.parquet import ParquetFile

    number = 0
    try:
        with told(path), open_raw(path) as file:
            table = ParquetFile(file)
            columns = _columns(table.schema_arrow.names, path)
            for group in range(table.num_row_groups):
                for batch in table.iter_batches(ROWS, row_groups=[group], columns=columns):
                    for row in batch.to_pylist():
                        number += 1
                        where = f"{_name_of(path)}:{number}"
                        yield where, row["id"], row["text"], row.get("language")
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no parquet file or a damaged one ({error}).") from error


def _columns(there: Sequence[str], path: str) -> list[str]:
    """Those to read.

    Raises:
        ValueError: one is missing.
    """
    if missing := [name for name in ("id", "text") if name not in there]:
        raise ValueError(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(there)}: rename them."
        )
    return [name for name in ("id", "text", "language") if name in there]


READERS: dict[str, Callable[[str], Iterator[Row]]] = {
    ".txt": _lines,
    ".tsv": _table,
    ".jsonl": _objects,
    ".parquet": _parquet,
}
"""By the end of a file's name."""
