"""transformers' Trainer over processes whose number may change, with whole or sharded weights.

What it does otherwise than the Trainer, and why: its own FSDP knows no CPU, so that nothing of it
could be tested here; its checkpoints keep dice and an optimiser that fit one number of processes.
"""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from transformers import Trainer

from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.sharding import load_optimizer, save_optimizer, shard, whole_weights

__all__ = ["ManyProcesses"]

SCHEDULE_FILE = "scheduler.pt"
"""The state of the learning rate's schedule, the same in all processes."""


class ManyProcesses(Trainer):
    """A Trainer whose runs go on in another number of processes, sharded or not.

    A micro-batch brings its own dice: an input `dice`, from which dropout is drawn.
    """

    sharded = False
    """True if each process is to hold a part of every weight (FSDP2)."""

    @property
    def network(self) -> ErnieMForMaskedLM:
        """The model, without what DDP puts around it."""
        assert isinstance(self.model, ErnieMForMaskedLM)
        return self.model

    @property
    def bare_optimizer(self) -> torch.optim.Optimizer:
        """The optimiser, without what accelerate puts around it."""
        optimizer = getattr(self.optimizer, "optimizer", self.optimizer)
        assert isinstance(optimizer, torch.optim.Optimizer)
        return optimizer

    def _prepare_for_training(self, *args: Any, **kwargs: Any) -> Any:
        """Shards the weights, if it is to, before the optimiser takes hold of them."""
        if self.sharded:
            shard(self.network)
            # The Trainer then leaves it to the model to place weights and to sum gradients.
            self.is_distributed_loading_by_transformers = True
        return super()._prepare_for_training(*args, **kwargs)  # type: ignore[no-untyped-call]

    def training_step(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        num_items_in_batch: Tensor | int | None = None,
    ) -> Tensor:
        """Forward and backward of a micro-batch, whose dice decide dropout."""
        torch.manual_seed(int(inputs.pop("dice")))
        return super().training_step(model, inputs, num_items_in_batch)

    def _defer_fsdp_gradient_reduction(self) -> Any:
        """Defers nothing: until the last micro-batch of a step, gradients would be kept whole."""
        return nullcontext()

    def _clip_grad_norm(self, model: nn.Module) -> Any:
        """The norm over all processes, as a number and not as a shard."""
        norm = super()._clip_grad_norm(model)  # type: ignore[no-untyped-call]
        return norm.full_tensor() if isinstance(norm, DTensor) else norm

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """A folder that loads with `from_pretrained`, whether the weights are sharded or not."""
        sharded = any(isinstance(weight, DTensor) for weight in self.network.parameters())
        state = whole_weights(self.network) if sharded else None
        if self.args.should_save:
            self._save(output_dir, state_dict=state)

    def _save_optimizer_and_scheduler(self, output_dir: str) -> None:
        """The optimiser's state in parts, see `erniem.pretrain.sharding`; the schedule beside."""
        save_optimizer(Path(output_dir), self.network, self.bare_optimizer)
        if self.args.should_save:
            assert self.lr_scheduler is not None
            torch.save(self.lr_scheduler.state_dict(), Path(output_dir) / SCHEDULE_FILE)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        """What `_save_optimizer_and_scheduler` wrote, in any number of processes."""
        if checkpoint is not None:
            load_optimizer(Path(checkpoint), self.network, self.bare_optimizer)
            schedule = torch.load(Path(checkpoint) / SCHEDULE_FILE, weights_only=True)
            assert self.lr_scheduler is not None
            self.lr_scheduler.load_state_dict(schedule)

    def _save_rng_state(self, output_dir: str) -> None:
        """Nothing: all dice are named by the micro-batch, and at scale a file each is many."""

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """Nothing, likewise."""
