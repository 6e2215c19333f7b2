"""Folders of fine-tuned networks: whole or not there, with how they were made beside them.

```text
OUTPUT.trainer/checkpoint-N   while it runs: what a killed run goes on from
OUTPUT.trainer/plan.json      and what was asked of it: a run of another plan does not go on there
OUTPUT/finetuned.json         in the end: the plan and what came of it, beside network and tokenizer
```
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.trainer_utils import get_last_checkpoint

from erniem.alone import alone_in
from erniem.convert.quiet import quiet
from erniem.embed.settings import VectorSettings, write_vector_settings
from erniem.whole import whole_file, whole_or_not_at_all

__all__ = [
    "FINISHED",
    "Finetuned",
    "begun",
    "in_progress",
    "last_checkpoint",
    "read_finished",
    "save_finished",
]

FINISHED = "finetuned.json"
"""Beside the network: how it was made."""

PLAN = "plan.json"
"""Beside the checkpoints of a run in progress: what makes it another than others."""


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
    """The score on the development set by optimiser step; empty without one."""
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


def in_progress(output: Path) -> Path:
    """Where a run keeps what it needs to go on."""
    return output.with_name(output.name + ".trainer")


@contextmanager
def begun(output: Path, plan: Mapping[str, Any]) -> Iterator[None]:
    """Notes what a run is to do, before it takes long, and keeps other processes out meanwhile.

    Raises:
        ValueError: a run of another plan was killed there, the network's place is taken, or
            another process is at work.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ValueError(
            f"{output} is there already, and is no network that was fine-tuned: choose another "
            "output, or take it away."
        )
    noted = in_progress(output) / PLAN
    if last_checkpoint(noted.parent) and noted.is_file():
        told = json.loads(noted.read_text(encoding="utf-8"))
        _refuse_other(told, plan, f"a run in {noted.parent} was begun")
    if os.environ.get("RANK", "0") != "0":  # torchrun starts many of us
        yield
        return
    with alone_in(noted.parent):
        with whole_file(noted) as partial:
            partial.write_text(json.dumps(plan, indent=1) + "\n", encoding="utf-8")
        yield


def read_finished(output: Path, plan: Mapping[str, Any]) -> Finetuned:
    """A finished run, if it is the one that was asked for.

    Raises:
        ValueError: it is another.
    """
    told = json.loads((output / FINISHED).read_text(encoding="utf-8"))
    _refuse_other(told["plan"], plan, f"{output} was trained")
    found = told["found"]
    return Finetuned(folder=output, **{**found, "files": tuple(found["files"])})


def _refuse_other(told: Mapping[str, Any], plan: Mapping[str, Any], what: str) -> None:
    """Raises ValueError with the first part of a plan that is not what was told before."""
    for name, value in plan.items():
        if told.get(name) != value:
            raise ValueError(
                f"{what} with {name} {told.get(name)}, not {value}: choose another output, or "
                "take it away."
            )


def last_checkpoint(folder: Path) -> str | None:
    """The last whole checkpoint; what a killed run left of another is taken away."""
    while folder.is_dir() and (last := get_last_checkpoint(str(folder))):
        if (Path(last) / "trainer_state.json").is_file():  # written last
            return last
        shutil.rmtree(last)
    return None


def save_finished(
    network: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    plan: Mapping[str, Any],
    found: Finetuned,
    *,
    vectors: VectorSettings | None = None,
) -> None:
    """The network and its tokenizer, and how they were made; what was kept to go on is taken away.

    Args:
        network, tokenizer: to be saved in `found.folder`.
        plan: what makes one run another, as plain values.
        found: what came of it.
        vectors: that the network was trained to make, if it was.
    """
    partial_run = in_progress(found.folder)
    told = {name: value for name, value in asdict(found).items() if name != "folder"}
    with whole_or_not_at_all(found.folder) as partial, quiet():
        network.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        if vectors is not None:
            write_vector_settings(partial, vectors)
        if (partial_run / "runs").is_dir():
            shutil.copytree(partial_run / "runs", partial / "runs")
        (partial / FINISHED).write_text(
            json.dumps({"plan": plan, "found": told}, indent=1) + "\n", encoding="utf-8"
        )
    shutil.rmtree(partial_run, ignore_errors=True)
