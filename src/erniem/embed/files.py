"""Files of texts, of which every row is one: none is left out, so that rows and vectors agree.

```text
NAME.txt, -           a text a line, an empty line an empty text
NAME.jsonl .parquet   the text of a column
```

All but parquet may be packed (`.gz .xz .zst .bz2`). What is no text ends the reading with its line.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BufferedReader
from pathlib import PurePath
from typing import cast

from erniem.compressed import open_raw, unpacked_name
from erniem.corpus.sources.lines import Unusable, checked, decoded_lines, every_line
from erniem.corpus.sources.opened import told
from erniem.corpus.sources.paired import shown, why_unusable

__all__ = ["STANDARD_INPUT", "read_texts"]

STANDARD_INPUT = "-"
ROWS = 1024
"""Of a parquet file at a time."""

Reader = Callable[[str, str], Iterator[str]]
"""Texts of a file's column."""


def read_texts(paths: Sequence[str], column: str = "text") -> Iterator[str]:
    """The texts of some files, one file after the other.

    Args:
        paths: files, URLs that fsspec opens, or `-`.
        column: that holds the text in .jsonl and .parquet.

    Raises:
        ValueError: no file, one of no known kind, that cannot be read, is empty, lacks the column
            or holds something else than text; with the line.
    """
    if not paths:
        raise ValueError("there is no file: name some, or - for standard input.")
    for path, reader in [(path, _reader_of(path)) for path in paths]:
        yield from reader(path, column)


def _reader_of(path: str) -> Reader:
    ending = PurePath(unpacked_name(path)).suffix
    reader = _lines if path == STANDARD_INPUT else READERS.get(ending)
    if reader is None:
        raise ValueError(f"{path}: give a file whose name ends in {', '.join(READERS)}, or -.")
    return reader


def _lines(path: str, column: str) -> Iterator[str]:
    """Every line; a column is not asked of them."""
    for _, line in _numbered(path):
        yield line


def _objects(path: str, column: str) -> Iterator[str]:
    for where, line in _numbered(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{where} is no JSON ({line[:60]!r}): mend or drop it.") from error
        if not isinstance(row, Mapping) or column not in row:
            raise ValueError(
                f"{where} has no {column!r} ({line[:60]!r}): say which it is, --field."
            )
        yield _checked(row[column], where)


def _numbered(path: str) -> Iterator[tuple[str, str]]:
    """Lines, and where each stands.

    Raises:
        ValueError: one that is no text.
    """
    if path == STANDARD_INPUT:
        path = "standard input"
        lines = checked(decoded_lines(cast(BufferedReader, sys.stdin.buffer)), path)
    else:
        lines = every_line(path)
    for number, line in enumerate(lines, start=1):
        if isinstance(line, Unusable):
            raise ValueError(
                f"{path}:{number} cannot be read ({line.reason}: {line.example!r}): convert the "
                "file to UTF-8, or mend the line."
            )
        yield f"{path}:{number}", line


def _parquet(path: str, column: str) -> Iterator[str]:
    import pyarrow  # late: slow to import
    from pyarrow.parquet import ParquetFile

    try:
        with told(path), open_raw(path) as file:
            table = ParquetFile(file)
            _check_columns(table.schema_arrow.names, path, column)
            number = 0
            for group in range(table.num_row_groups):  # one by one: all at once, memory grows
                for batch in table.iter_batches(ROWS, row_groups=[group], columns=[column]):
                    for text in batch.column(0).to_pylist():
                        number += 1
                        yield _checked(text, f"{path}:{number}")
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no parquet file or a damaged one ({error}).") from error
    if not number:
        raise ValueError(f"{path} has no rows: fill it or take it away.")


def _check_columns(there: Sequence[str], path: str, column: str) -> None:
    if column not in there:
        raise ValueError(
            f"{path} has no column {column!r}; it has {', '.join(there)}: say which it is, --field."
        )


def _checked(text: object, where: str) -> str:
    """A column's value, which is to be text."""
    if not isinstance(text, str):
        raise ValueError(f"{where} holds {text!r} and no text: mend or drop it.")
    if (why := why_unusable(text)) is not None and why != "empty":
        raise ValueError(f"{where} cannot be read ({why}: {shown(text)!r}): mend or drop it.")
    return text


READERS: dict[str, Reader] = {".txt": _lines, ".jsonl": _objects, ".parquet": _parquet}
"""By the end of a file's name."""
