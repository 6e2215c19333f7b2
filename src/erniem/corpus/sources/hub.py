"""Data sets of the Hugging Face Hub by name, streamed: `hub:owner/name`.

By the library `datasets`, which knows of every data set's files, configurations and splits. Files
whose place is known need it not: `hf://datasets/owner/name/sw/*.parquet` is a URL like any other.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.rows import Row, documents_of
from erniem.corpus.sources.source import Source

__all__ = ["PREFIX", "read_hub"]

PREFIX = "hub:"


def read_hub(source: Source, drops: Drops) -> Iterator[Document]:
    """A document a row, in the order of the data set.

    Options: `config`, `split` (`train` if not given), `revision`, and the columns as of jsonl.

    Raises:
        ValueError: `datasets` is not installed, no such data set, a column is missing, the
            connection is lost.
    """
    return documents_of(_rows(source), source, drops)


def _rows(source: Source) -> Iterator[Row]:
    options = source.options
    datasets = _library(source.path)
    try:
        yield from datasets.load_dataset(
            source.path.removeprefix(PREFIX),
            options.get("config"),
            split=options.get("split", "train"),
            revision=options.get("revision"),
            streaming=True,
        )
    except Exception as error:  # datasets lets through what any of its storages raises
        raise ValueError(
            f"{source.path} cannot be read to its end ({type(error).__name__}: {error}): see "
            "whether name, config and split are right and the Hub is in reach, then run again."
        ) from error


def _library(path: str) -> Any:
    try:
        return import_module("datasets")
    except ModuleNotFoundError as error:
        raise ValueError(
            f"{path} needs the library datasets: install erniem[hub] (pip install 'erniem[hub]')."
        ) from error
