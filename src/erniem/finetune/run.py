"""Fine-tuning: one task, one seed, the best network by the English development set.

```text
train files ─▶ rows ─▶ Trainer, scored on dev every so often ─▶ the best network ─▶ OUTPUT/
killed? OUTPUT.trainer/checkpoint-N ─▶ goes on there          finished? read, not repeated
```
"""

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed
from transformers.trainer_utils import get_last_checkpoint

from erniem.convert.quiet import quiet
from erniem.finetune.gather import Gathered, Training, gather, read_split
from erniem.finetune.network import is_packed, open_network
from erniem.finetune.settings import Settings
from erniem.finetune.trainer import SCORE, TaskTrainer, training_arguments
from erniem.tasks.task import Encoded, Limits, Task
from erniem.tokenization import open_tokenizer
from erniem.whole import whole_or_not_at_all

__all__ = ["Finetuned", "finetune"]

FINISHED = "finetuned.json"
"""Beside the network: how it was made."""

LABELS = {"labels", "start_positions"}
"""Arguments of a network that are there where a row can be learnt from."""

IN_PROGRESS = ".trainer"
"""Behind the output's name: where a run keeps what it needs to go on."""


@dataclass(frozen=True, kw_only=True)
class Finetuned:
    """A network that was trained for a task."""

    folder: Path
    """It, and its tokenizer."""
    examples: int
    """That it was trained on."""
    files: tuple[str, ...]
    """Where they are from."""
    dropped: dict[str, int]
    """Examples left out, by reason."""
    dev: dict[str, float]
    """The score on the English development set by optimiser step; empty without one."""
    seconds: float
    """That training took; of a run that went on, since then."""

    @property
    def best(self) -> float | None:
        """The score of the network that was kept."""
        return max(self.dev.values(), default=None)

    def lines(self) -> list[str]:
        """What was done, for a person."""
        left_out = "".join(f"; left out: {count}, {why}" for why, count in self.dropped.items())
        score = "" if self.best is None else f"; best on dev: {self.best:.1f}"
        return [
            f"trained on {self.examples:,} examples in {self.seconds:,.0f} s{score}{left_out}",
            f"the network: {self.folder}",
        ]


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
            otherwise.
    """
    training = training or Training()
    plan = _plan(task, model, settings, training, seed, dev_limit)
    if (output / FINISHED).is_file():
        return _read(output, plan)
    tokenizer = open_tokenizer(model)
    gathered = gather(task.training, data, training)
    started = time.monotonic()
    trainer = _trainer(
        task,
        model,
        tokenizer,
        output.with_name(output.name + IN_PROGRESS),
        settings,
        gathered.examples,
        read_split(task.training, data, "dev", "en", dev_limit),
        seed,
        progress,
    )
    with quiet():
        trainer.train(resume_from_checkpoint=_last_checkpoint(Path(str(trainer.args.output_dir))))
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
        _save(trainer, tokenizer, plan, found)
    return found


def _trainer(
    task: Task,
    model: Path,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
    settings: Settings,
    examples: Sequence[Any],
    dev: Gathered | None,
    seed: int,
    progress: bool,
) -> TaskTrainer:
    """Everything put together, the head drawn with the seed."""
    limits = Limits(max_length=settings.max_length, stride=settings.stride)
    encoded = task.family.encode(examples, tokenizer, limits)
    set_seed(seed)
    network = open_network(model, task.family.head, task.family.labels)
    scored: tuple[Sequence[Any], Encoded] | None = None
    if dev is not None and dev.labelled:
        scored = (dev.examples, task.family.encode(dev.examples, tokenizer, limits))
    arguments = training_arguments(
        folder,
        settings,
        seed,
        len(encoded.rows),
        scored=scored is not None,
        packed=is_packed(network),
    )
    return TaskTrainer(
        network,
        arguments,
        task=task,
        settings=settings,
        rows=[row for row in encoded.rows if LABELS & row.keys()],
        dev=scored,
        pad=tokenizer.pad_token_id,
        progress=progress,
    )


# Folders


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


def _read(output: Path, plan: dict[str, Any]) -> Finetuned:
    """A finished run, if it is the one that was asked for.

    Raises:
        ValueError: it is another.
    """
    told = json.loads((output / FINISHED).read_text(encoding="utf-8"))
    other = [name for name, value in plan.items() if told["plan"].get(name) != value]
    if other:
        name = other[0]
        raise ValueError(
            f"{output} was trained with {name} {told['plan'].get(name)}, not {plan[name]}: choose "
            "another output, or take it away."
        )
    found = told["found"]
    return Finetuned(folder=output, **{**found, "files": tuple(found["files"])})


def _last_checkpoint(folder: Path) -> str | None:
    """The last whole checkpoint; what a killed run left of another is taken away."""
    while folder.is_dir() and (last := get_last_checkpoint(str(folder))):
        if (Path(last) / "trainer_state.json").is_file():  # written last
            return last
        shutil.rmtree(last)
    return None


def _save(
    trainer: TaskTrainer,
    tokenizer: PreTrainedTokenizerFast,
    plan: dict[str, Any],
    found: Finetuned,
) -> None:
    """The network and its tokenizer, and how they were made; whole or not at all."""
    in_progress = Path(str(trainer.args.output_dir))
    told = {name: value for name, value in asdict(found).items() if name != "folder"}
    with whole_or_not_at_all(found.folder) as partial, quiet():
        assert isinstance(trainer.model, PreTrainedModel)
        trainer.model.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        if (in_progress / "runs").is_dir():
            shutil.copytree(in_progress / "runs", partial / "runs")
        (partial / FINISHED).write_text(
            json.dumps({"plan": plan, "found": told}, indent=1) + "\n", encoding="utf-8"
        )
    shutil.rmtree(in_progress, ignore_errors=True)
