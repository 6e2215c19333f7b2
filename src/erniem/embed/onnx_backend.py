"""ONNX Runtime as a backend, on the files that `erniem export onnx` writes.

```text
rows of like lengths ─pad─▶ input_ids, attention_mask (S, L) ─sentence.onnx─▶ (S, D)
```

Letters: S sentences of a batch, L tokens of the longest, D width.
"""

import json
import os
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64
from transformers import PreTrainedTokenizerFast

from erniem.embed.rows import Rows, at_once
from erniem.embed.settings import VectorSettings, read_vector_settings

__all__ = ["FILES", "OnnxBackend", "padded_rows"]

FILES = {"onnx": "sentence.onnx", "onnx-int8": "sentence-int8.onnx"}
"""In the folder `onnx`, by the backend's name."""

OURS = ("layer", "pooling", "prefix")
"""What a file is made for; the size of a batch and the length of a text are free."""


class OnnxBackend:
    """ONNX Runtime, in float32 or in int8 as its file is.

    Args:
        folder: that `erniem export onnx` wrote.
        name: `onnx` or `onnx-int8`.
        tokenizer: knows the padding, and how long a text may be.
        settings: how vectors are to be made; None: as the folder or the file says.
        threads: to compute with; as many as there are cores if None.

    Raises:
        ValueError: no such file, a damaged one, one made for other vectors.
        ImportError: ONNX Runtime is not installed.
    """

    padded = True

    def __init__(
        self,
        folder: Path,
        name: str,
        tokenizer: PreTrainedTokenizerFast,
        settings: VectorSettings | None = None,
        threads: int | None = None,
    ) -> None:
        file = _file_of(folder, name)
        self.session = _session(file, threads)
        made_for = _settings_of(file, self.session)
        self.settings = settings or read_vector_settings(folder) or made_for
        _check(file, made_for, self.settings)
        self.pad = int(tokenizer.pad_token_id)
        self.width = int(self.session.get_outputs()[0].shape[-1])
        self.limit = int(tokenizer.model_max_length)
        self.at_once = at_once(threads or os.cpu_count() or 1)

    def vectors(self, rows: Rows) -> Float32[np.ndarray, "S D"]:
        """Vectors of a batch."""
        ids, mask = padded_rows(rows, self.pad)
        (found,) = self.session.run(None, {"input_ids": ids, "attention_mask": mask})
        return found


def padded_rows(rows: Rows, pad: int) -> tuple[Int64[np.ndarray, "S L"], Int64[np.ndarray, "S L"]]:
    """Rows filled up to the longest, and 1 where a piece is real.

    Example: `padded_rows([[0, 5, 2], [0, 2]], 1)` → `[[0, 5, 2], [0, 2, 1]]` and
    `[[1, 1, 1], [1, 1, 0]]`.
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    real = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(real.shape, pad, dtype=np.int64)
    ids[real] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return ids, real.astype(np.int64)


def _file_of(folder: Path, name: str) -> Path:
    """Where the network is.

    Raises:
        ValueError: it is not there.
    """
    file = folder / "onnx" / FILES[name]
    if not file.is_file():
        int8 = " --int8" if name == "onnx-int8" else ""
        raise ValueError(
            f"{file} is not there: write it with `erniem export onnx MODEL --as sentence "
            f"--output DIR{int8}`, and open DIR."
        )
    return file


def _session(file: Path, threads: int | None) -> Any:
    """ONNX Runtime with a file.

    Raises:
        ImportError: it is not installed.
        ValueError: it cannot read the file.
    """
    try:
        runtime: Any = import_module("onnxruntime")  # which has no types
    except ImportError as error:
        raise ImportError(
            f"onnxruntime is not installed ({error}): pip install 'erniem[onnx]'."
        ) from error
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    try:
        return runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no class in common but this one
        raise ValueError(f"{file} cannot be read ({error}): export it again.") from error


def _settings_of(file: Path, session: Any) -> VectorSettings:
    """How the vectors of a file are made.

    Raises:
        ValueError: it does not say.
    """
    told = session.get_modelmeta().custom_metadata_map.get("erniem")
    try:
        return VectorSettings(**json.loads(told or ""))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{file} does not say how its vectors are made ({error}): write it with "
            "`erniem export onnx`."
        ) from error


def _check(file: Path, made_for: VectorSettings, asked: VectorSettings) -> None:
    """Stops at vectors that the file does not make."""
    there, wanted = asdict(made_for), asdict(asked)
    other = [name for name in OURS if there[name] != wanted[name]]
    if other:
        made = ", ".join(f"{name} {there[name]!r}" for name in other)
        want = ", ".join(f"{name} {wanted[name]!r}" for name in other)
        raise ValueError(f"{file} was made for {made}, not for {want}: export it again with these.")
