"""transformers' Trainer for any task: learning rates by layer, scored by the task's own metric."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm
from transformers import (
    EarlyStoppingCallback,
    PreTrainedModel,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from erniem.finetune.predict import Collate, logits_of
from erniem.finetune.rates import give_rates, layer_rates
from erniem.finetune.settings import Settings
from erniem.tasks.task import Encoded, Task

__all__ = ["SCORE", "TaskTrainer", "main_figure", "training_arguments"]

SCORE = "eval_score"
"""The score on the development set in the Trainer's logs."""


def main_figure(task: Task, predictions: Any, references: Any, language: str) -> float:
    """The figure that stands for a task in XTREME's table, in percent: F1, or (EM + F1) / 2."""
    counts = task.metric.count(predictions, references, language)
    figures = task.metric.figures(counts.rows.sum(axis=0))
    return float(sum(figures[name] for name in task.metric.main) / len(task.metric.main))


def training_arguments(
    folder: Path, settings: Settings, seed: int, rows: int, *, scored: bool, packed: bool
) -> TrainingArguments:
    """Our settings in the words of the Trainer.

    Args:
        folder: for its checkpoints.
        settings: ours.
        seed: of the order of rows and dropout.
        rows: that there are.
        scored: whether there is a development set.
        packed: whether the network computes real tokens alone; otherwise rows of like lengths go
            together.
    """
    every = max(1, math.ceil(rows / settings.batch_size) // settings.evaluations_per_epoch)
    arguments = TrainingArguments(
        output_dir=str(folder),
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        adam_epsilon=settings.adam_epsilon,
        max_grad_norm=settings.clip,
        bf16=settings.bf16,
        eval_strategy="steps" if scored else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=1,
        load_best_model_at_end=scored,
        metric_for_best_model=SCORE if scored else None,
        greater_is_better=True if scored else None,
        logging_steps=max(1, every // 10),
        train_sampling_strategy="random" if packed else "group_by_length",
        remove_unused_columns=False,
        report_to="tensorboard",
        use_cpu=not torch.accelerator.is_available(),
        seed=seed,
    )
    processes = arguments.world_size
    at_once = settings.rows_at_once or max(1, settings.batch_size // processes)
    share, left = divmod(settings.batch_size, at_once * processes)
    if left or not share:
        raise ValueError(
            f"a batch of {settings.batch_size} rows, {at_once} at once, cannot be shared by "
            f"{processes} processes: change batch_size or rows_at_once."
        )
    arguments.per_device_train_batch_size = at_once
    arguments.gradient_accumulation_steps = share
    return arguments


class TaskTrainer(Trainer):
    """Trains a network with a head on encoded rows.

    Args:
        network: the encoder with its head.
        args: as `training_arguments` makes them.
        task: says how predictions are decoded and scored.
        settings: ours.
        rows: to train on.
        dev: examples and their rows, to be scored on; None if there are none.
        dev_language: of these.
        pad: id of the padding token.
        progress: show a bar.
    """

    def __init__(
        self,
        network: PreTrainedModel,
        args: TrainingArguments,
        *,
        task: Task,
        settings: Settings,
        rows: Sequence[dict[str, Any]],
        dev: tuple[Sequence[Any], Encoded] | None,
        dev_language: str,
        pad: int,
        progress: bool,
    ) -> None:
        stopping = settings.patience is not None and dev is not None
        super().__init__(
            network,
            args,
            train_dataset=rows,  # the Trainer asks for no more than a length and items
            eval_dataset=dev[1].rows if dev else None,
            data_collator=Collate(pad),
            callbacks=[
                *([EarlyStoppingCallback(settings.patience or 1)] if stopping else []),
                *([Bar(task.name)] if progress else []),
            ],
        )
        for bar in (ProgressCallback, PrinterCallback):
            self.remove_callback(bar)
        self.task, self.settings, self.dev, self.pad = task, settings, dev, pad
        self.dev_language = dev_language
        # A head's loss is the mean over its batch, whatever else the batch is divided into.
        self.model_accepts_loss_kwargs = False

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """The Trainer's optimiser, with a learning rate for each layer."""
        network = model or self.model
        assert network is not None
        if self.settings.freeze_embeddings:
            for part in network.modules():
                if isinstance(part, nn.Embedding):
                    part.requires_grad_(False)
        fresh = self.optimizer is None
        optimizer = super().create_optimizer(model)
        if fresh and self.settings.layer_decay < 1:
            give_rates(optimizer, network, layer_rates(network, self.settings.layer_decay))
        return optimizer

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """The task's score on the development set."""
        assert self.dev is not None, "the Trainer asks only where there is one"
        examples, encoded = self.dev
        logits = logits_of(self.model, encoded.rows, self.pad, bf16=self.settings.bf16)  # type: ignore[arg-type]
        family = self.task.family
        predictions = family.decode(logits, encoded, examples)
        right = family.references(examples)
        score = main_figure(self.task, predictions, right, self.dev_language)
        metrics = {SCORE: score}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics


class Bar(TrainerCallback):
    """Optimiser steps, the loss, and the last score."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.bar: Any = None
        self.shown: dict[str, str] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Opens the bar at the step that the run goes on from."""
        if state.is_world_process_zero:
            self.bar = tqdm(
                total=state.max_steps, initial=state.global_step, desc=self.name, unit="step"
            )

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """A step more."""
        if self.bar is not None:
            self.bar.update(state.global_step - self.bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """The latest figures beside the bar."""
        for name, shown, form in (("loss", "loss", ".3f"), (SCORE, "dev", ".1f")):
            if logs and name in logs:
                self.shown[shown] = format(logs[name], form)
        if self.bar is not None:
            self.bar.set_postfix(self.shown)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Closes the bar."""
        if self.bar is not None:
            self.bar.close()
