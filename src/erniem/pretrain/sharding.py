"""Weights and optimiser over many processes: torch's FSDP2, and checkpoints of any number of them.

```text
process 0   ½ of every weight ─┐ gathered for the layer that runs, freed after it
process 1   ½ of every weight ─┘ gradients: summed, each process keeps its half, and steps it

checkpoint-N/model.safetensors    the weights, whole: any checkpoint loads with from_pretrained
checkpoint-N/sharded/             the optimiser's state by name of weight, each process its part
```

The state is written by name, so another number of processes reads it, sharded or not.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save
from torch.distributed.fsdp import fully_shard
from torch.optim import Optimizer

from erniem.model.heads import ErnieMForMaskedLM

__all__ = ["SHARDED", "load_optimizer", "save_optimizer", "shard", "whole_weights"]

SHARDED = "sharded"
"""The folder of a checkpoint that all processes write in."""


def shard(model: ErnieMForMaskedLM) -> None:
    """Leaves each process its part of every weight, in place; call it on all of them.

    A layer is gathered while it runs. Tables and head are one unit, gathered from the first token
    to the last gradient: their largest weight is the same, and is read at both ends.
    """
    for layer in model.ernie_m.encoder.layers:
        fully_shard(layer)
    fully_shard(model)


def whole_weights(model: ErnieMForMaskedLM) -> dict[str, Tensor]:
    """The weights put together, on process 0; nothing on the others, which must call it too."""
    whole = StateDictOptions(full_state_dict=True, cpu_offload=True)
    state = dict[str, Any](get_model_state_dict(model, options=whole))
    tied = model._tied_weights_keys  # gathered twice, and written once
    return {name: weight for name, weight in state.items() if name not in tied}


def save_optimizer(checkpoint: Path, model: ErnieMForMaskedLM, optimizer: Optimizer) -> None:
    """Writes the optimiser's state; each process writes a part of it.

    Raises:
        OSError: it could not be written.
    """
    state: dict[str, Any] = {"optimizer": get_optimizer_state_dict(model, optimizer)}
    try:
        with _quietly_alone():
            save(state, checkpoint_id=checkpoint / SHARDED)
    except CheckpointException as error:
        rank, cause = next(iter(error.failures.items()))
        raise OSError(f"process {rank}: {cause[0]}") from error


def load_optimizer(checkpoint: Path, model: ErnieMForMaskedLM, optimizer: Optimizer) -> None:
    """Reads what any number of processes wrote; each process reads what it needs.

    Raises:
        ValueError: a checkpoint without this state.
    """
    folder = checkpoint / SHARDED
    if not folder.is_dir():
        raise ValueError(
            f"{checkpoint} has no {SHARDED}/, the state of the optimiser: it is no checkpoint of "
            "this version; start a new run from it (start: in the recipe)."
        )
    state: dict[str, Any] = {"optimizer": get_optimizer_state_dict(model, optimizer)}
    with _quietly_alone():
        load(state, checkpoint_id=folder)
    set_optimizer_state_dict(model, optimizer, state["optimizer"])


@contextmanager
def _quietly_alone() -> Iterator[None]:
    """Without the warning that one process is alone, as it may be."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.distributed is disabled")
        yield
