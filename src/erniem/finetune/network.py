"""An encoder with the head of a task: of any origin, fresh or already trained.

```text
ERNIE-M (ours, transformers 4, Paddle), XLM-R, BERT ─▶ our encoder, packed ─┬─▶ head of the task
any other that transformers' Auto classes load ─▶ as it is, padded ─────────┘   its own, or fresh
```
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

from erniem.convert.checkpoint import becomes_ours, read_checkpoint
from erniem.convert.quiet import quiet
from erniem.model import heads
from erniem.model.encoder import ErnieMPreTrainedModel
from erniem.tasks.task import Head

__all__ = ["is_packed", "open_network"]

OURS: dict[Head, type[ErnieMPreTrainedModel]] = {
    "sequence": heads.ErnieMForSequenceClassification,
    "token": heads.ErnieMForTokenClassification,
    "answer": heads.ErnieMForQuestionAnswering,
}

THEIRS: dict[Head, Any] = {
    "sequence": AutoModelForSequenceClassification,
    "token": AutoModelForTokenClassification,
    "answer": AutoModelForQuestionAnswering,
}


def open_network(folder: Path, head: Head, labels: Sequence[str]) -> PreTrainedModel:
    """The encoder of a folder with a head, in float32.

    A head that the folder has, of this kind and with these labels, is kept; otherwise a fresh one
    is drawn from torch's global generator.

    Args:
        folder: a checkpoint of any kind that we or transformers' Auto classes read.
        head: what stands on it.
        labels: names of the classes; none of answers.

    Raises:
        ValueError: a folder that neither we nor transformers can read.
    """
    if becomes_ours(folder):
        read = read_checkpoint(folder, dtype=torch.float32).model
        return _with_head(read, OURS[head], labels)
    settings = _labels(labels) if labels else {}
    try:
        with quiet():
            return THEIRS[head].from_pretrained(
                folder,
                dtype=torch.float32,
                local_files_only=True,
                ignore_mismatched_sizes=True,
                **settings,
            )
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{folder} cannot be read: {error}") from error


def is_packed(network: PreTrainedModel) -> bool:
    """Whether a network computes real tokens alone, whatever padding stands beside them."""
    return isinstance(network, ErnieMPreTrainedModel)


def _with_head(
    read: Any, kind: type[ErnieMPreTrainedModel], labels: Sequence[str]
) -> ErnieMPreTrainedModel:
    """The model as it is, if its head is the one wanted; else its encoder with a new one."""
    config = read.config
    if isinstance(read, kind) and (not labels or list(config.id2label.values()) == [*labels]):
        return read
    if labels:
        config.update(_labels(labels))
    network: ErnieMPreTrainedModel = kind(config)
    encoder = getattr(read, "ernie_m", read)
    told = network.ernie_m.load_state_dict(encoder.state_dict(), strict=False)  # type: ignore[union-attr]
    assert all(name.startswith("pooler.") for name in told.missing_keys), told.missing_keys
    return network


def _labels(labels: Sequence[str]) -> dict[str, Any]:
    """Names of classes as a config has them."""
    return {
        "id2label": dict(enumerate(labels)),
        "label2id": {name: number for number, name in enumerate(labels)},
    }
