"""jsonl: a JSON object a line, such as what extractors of Wikipedia's dumps write."""

import json
from collections.abc import Iterator

from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.lines import lines_of
from erniem.corpus.sources.rows import Row, documents_of
from erniem.corpus.sources.source import Source

__all__ = ["read_jsonl"]


def read_jsonl(source: Source, drops: Drops) -> Iterator[Document]:
    """A document a line; lines that are no JSON object are dropped and counted.

    Raises:
        ValueError: the file cannot be read, or its first object lacks a column.
    """
    return documents_of(_rows(source, drops), source, drops)


def _rows(source: Source, drops: Drops) -> Iterator[Row]:
    for line in lines_of(source, drops):
        try:
            row = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            row = ...
        if isinstance(row, dict):
            yield row
        else:
            reason = "empty" if row is None and not line.strip() else "no JSON object"
            drops.add(reason, source.name, source.label, line)
