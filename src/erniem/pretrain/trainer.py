"""The training loop: transformers' Trainer with our stream, our loss and whole checkpoints.

One optimiser step, on each process:

```text
for its micro-batches g of the step:   Stream.micro_batch(g) ─▶ objectives ─▶ Joined
    BTMLM, stage 2:                    ask ─▶ encoder, no gradient ─▶ guess ─▶ learn
holes of each objective, over all micro-batches and processes: the divisor of its loss
for each micro-batch:                  encoder, head at the holes ─▶ Σ weight · Σ loss / divisor
```

so gradient accumulation and more processes give the same step as one large batch. All dice,
dropout's too, are named by the micro-batch: which process works on it plays no part.
"""

import json
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate.utils import broadcast_object_list
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import (
    PreTrainedTokenizerBase,
    PrinterCallback,
    ProgressCallback,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_utils import rotate_checkpoints
from transformers.utils.logging import disable_progress_bar, enable_progress_bar

from erniem.convert.quiet import quiet
from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.asking import Asking, CheckUp
from erniem.pretrain.assemble import Assembler, as_tensors
from erniem.pretrain.checkpoints import STAGING, publish, step_of, telling_of_a_full_disk
from erniem.pretrain.compute import compile_layers, in_words, keep_gradients
from erniem.pretrain.meters import Meters
from erniem.pretrain.processes import ManyProcesses
from erniem.pretrain.progress import ProgressLine
from erniem.pretrain.recipe import OBJECTIVES, Recipe
from erniem.pretrain.stream import micro_batches_of

__all__ = ["PretrainTrainer", "give_rate", "per_objective_loss"]

PROGRESS_FILE = "pretraining.json"
"""Beside transformers' trainer_state.json in a checkpoint: the open stages and the meters; and in
the folder of a finished run, whose checkpoints may be deleted."""


def per_objective_loss(
    losses: Float[Tensor, " H"],
    objective: Int[Tensor, " H"],
    holes: Float[Tensor, " O"],
    weights: Float[Tensor, " O"],
) -> Float[Tensor, ""]:
    """The weighted sum over objectives of each one's mean loss over its holes.

    Args:
        losses: cross-entropy of each hole of this micro-batch.
        objective: index of each hole's objective.
        holes: number of holes of each objective in the whole step.
        weights: weight of each objective.

    Example: losses [2, 4, 9], objectives [0, 0, 1], holes [2, 1], weights [1, 1] → 3 + 9 = 12.
    """
    sums = torch.zeros_like(weights).index_add(0, objective, losses)
    return (weights * sums / holes.clamp(min=1)).sum()


def give_rate(
    optimizer: torch.optim.Optimizer, parameters: Iterable[Tensor], factor: float
) -> None:
    """Moves parameters into groups of their own, with a learning rate `factor` times as high."""
    ours = {id(one) for one in parameters}
    for group in list(optimizer.param_groups):
        moved = [one for one in group["params"] if id(one) in ours]
        if moved:
            group["params"] = [one for one in group["params"] if id(one) not in ours]
            optimizer.add_param_group({**group, "params": moved, "lr": factor * group["lr"]})


class PretrainTrainer(ManyProcesses):
    """transformers' Trainer, fed by step number.

    Args:
        model: the encoder with its masked-LM head.
        args: transformers' arguments, as `training_arguments` makes them.
        recipe: the run.
        assembler: makes micro-batches by number.
        asking: lets the encoder answer BTMLM's questions.
        check_up: examines the asking pass; None if the recipe wants none.
        tokenizer: saved beside every checkpoint.
    """

    loss_is_scaled_for_ga = True

    def __init__(
        self,
        model: ErnieMForMaskedLM,
        args: TrainingArguments,
        *,
        recipe: Recipe,
        assembler: Assembler,
        asking: Asking,
        check_up: CheckUp | None,
        tokenizer: PreTrainedTokenizerBase,
        callbacks: Iterable[Any] = (),
    ) -> None:
        progress = ProgressLine(in_words(recipe.compute))
        super().__init__(model, args, processing_class=tokenizer, callbacks=[progress, *callbacks])
        for bar in (ProgressCallback, PrinterCallback):
            self.remove_callback(bar)
        self.recipe = recipe
        self.sharded = recipe.parallel == "fsdp2"
        self.assembler = assembler
        self.asking = asking
        self.check_up = check_up
        self.opened_at = [0]
        """For each open stage, the number of its first micro-batch."""
        self._frozen: nn.Module | None = None
        self.meters = Meters(OBJECTIVES, assembler.stream.corpus.languages, args.device)
        self.run = recipe.output
        """Folder of the run."""
        self._clock: float | None = None
        self._saving = False
        self._saved_step = 0

    # Batches

    @property
    def stage(self) -> int:
        """Number of the current stage, from 1."""
        return len(self.opened_at)

    @property
    def asker(self) -> nn.Module:
        """The weights that answer: the current ones, or those that opened stage 2."""
        asker = self._frozen or self.model
        assert asker is not None
        return asker

    def get_train_dataloader(self) -> Iterable[None]:  # type: ignore[override]
        """Nothing: batches come by step number, see `get_batch_samples`."""
        return _Endless()

    def get_batch_samples(
        self, epoch_iterator: Iterator[None], num_batches: int, device: torch.device
    ) -> tuple[list[dict[str, Tensor]], Tensor]:
        """This process's micro-batches for the next step, and the step's holes per objective."""
        step = self.state.global_step
        self._clock = self._clock or time.perf_counter()
        self._check_up(step)
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        numbers = micro_batches_of(step, rank, world, self.recipe.micro_batches)
        batches = [self._assemble(number) for number in numbers]
        if self.recipe.compute.compile == "reduce-overhead" and not self.sharded:
            keep_gradients(self.network)
        objective = torch.cat([batch["objective"] for batch in batches])
        holes = torch.bincount(objective, minlength=len(OBJECTIVES)).to(device, torch.float32)
        self.meters.steps += 1 / world
        return batches, self.accelerator.reduce(holes)

    def _assemble(self, number: int) -> dict[str, Tensor]:
        """One micro-batch, its questions asked and answered."""
        draft = self.assembler.draft(number, self.opened_at)
        self.meters.add_tokens(torch.from_numpy(draft.tokens))
        batches = list(draft.batches)
        if draft.ask is not None:
            with self.accelerator.autocast():  # the Trainer gives it to the learner alone
                guesses = self.asking.answer(self.asker, draft.ask, number)
            batches.append(self.assembler.learn(draft.ask, guesses, number))
        dice = np.random.SeedSequence([self.recipe.seed, number, *b"dropout"]).generate_state(1)
        tensors = as_tensors(batches, self.asking.filling)
        self.meters.add_filler(tensors["input_ids"] == self.assembler.special.pad)
        return {**tensors, "dice": torch.from_numpy(dice.astype(np.int64))}

    # Optimiser

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """The Trainer's optimiser, with a learning rate of its own for the tables."""
        fresh = self.optimizer is None
        optimizer = super().create_optimizer(model)
        factor = self.recipe.optimization.table_rate
        if fresh and factor != 1.0:
            network = model or self.model
            assert network is not None
            tables = [part.weight for part in network.modules() if isinstance(part, nn.Embedding)]
            give_rate(optimizer, tables, factor)
        return optimizer

    # Loss

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Weighted mean losses over the holes of the whole step, see `per_objective_loss`."""
        objective, answers = inputs.pop("objective"), inputs.pop("answers")
        outputs = model(**inputs, labels=answers, by_hole=True)
        losses = outputs.losses
        with torch.no_grad():
            self.meters.add_holes(objective, losses, outputs.right)
        stage = self.recipe.stage1 if self.stage == 1 else self.recipe.stage2
        weights = losses.new_tensor([stage.weight(name) for name in OBJECTIVES])
        assert isinstance(num_items_in_batch, Tensor)
        loss = per_objective_loss(losses, objective, num_items_in_batch, weights)
        with torch.no_grad():
            self.meters.add_loss(loss)
        # DDP and FSDP average gradients over processes; the divisor already counts all of them.
        loss = loss * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss

    # Stages

    def _check_up(self, step: int) -> None:
        """Looks at the asking pass when it is time to, and opens stage 2 when it may."""
        recipe = self.recipe
        may_open = self.stage == 1 and recipe.stage2.steps > 0 and step >= recipe.stage1.steps
        healthy = self.check_up is None
        if self.check_up is not None and self._is_due(step):
            with self.accelerator.autocast():
                figures = [self.check_up.examine(self.asker).figures()]
            # Processes must agree on the stage to the step, whatever their rounding.
            (shares,) = broadcast_object_list(figures)
            self.log({f"health/{name}": share for name, share in shares.items()})
            healthy = recipe.health.opening.reached_by(shares)
        if may_open and healthy:
            self.opened_at.append(step * recipe.micro_batches)
            self.save_folder("stage1")
            self._freeze_asker()

    def _is_due(self, step: int) -> bool:
        """Every so many steps, and when stage 1 has had its own."""
        every = self.recipe.health.every
        return step == self.recipe.stage1.steps or (step > 0 and step % every == 0)

    def _freeze_asker(self) -> None:
        """Loads the weights with which stage 2 opened, if it is they that answer."""
        if self.recipe.objectives.btmlm.asker == "frozen" and self.stage > 1:
            with quiet():
                asker = ErnieMForMaskedLM.from_pretrained(self.run / "stage1")
            asker.requires_grad_(False)
            asker.set_attn_implementation(self.network.config._attn_implementation)
            compile_layers(asker, self.recipe.compute)
            self._frozen = nn.Module.to(asker, self.args.device)

    # Logs

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Adds losses and accuracies by objective, tokens by language, speed and stage."""
        self.state.epoch = None  # type: ignore[assignment]  # a stream has no epochs
        if "loss" in logs:
            self._gather_meters()
            seconds = time.perf_counter() - (self._clock or time.perf_counter())
            logs["loss"] = float(self.meters.step_loss / self.meters.steps)
            logs.update(self.meters.read(), stage=float(self.stage))
            logs["tokens_per_second"] = float(self.meters.tokens.sum()) / max(seconds, 1e-9)
            self.meters.reset()
            self._clock = time.perf_counter()
        super().log(logs, start_time)

    def _gather_meters(self) -> None:
        self.meters.gather(self.accelerator.reduce, keep=self.is_world_process_zero())

    # Checkpoints

    def _get_output_dir(self, trial: Any) -> str:
        """Checkpoints grow in the staging folder, see `_save_checkpoint`."""
        return str(self.run / STAGING) if self._saving else super()._get_output_dir(trial)

    def _maybe_log_save_evaluate(self, *args: Any, **kwargs: Any) -> None:
        """Logs and saves when it is time to, and where a callback or a signal ends the run."""
        if self.control.should_training_stop and self._saved_step != self.state.global_step:
            self.control.should_save = True
        super()._maybe_log_save_evaluate(*args, **kwargs)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        """Writes a checkpoint beside the others and gives it its name when it is whole."""
        self.state.epoch = None  # type: ignore[assignment]
        name = f"checkpoint-{self.state.global_step}"
        self._gather_meters()
        with self._staged(name) as staged:
            super()._save_checkpoint(model, trial)
            if self.is_world_process_zero():
                number = self.state.global_step * self.recipe.micro_batches
                state = {
                    "opened_at": self.opened_at,
                    "meters": self.meters.state(),
                    "epochs": self.assembler.stream.epochs(number, self.opened_at),
                }
                (staged / PROGRESS_FILE).write_text(json.dumps(state))
        self._saved_step = self.state.global_step
        if self.args.should_save:
            rotate_checkpoints(
                output_dir=str(self.run),
                save_total_limit=self.args.save_total_limit,
                use_mtime=False,
            )

    def _issue_warnings_after_load(self, load_result: Any) -> None:
        """Warns of keys that a checkpoint lacks, but not of tied ones, which none has."""
        tied = ErnieMForMaskedLM._tied_weights_keys
        load_result.missing_keys[:] = [key for key in load_result.missing_keys if key not in tied]
        super()._issue_warnings_after_load(load_result)

    def save_folder(self, name: str) -> Path:
        """Writes model and tokenizer to a folder of the run, whole or not at all."""
        with self._staged(name) as staged:
            self.save_model(str(staged), _internal_call=True)
        return self.run / name

    @contextmanager
    def _staged(self, name: str) -> Iterator[Path]:
        """The place in which folder `name` grows; it gets its name when all processes are done."""
        staging = self.run / STAGING
        staged = staging / name
        with telling_of_a_full_disk(name, staging, self.run):
            if self.is_world_process_zero():
                shutil.rmtree(staging, ignore_errors=True)
                staged.mkdir(parents=True)
            self.accelerator.wait_for_everyone()
            self._saving = True
            disable_progress_bar()
            try:
                yield staged
            finally:
                self._saving = False
                enable_progress_bar()
        self.accelerator.wait_for_everyone()
        if self.is_world_process_zero():
            publish(staged, self.run / name)
            shutil.rmtree(staging, ignore_errors=True)
        self.accelerator.wait_for_everyone()

    def train_from(self, checkpoint: Path | None) -> None:
        """Trains to the end of the recipe, from a checkpoint of this run if there is one.

        Raises:
            InterruptedError: a callback or a signal ended it before.
        """
        if checkpoint is not None:
            self._restore(checkpoint)
        if checkpoint is not None and step_of(checkpoint) >= self.recipe.steps:
            # The Trainer would take one more step than there are.
            self._load_from_checkpoint(str(checkpoint))
            self.state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        else:
            result = self.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
            self.save_metrics("train", result.metrics)
        self.save_state()
        if (step := self.state.global_step) < self.recipe.steps:
            raise InterruptedError(
                f"{self.run} was stopped after step {step} of {self.recipe.steps}: run again, and "
                "it goes on from there."
            )
        if self.is_world_process_zero():
            (self.run / PROGRESS_FILE).write_text(json.dumps({"opened_at": self.opened_at}))

    def _restore(self, checkpoint: Path) -> None:
        """The stages and meters of a checkpoint."""
        progress = json.loads((checkpoint / PROGRESS_FILE).read_text())
        self.opened_at = progress["opened_at"]
        if self.is_world_process_zero():
            self.meters.restore(progress["meters"])
        self._freeze_asker()


class _Endless:
    """Stands where the Trainer expects a loader of batches; it is only counted, never read."""

    def __iter__(self) -> Iterator[None]:
        return repeat(None)
