"""Parquet: read batch by batch, and only the columns that are asked for."""

from collections.abc import Iterator

from erniem.compressed import open_raw
from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.opened import told
from erniem.corpus.sources.rows import Row, check_columns, columns_of, documents_of
from erniem.corpus.sources.source import Source

__all__ = ["read_parquet"]

BATCH = 1024
"""Rows at a time."""
BUFFER = 2**20
"""Bytes of a column read at a time, not all of a row group."""


def read_parquet(source: Source, drops: Drops) -> Iterator[Document]:
    """A document a row.

    Raises:
        ValueError: no parquet file, a damaged one, or a column is missing.
    """
    return documents_of(_rows(source), source, drops)


def _rows(source: Source) -> Iterator[Row]:
    import pyarrow  # late: as slow to import as all else here together
    from pyarrow.parquet import ParquetFile

    try:
        with told(source.path), open_raw(source.path) as file:
            table = ParquetFile(file, buffer_size=BUFFER)
            there = table.schema_arrow.names
            check_columns(there, source)
            columns = sorted({*columns_of(source), "url"} & {*there})
            for group in range(table.num_row_groups):  # one by one: all at once, memory grows
                for batch in table.iter_batches(BATCH, row_groups=[group], columns=columns):
                    yield from batch.to_pylist()
    except (pyarrow.ArrowException, UnicodeDecodeError) as error:
        raise ValueError(
            f"{source.path} is no parquet file or a damaged one ({error}): fetch it again."
        ) from error
