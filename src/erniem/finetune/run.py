"""Fine-tuning: one task, one seed, the best network by the English development set.

Of a task without English it is the set of the first language that is trained on.

```text
train files ─▶ rows ─▶ Trainer, scored on dev every so often ─▶ the best network ─▶ OUTPUT/
killed? OUTPUT.trainer/checkpoint-N ─▶ goes on there          finished? read, not repeated
```
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from erniem.convert.quiet import quiet
from erniem.finetune.folders import (
    FINISHED,
    Finetuned,
    begun,
    in_progress,
    last_checkpoint,
    read_finished,
    save_finished,
)
from erniem.finetune.gather import Gathered, Training, gather, read_split
from erniem.finetune.network import is_packed, limits_of, open_network
from erniem.finetune.settings import Settings
from erniem.finetune.trainer import SCORE, TaskTrainer, training_arguments
from erniem.tasks.task import Encoded, Task
from erniem.tokenization import open_tokenizer

__all__ = ["finetune"]

LABELS = {"labels", "start_positions"}
"""Arguments of a network that are there where a row can be learnt from."""


def finetune(
    task: Task,
    model: Path,
    data: Path,
    output: Path,
    settings: Settings,
    *,
    training: Training | None = None,
    seed: int = 0,
    dev_limit: int | None = None,
    progress: bool = True,
) -> Finetuned:
    """Trains an encoder for a task; a run that was killed goes on, a finished one is read.

    Args:
        task: what for; it says whose training data is taken (`Task.training`).
        model: folder of the encoder, of any kind that `open_network` reads, and its tokenizer.
        data: folder with the task's folder.
        output: where the network goes.
        settings: how.
        training: on what; the task's English training data if None.
        seed: of the head's first weights, the order of the examples, and dropout.
        dev_limit: examples of the development set at most, its first.
        progress: show a bar.

    Raises:
        ValueError: no training data, data that is not as it should be, a folder that was trained
            otherwise, by a run that was killed too, or that holds something else.
    """
    training = training or Training()
    plan = _plan(task, model, settings, training, seed, dev_limit)
    if (output / FINISHED).is_file():
        return read_finished(output, plan)
    tokenizer = open_tokenizer(model)
    gathered = gather(task.training, data, training)
    with begun(output, plan):
        dev_language = "en" if "en" in task.training.languages else training.languages[0]
        started = time.monotonic()
        trainer = _trainer(
            task.training,
            model,
            tokenizer,
            in_progress(output),
            settings,
            gathered.examples,
            read_split(task.training, data, "dev", dev_language, dev_limit),
            dev_language,
            seed,
            progress,
        )
        with quiet():
            trainer.train(resume_from_checkpoint=last_checkpoint(in_progress(output)))
        found = Finetuned(
            folder=output,
            examples=len(gathered.examples),
            files=tuple(map(str, gathered.files)),
            dropped=dict(gathered.dropped),
            dev={
                str(entry["step"]): entry[SCORE]
                for entry in trainer.state.log_history
                if SCORE in entry
            },
            seconds=round(time.monotonic() - started, 1),
        )
        if trainer.is_world_process_zero():
            assert isinstance(trainer.model, PreTrainedModel)
            save_finished(trainer.model, tokenizer, plan, found)
        return found


def _trainer(
    task: Task,
    model: Path,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    settings: Settings,
    examples: Sequence[Any],
    dev: Gathered | None,
    dev_language: str,
    seed: int,
    progress: bool,
) -> TaskTrainer:
    """Everything put together, the head drawn with the seed.

    Raises:
        ValueError: examples of which none can be learnt from.
    """
    set_seed(seed)
    network = open_network(model, task.family.head, task.family.labels)
    limits = limits_of(network, settings)
    encoded = task.family.encode(examples, tokenizer, limits)
    rows = [row for row in encoded.rows if LABELS & row.keys()]
    if not rows:
        raise ValueError(
            f"none of {len(examples):,} examples can be learnt from: no answer stands where its "
            "answer_start says."
        )
    scored: tuple[Sequence[Any], Encoded] | None = None
    if dev is not None and dev.labelled:
        scored = (dev.examples, task.family.encode(dev.examples, tokenizer, limits))
    arguments = training_arguments(
        folder,
        settings,
        seed,
        len(rows),
        scored=scored is not None,
        packed=is_packed(network),
    )
    return TaskTrainer(
        network,
        arguments,
        task=task,
        settings=settings,
        rows=rows,
        dev=scored,
        dev_language=dev_language,
        pad=tokenizer.pad_token_id,
        progress=progress,
    )


def _plan(
    task: Task,
    model: Path,
    settings: Settings,
    training: Training,
    seed: int,
    dev_limit: int | None,
) -> dict[str, Any]:
    """What makes one run another, as plain values."""
    return {
        "task": task.training.name,
        "model": str(model),
        "seed": seed,
        "settings": settings.as_dict(),
        "training": json.loads(json.dumps(asdict(training), default=str)),
        "dev_limit": dev_limit,
    }
