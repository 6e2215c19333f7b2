"""A network's logits for many rows: like lengths together, by a budget of tokens.

Letters: B rows of a batch, L tokens of a row, C classes.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm
from transformers import PreTrainedModel

__all__ = ["Collate", "logits_of"]

IGNORED = -100


class Collate:
    """Rows as one padded batch. Ours computes real tokens alone, see `erniem.model.inputs`.

    Args:
        pad: id of the padding token.
    """

    def __init__(self, pad: int) -> None:
        self.fillings = {"input_ids": pad, "labels": IGNORED}

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """Values of a row become `(B, L)` where they are one a token, `(B,)` where one a row."""
        batch = {}
        longest = max(len(row["input_ids"]) for row in rows)
        for name, first in rows[0].items():
            values = [row[name] for row in rows]
            if isinstance(first, list):
                filling = self.fillings.get(name, 0)
                values = [one + [filling] * (longest - len(one)) for one in values]
            batch[name] = torch.tensor(values)
        lengths = torch.tensor([len(row["input_ids"]) for row in rows])
        batch["attention_mask"] = (torch.arange(longest) < lengths[:, None]).long()
        return batch


def logits_of(
    network: PreTrainedModel,
    rows: Sequence[dict[str, Any]],
    pad: int,
    *,
    tokens_per_batch: int = 8192,
    bf16: bool = False,
    progress: str | None = None,
) -> list[np.ndarray]:
    """Each row's logits, in the order given, without dropout and without gradient.

    Args:
        network: with a head; it stays in the mode that it is in.
        rows: arguments of its call; labels in them are not used.
        pad: id of the padding token.
        tokens_per_batch: tokens of a batch at most, padding counted; a longer row is alone.
        bf16: compute in bfloat16 where torch's autocast does.
        progress: name of a bar; none if None.

    Returns:
        Of each row `(C,)`, `(L, C)` or, of start and end, `(L, 2)`.
    """
    collate = Collate(pad)
    lengths = [len(row["input_ids"]) for row in rows]
    found: list[np.ndarray | None] = [None] * len(rows)
    training = network.training
    network.eval()
    device = network.device
    cast = torch.autocast(device.type, torch.bfloat16) if bf16 else nullcontext()
    bar = tqdm(total=len(rows), desc=progress, unit="row", disable=progress is None, leave=False)
    with bar, torch.no_grad(), cast:
        for numbers in _batches(lengths, tokens_per_batch):
            batch = collate([_unlabelled(rows[number]) for number in numbers])
            outputs = network(**{name: one.to(device) for name, one in batch.items()})
            logits = _stacked(outputs).float().cpu().numpy()
            for number, one in zip(numbers, logits, strict=True):
                found[number] = one[: lengths[number]] if one.ndim > 1 else one
            bar.update(len(numbers))
    network.train(training)
    return [one for one in found if one is not None]


def _batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Numbers of the rows of each batch, longest first."""
    batch: list[int] = []
    for number in sorted(range(len(lengths)), key=lambda one: -lengths[one]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > budget:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _unlabelled(row: dict[str, Any]) -> dict[str, Any]:
    labels = ("labels", "start_positions", "end_positions")
    return {name: value for name, value in row.items() if name not in labels}


def _stacked(outputs: Any) -> Tensor:
    """A head's logits; of an answer's start and end as one."""
    if "start_logits" in outputs:
        return torch.stack([outputs.start_logits, outputs.end_logits], dim=-1)
    return outputs.logits
