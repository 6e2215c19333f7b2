"""Does a file compute what the model does: on a hundred sentences in twenty languages.

```text
sentences ─10 at a time─▶ ids, mask ─┬─▶ the model, in torch, packed ─┐
                                     └─▶ each file, ONNX Runtime ─────┴─▶ difference, cosine
```

Letters: B rows, C choices, L tokens of a row.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from transformers import PreTrainedTokenizerFast

from erniem.export.sentences import try_sentences
from erniem.export.trace import INPUTS

__all__ = ["Agreement", "Rows", "agreement_of", "agreements", "rows_to_try"]

BATCH = 10
"""Sentences of a call: of a masked LM with 250,000 pieces, its logits take some 250 MB."""

Outputs = Sequence[np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """One call."""

    sentences: list[str]
    ids: Int[np.ndarray, "*rows L"]
    mask: Int[np.ndarray, "*rows L"]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far a file agrees with the model."""

    sentences: int
    greatest: float
    """Greatest difference of any two values."""
    cosine: float
    """Mean over the rows of the cosine of all their values."""

    def words(self) -> str:
        """For people."""
        return (
            f"on {self.sentences} sentences, greatest difference {self.greatest:.1e}, mean cosine "
            f"{self.cosine:.5f}"
        )


def rows_to_try(
    tokenizer: PreTrainedTokenizerFast, *, prefix: str, limit: int, choices: int | None
) -> Iterator[Rows]:
    """The sentences as calls, padded.

    Args:
        tokenizer: the model's.
        prefix: before each sentence.
        limit: tokens of a sentence at most.
        choices: sentences of a row, where rows are choices.
    """
    sentences = try_sentences()
    for first in range(0, len(sentences), BATCH):
        some = sentences[first : first + BATCH]
        encoded = tokenizer(
            [prefix + one for one in some],
            padding=True,
            truncation=True,
            max_length=limit,
            return_tensors="np",
            verbose=False,
        )
        ids, mask = (encoded[name].astype(np.int64) for name in INPUTS)
        if choices is not None:
            ids, mask = (one.reshape(-1, choices, one.shape[1]) for one in (ids, mask))
        yield Rows(sentences=some, ids=ids, mask=mask)


def agreements(
    files: Sequence[Path], calls: Iterator[Rows], expected: Callable[[Rows], Outputs]
) -> list[Agreement]:
    """How far each file agrees with the model.

    Args:
        files: ONNX files with the same outputs.
        calls: what to try them on.
        expected: what the model says, in the order of the files' outputs.
    """
    sessions = [_session(file) for file in files]
    greatest = [0.0] * len(files)
    cosines: list[list[float]] = [[] for _ in files]
    tried = 0
    for rows in calls:
        right = expected(rows)
        tried += len(rows.sentences)
        for place, session in enumerate(sessions):
            found = session.run(None, dict(zip(INPUTS, (rows.ids, rows.mask), strict=True)))
            greatest[place] = max(greatest[place], _greatest(found, right))
            cosines[place] += _cosines(found, right)
    return [
        Agreement(sentences=tried, greatest=worst, cosine=float(np.mean(each)))
        for worst, each in zip(greatest, cosines, strict=True)
    ]


def agreement_of(found: Outputs, right: Outputs) -> Agreement:
    """How far outputs of one call agree, a row a sentence."""
    return Agreement(
        sentences=len(right[0]),
        greatest=_greatest(found, right),
        cosine=float(np.mean(_cosines(found, right))),
    )


def _session(file: Path) -> Any:
    """ONNX Runtime with a file, on as many threads as torch has."""
    onnxruntime: Any = import_module("onnxruntime")  # which has no types
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def _greatest(found: Outputs, right: Outputs) -> float:
    """The greatest difference; infinite if a value is no number."""
    worst = max(float(np.abs(one - two).max()) for one, two in zip(found, right, strict=True))
    return worst if np.isfinite(worst) else float("inf")


def _cosines(found: Outputs, right: Outputs) -> list[float]:
    """Of each row."""
    one, two = (
        np.concatenate([each.reshape(len(each), -1) for each in side], axis=1).astype(np.float64)
        for side in (found, right)
    )
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(two, axis=1)
    return list((one * two).sum(axis=1) / np.maximum(norms, 1e-30))
