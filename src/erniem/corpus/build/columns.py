"""Cleaned documents on disk: a Parquet file a task, which any tool reads.

Letters: n rows of a batch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Bool, UInt64

from erniem.corpus.document import Document, is_pair, languages_of, sides_of, source_of

__all__ = ["DocumentWriter", "Rows", "read_keys", "read_rows"]

BATCH = 4_096
"""Rows of a batch, and of a row group."""
KEYS_AT_ONCE = 1 << 18
"""Keys of a batch, where they are read alone."""
KEYS = ("key", "translation_key")
NAME = pa.dictionary(pa.int32(), pa.string())
NAMES = ("source", "language", "translation_language")
SCHEMA = pa.schema(
    [
        ("source", NAME),
        ("language", NAME),
        ("text", pa.string()),
        ("translation_language", NAME),
        ("translation", pa.string()),
        ("key", pa.uint64()),
        ("translation_key", pa.uint64()),
    ]
)
"""`key` and `translation_key`: of the sides, as `erniem.corpus.keys` makes them."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of one source and label."""

    label: str
    """`de`, or `en-de`."""
    source: str
    """Name of the source."""
    numbers: np.ndarray
    """Their numbers in the file."""
    columns: tuple[pa.Array, ...]
    """The texts of each side, as the file holds them: far faster than lists to count or to draw."""
    keys: tuple[UInt64[np.ndarray, " n"], ...]
    """Of each side."""

    @cached_property
    def texts(self) -> tuple[list[str], ...]:
        """The texts of each side."""
        return tuple(column.to_pylist() for column in self.columns)

    def those(self, wanted: Bool[np.ndarray, " n"]) -> "Rows":
        """Some of the rows."""
        if wanted.all():
            return self
        mask = pa.array(wanted)
        columns = tuple(column.filter(mask) for column in self.columns)
        keys = tuple(side[wanted] for side in self.keys)
        return replace(self, numbers=self.numbers[wanted], columns=columns, keys=keys)


class DocumentWriter:
    """Writes documents, whole or not at all.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._partial = path.with_name(path.name + ".partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = pq.ParquetWriter(self._partial, SCHEMA, compression="zstd")

    def __enter__(self) -> "DocumentWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        if error is None:
            self._partial.rename(self.path)
        else:
            self._partial.unlink(missing_ok=True)

    def add(self, documents: Sequence[Document], keys: UInt64[np.ndarray, "2 n"]) -> None:
        """Appends documents with the keys of their first and second sides."""
        rows = [(source_of(document), *_columns(document)) for document in documents]
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array(column, type=kind)
            for column, kind in zip(columns, SCHEMA.types[:5], strict=True)
        ]
        arrays += [pa.array(column) for column in keys]
        self._writer.write_batch(pa.record_batch(arrays, schema=SCHEMA))


def _columns(document: Document) -> tuple[str | None, ...]:
    columns = zip(languages_of(document), sides_of(document), strict=True)
    filled = tuple(value for side in columns for value in side)
    return filled if is_pair(document) else (*filled, None, None)


def read_keys(path: Path) -> Iterator[UInt64[np.ndarray, "2 n"]]:
    """The keys of first and second sides, in batches; a sentence's second key is 0."""
    for batch in pq.ParquetFile(path).iter_batches(KEYS_AT_ONCE, columns=list(KEYS)):
        yield np.stack([batch.column(name).to_numpy() for name in KEYS])


def read_rows(path: Path) -> Iterator[Rows]:
    """The rows of a file, in batches of one source and label each."""
    file = pq.ParquetFile(path, read_dictionary=list(NAMES))
    start = 0
    for batch in file.iter_batches(BATCH, columns=SCHEMA.names):
        yield from _groups(batch, np.arange(start, start + batch.num_rows))
        start += batch.num_rows


def _groups(batch: pa.RecordBatch, numbers: np.ndarray) -> Iterator[Rows]:
    """A batch by source and label; most files have one of each."""
    kinds = np.stack([_codes(batch.column(name)) for name in NAMES])
    alike = (kinds == kinds[:, :1]).all()
    for kind in kinds[:, :1].T if alike else np.unique(kinds, axis=1).T:
        places = np.flatnonzero((kinds == kind[:, None]).all(axis=0))
        rows = batch if len(places) == len(numbers) else batch.take(pa.array(places))
        source, language, other = (rows.column(name)[0].as_py() for name in NAMES)
        columns = ["text"] if other is None else ["text", "translation"]
        yield Rows(
            label=language if other is None else f"{language}-{other}",
            source=source,
            numbers=numbers[places],
            columns=tuple(rows.column(name) for name in columns),
            keys=tuple(rows.column(name).to_numpy() for name in KEYS[: len(columns)]),
        )


def _codes(column: pa.DictionaryArray) -> np.ndarray:
    """Numbers of the names in a column; -1 for none."""
    return column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
