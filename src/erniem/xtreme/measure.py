"""A trained network on a task's languages: predictions in XTREME's layout, and figures."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tqdm import tqdm
from transformers import PreTrainedModel

from erniem.device import device_for
from erniem.finetune.folders import FINISHED
from erniem.finetune.gather import Gathered, read_split
from erniem.finetune.network import limits_of, open_network
from erniem.finetune.predict import logits_of
from erniem.finetune.settings import Settings
from erniem.tasks.task import Split, Task
from erniem.tokenization import open_tokenizer
from erniem.xtreme.measured import Measured, Measurement, Records, figures_of

__all__ = ["measure"]


def measure(
    task: Task,
    network: Path,
    data: Path,
    output: Path,
    settings: Settings,
    *,
    languages: Sequence[str] | None = None,
    split: Split | None = None,
    limit: int | None = None,
    progress: bool = True,
) -> Measurement:
    """Predicts and scores every language that there is data of.

    Args:
        task: the task.
        network: folder of a trained network and its tokenizer, see `finetune`.
        data: folder with the task's folder.
        output: where predictions go, see `Records`; languages that it has are not predicted again.
        settings: length and stride of rows, and precision.
        languages: only these.
        split: which part; the test set if None, and the development set of a language without one.
        limit: examples of each language at most, its first.
        progress: show bars.

    Raises:
        ValueError: a language that the task does not have, no data at all, data that is not as it
            should be, a network without a head for the task, or figures of another run.
    """
    codes = _asked(task, languages)
    plan = {
        "network": str(network),
        "trained": _trained(network),
        "limit": limit,
        "split": split,
        "max_length": settings.max_length,
        "stride": settings.stride,
        "bf16": settings.bf16,
    }
    records = Records(output, task.name, plan)
    speaker = None
    left = [code for code in codes if code not in records.found]
    for code in tqdm(left, desc=task.name, unit="language", disable=not progress):
        if chosen := _split(task, data, code, split, limit):
            speaker = speaker or _Speaker(task, network, settings, progress)
            speaker.speak(records, code, *chosen)
    if not records.found:
        raise ValueError(
            f"{data} has no data of {task.name} in {', '.join(codes)}: it would be in a folder "
            f"{' or '.join(task.folders)}."
        )
    return records.measurement(codes)


class _Speaker:
    """A network with its tokenizer, opened once for all languages."""

    def __init__(self, task: Task, folder: Path, settings: Settings, progress: bool) -> None:
        self.task, self.settings, self.progress = task, settings, progress
        self.tokenizer = open_tokenizer(folder)
        head, labels = task.family.head, task.family.labels
        network: Any = open_network(folder, head, labels, trained=True)
        self.network: PreTrainedModel = network.to(device_for())
        self.limits = limits_of(self.network, settings)

    def speak(self, records: Records, code: str, split: str, gathered: Gathered) -> None:
        """Predicts a language and keeps it."""
        family, examples = self.task.family, gathered.examples
        encoded = family.encode(examples, self.tokenizer, self.limits)
        logits = logits_of(
            self.network,
            encoded.rows,
            self.tokenizer.pad_token_id,
            bf16=self.settings.bf16,
            progress=code if self.progress else None,
        )
        predictions = family.decode(logits, encoded, examples)
        right = family.references(examples) if gathered.labelled else None
        figures = None if right is None else figures_of(self.task.metric, predictions, right, code)
        measured = Measured(
            split=split,
            examples=len(examples),
            figures=figures,
            dropped=dict(gathered.dropped),
            note="" if gathered.labelled else "no right answers here: predictions alone",
        )
        records.add(code, family.kind, measured, predictions, right)


def _trained(network: Path) -> str | None:
    """What tells a network from one trained anew in its place; None if it was not trained here."""
    path = network / FINISHED
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _asked(task: Task, languages: Sequence[str] | None) -> tuple[str, ...]:
    """The languages asked for, in the task's order.

    Raises:
        ValueError: the task does not have one.
    """
    if unknown := [code for code in languages or () if code not in task.languages]:
        raise ValueError(
            f"{task.name} is not in {', '.join(unknown)}; it is in {', '.join(task.languages)}."
        )
    return tuple(code for code in task.languages if languages is None or code in languages)


def _split(
    task: Task, data: Path, language: str, split: Split | None, limit: int | None
) -> tuple[str, Gathered] | None:
    """The split asked for, or the test set, or what stands in for it."""
    names: tuple[Split, ...] = ("test", "dev") if split is None else (split,)
    for name in names:
        if gathered := read_split(task, data, name, language, limit):
            return name, gathered
    return None
