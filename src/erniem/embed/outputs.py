"""Files of vectors, written as they come: memory holds a window of them.

```text
NAME.npy       (N, D) float32; opens with np.load(NAME, mmap_mode="r")
NAME.jsonl     {"text": …, "vector": […]} a line, .gz too; nine digits: float32 to the bit
NAME.parquet   columns text and vector (a list of D float32), a row group a window
```

Letters: N texts, D width.
"""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Float32

__all__ = ["Write", "open_output"]

Write = Callable[[Sequence[str], Float32[np.ndarray, "N D"]], None]
"""Adds texts and their vectors."""


def open_output(path: Path, width: int) -> AbstractContextManager[Write]:
    """A file of vectors to be written, which is whole when the context ends.

    Args:
        path: its name's end tells the format.
        width: numbers of a vector.

    Raises:
        ValueError: no format that there is.
    """
    for ending, opened in OUTPUTS.items():
        if path.name.endswith(ending):
            return opened(path, width)
    raise ValueError(f"{path}: give a name that ends in {', '.join(OUTPUTS)}.")


@contextmanager
def _npy(path: Path, width: int) -> Iterator[Write]:
    """The header is written twice: at first for no vectors, in as much room as for many."""
    count = 0

    def write(texts: Sequence[str], vectors: Float32[np.ndarray, "N D"]) -> None:
        nonlocal count
        file.write(np.ascontiguousarray(vectors, dtype="<f4").data)
        count += len(vectors)

    with path.open("wb") as file:
        _header(file, 0, width)
        begin = file.tell()
        yield write
        file.seek(0)
        _header(file, count, width)
        assert file.tell() == begin, "numpy leaves room for the count to grow"


def _header(file: IO[bytes], count: int, width: int) -> None:
    facts = {"descr": "<f4", "fortran_order": False, "shape": (count, width)}
    np.lib.format.write_array_header_1_0(file, facts)


@contextmanager
def _jsonl(path: Path, width: int) -> Iterator[Write]:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="\n") as file:

        def write(texts: Sequence[str], vectors: Float32[np.ndarray, "N D"]) -> None:
            for text, vector in zip(texts, vectors.tolist(), strict=True):
                numbers = ", ".join(map("%.9g".__mod__, vector))
                told = json.dumps(text, ensure_ascii=False)
                file.write(f'{{"text": {told}, "vector": [{numbers}]}}\n')

        yield write


@contextmanager
def _parquet(path: Path, width: int) -> Iterator[Write]:
    import pyarrow as pa  # late: slow to import
    from pyarrow.parquet import ParquetWriter

    schema = pa.schema({"text": pa.string(), "vector": pa.list_(pa.float32(), width)})

    def write(texts: Sequence[str], vectors: Float32[np.ndarray, "N D"]) -> None:
        numbers = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), width)
        writer.write_table(pa.table([pa.array(texts, pa.string()), numbers], schema=schema))

    with ParquetWriter(path, schema, compression="zstd") as writer:
        yield write


OUTPUTS: dict[str, Callable[[Path, int], AbstractContextManager[Write]]] = {
    ".npy": _npy,
    ".jsonl": _jsonl,
    ".jsonl.gz": _jsonl,
    ".parquet": _parquet,
}
"""By the end of a file's name."""
