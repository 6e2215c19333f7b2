"""Fine-tuning and predicting: ours, packed, against transformers' Trainer on XLM-R, padded.

```text
python bench/finetune_epoch.py e5-small xtreme/ --rows 480 --repeats 3
```

The same weights (the folder's, as ErnieM and as XLM-R), the same encoded rows of the same English
files (UD-POS, XNLI's development set), batches of 32, the table of pieces frozen; seconds of all
cores in `train()`, and for the rows' logits afterwards. Reading, encoding and loading are not
measured. Peers:

padded   rows in random order, padded to the longest of their batch, as transformers' examples do
grouped  the same, rows of like lengths together (`train_sampling_strategy: group_by_length`)
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    PreTrainedModel,
    PrinterCallback,
    Trainer,
    TrainingArguments,
)
from transformers.utils import logging

from erniem.convert.convert import convert
from erniem.finetune.gather import read_split
from erniem.finetune.network import open_network
from erniem.finetune.predict import logits_of
from erniem.finetune.settings import Settings
from erniem.finetune.trainer import TaskTrainer, training_arguments
from erniem.tasks.catalogue import TASKS
from erniem.tasks.task import Limits, Task
from erniem.tokenization import open_tokenizer

SETTINGS = Settings(epochs=1.0, batch_size=32, freeze_embeddings=True, max_length=128)
HEADS: dict[str, Any] = {
    "token": AutoModelForTokenClassification,
    "sequence": AutoModelForSequenceClassification,
}

Rows = Sequence[dict[str, Any]]


def frozen(network: PreTrainedModel) -> PreTrainedModel:
    for part in network.modules():
        if isinstance(part, torch.nn.Embedding):
            part.requires_grad_(False)
    return network


def ours(task: Task, folder: Path, rows: Rows, tokenizer: Any, place: Path) -> tuple[Any, Any]:
    network = open_network(folder / "ours", task.family.head, task.family.labels)
    arguments = training_arguments(place, SETTINGS, 0, len(rows), scored=False, packed=True)
    arguments.save_strategy, arguments.report_to = "no", []
    trainer = TaskTrainer(
        network,
        arguments,
        task=task,
        settings=SETTINGS,
        rows=rows,
        dev=None,
        pad=tokenizer.pad_token_id,
        progress=False,
    )
    return trainer.train, lambda: logits_of(network, rows, tokenizer.pad_token_id)


def theirs(
    task: Task, folder: Path, rows: Rows, tokenizer: Any, place: Path, grouped: bool
) -> tuple[Any, Any]:
    head = task.family.head
    network = HEADS[head].from_pretrained(folder / "xlm-r", num_labels=len(task.family.labels))
    collator = DataCollatorForTokenClassification if head == "token" else DataCollatorWithPadding
    arguments = TrainingArguments(
        output_dir=str(place),
        learning_rate=SETTINGS.learning_rate,
        num_train_epochs=1,
        per_device_train_batch_size=32,
        per_device_eval_batch_size=32,
        train_sampling_strategy="group_by_length" if grouped else "random",
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = Trainer(
        frozen(network), arguments, train_dataset=rows, data_collator=collator(tokenizer)
    )
    trainer.remove_callback(PrinterCallback)
    return trainer.train, lambda: trainer.predict(rows)  # type: ignore[arg-type]


def seconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="folder of ours with XLM-R's vocabulary")
    parser.add_argument("data", type=Path, help="holds udpos and xnli")
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    tokenizer = open_tokenizer(options.model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours").symlink_to(options.model.resolve())
        convert(options.model, folder / "xlm-r", to="xlm-r")
        for task in (TASKS["udpos"], TASKS["xnli"]):
            read = read_split(task, options.data, "dev", "en", options.rows)
            assert read is not None
            rows = task.family.encode(read.examples, tokenizer, Limits(max_length=128)).rows
            tokens = sum(len(row["input_ids"]) for row in rows)
            print(f"{task.name}: {len(rows)} rows, {tokens:,} tokens")
            given = (task, folder, rows, tokenizer, folder / "trainer")
            found: dict[str, list[tuple[float, float]]] = {"ours": [], "padded": [], "grouped": []}
            for _ in range(options.repeats):
                for contestant, pairs in found.items():
                    train, predict = (
                        ours(*given)
                        if contestant == "ours"
                        else theirs(*given, grouped=contestant == "grouped")
                    )
                    pairs.append((seconds(train), seconds(predict)))
            for contestant, pairs in found.items():
                for place, what in enumerate(("training", "predicting")):
                    ratios = [
                        one[place] / own[place]
                        for one, own in zip(pairs, found["ours"], strict=True)
                    ]
                    speed = tokens / statistics.median(one[place] for one in pairs)
                    print(
                        f"  {contestant:8} {what:10} {speed:8,.0f} tokens/s, ours is "
                        f"{statistics.median(ratios):.2f} times as fast "
                        f"({min(ratios):.2f}, {max(ratios):.2f})"
                    )


if __name__ == "__main__":
    main()
