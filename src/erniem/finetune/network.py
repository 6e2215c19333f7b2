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
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

from erniem.convert.checkpoint import becomes_ours, read_checkpoint
from erniem.convert.quiet import quiet
from erniem.embed.encoders import positions_of
from erniem.finetune.settings import Settings
from erniem.model import heads
from erniem.model.encoder import ErnieMPreTrainedModel
from erniem.tasks.task import Head, Limits

__all__ = ["is_packed", "limits_of", "open_network"]

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


def open_network(
    folder: Path, head: Head, labels: Sequence[str], *, trained: bool = False
) -> PreTrainedModel:
    """The encoder of a folder with a head, in float32.

    A head that the folder has, of this kind and with these labels, is kept; otherwise a fresh one
    is drawn from torch's global generator. (Of others' encoders a head with as many labels is kept
    too, to begin from.)

    Args:
        folder: a checkpoint of any kind that we or transformers' Auto classes read.
        head: what stands on it.
        labels: names of the classes; none of answers.
        trained: refuse a folder without such a head, whose answers would be random.

    Raises:
        ValueError: a folder that neither we nor transformers can read, or without the head.
    """
    if becomes_ours(folder):
        read = read_checkpoint(folder, dtype=torch.float32).model
        if trained and not _has(read, OURS[head], labels):
            raise ValueError(_untrained(folder, labels, read.config))
        return _with_head(read, OURS[head], labels)
    settings = _labels(labels) if labels else {}
    try:
        with quiet():
            network, info = THEIRS[head].from_pretrained(
                folder,
                dtype=torch.float32,
                local_files_only=True,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
                **settings,
            )
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise ValueError(f"{folder} cannot be read: {error}") from error
    drawn = [*info["missing_keys"], *(name for name, *_ in info["mismatched_keys"])]
    body = f"{network.base_model_prefix}."
    whole = all(name.startswith(body) for name in drawn) and _named(config, labels)
    if trained and not whole:
        raise ValueError(_untrained(folder, labels, config))
    return network


def limits_of(network: PreTrainedModel, settings: Settings) -> Limits:
    """How much of a text a network reads at once: as set, and no more than it has positions for."""
    longest = min(settings.max_length, positions_of(network))
    return Limits(max_length=longest, stride=settings.stride)


def is_packed(network: PreTrainedModel) -> bool:
    """Whether a network computes real tokens alone, whatever padding stands beside them."""
    return isinstance(network, ErnieMPreTrainedModel)


def _with_head(
    read: Any, kind: type[ErnieMPreTrainedModel], labels: Sequence[str]
) -> ErnieMPreTrainedModel:
    """The model as it is, if its head is the one wanted; else its encoder with a new one."""
    config = read.config
    if _has(read, kind, labels):
        return read
    if labels:
        config.update(_labels(labels))
    network: ErnieMPreTrainedModel = kind(config)
    encoder = getattr(read, "ernie_m", read)
    told = network.ernie_m.load_state_dict(encoder.state_dict(), strict=False)  # type: ignore[union-attr]
    assert all(name.startswith("pooler.") for name in told.missing_keys), told.missing_keys
    return network


def _has(read: Any, kind: type[ErnieMPreTrainedModel], labels: Sequence[str]) -> bool:
    """Whether a model has the head that is wanted."""
    return isinstance(read, kind) and _named(read.config, labels)


def _named(config: Any, labels: Sequence[str]) -> bool:
    """Whether a config has these names of classes, by number."""
    return not labels or config.id2label == dict(enumerate(labels))


def _untrained(folder: Path, labels: Sequence[str], config: Any) -> str:
    """What to say of a folder without the head."""
    has = " ".join(config.architectures or ["no head that it tells of"])
    if labels:
        has += f" with the labels {', '.join(map(str, config.id2label.values()))}"
    wanted = f" for {', '.join(labels)}" if labels else " for answers"
    return (
        f"{folder} has no trained head{wanted}, its answers would be random: it has {has}. Train "
        "one with `erniem finetune`."
    )


def _labels(labels: Sequence[str]) -> dict[str, Any]:
    """Names of classes as a config has them."""
    return {
        "id2label": dict(enumerate(labels)),
        "label2id": {name: number for number, name in enumerate(labels)},
    }
