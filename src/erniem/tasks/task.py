"""What a task is: a family that reads, encodes and decodes, and the facts of one benchmark.

```text
files of a split and language ─family.read─▶ examples ─family.encode─▶ Encoded ─▶ network with head
network's logits ─family.decode─▶ predictions ─┐
examples ─family.references──▶ references ─────┴─ metric ─▶ figures
```

A family (`Classify`, `Tag`, `Answer`) knows no benchmark and no network; a task names its family,
files and languages. A task of your own is one `Task(...)`: CONTRIBUTING.md shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from transformers import PreTrainedTokenizerFast

from erniem.scores.metrics import Metric

__all__ = ["Encoded", "Family", "Head", "Kind", "Limits", "Provenance", "Read", "Split", "Task"]

Split = Literal["train", "dev", "test"]
Head = Literal["sequence", "token", "answer"]
"""What stands on the encoder: one vector of logits for a sequence, for each token, or two numbers
for each token."""
Kind = Literal["labels", "tags", "answers"]
"""What files of predictions hold, see `erniem.scores.files`."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a benchmark is from, and on which terms."""

    origin: str
    """Who made it, and where it is to be had."""
    revision: str
    """Which version."""
    licence: str
    """On which terms."""
    citation: str
    """What to cite."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of a text the network reads at once."""

    max_length: int = 128
    """Tokens of a sequence at most, special ones counted."""
    stride: int = 128
    """Tokens from one window of a long context to the next; of answers alone."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """The examples of a split in one language."""

    examples: Sequence[Any]
    """In the order of the file, of the family's own class."""
    labelled: bool
    """Whether the right answers are there."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """How many were left out, by reason."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Examples as the network reads them; an example may take several rows."""

    rows: Sequence[dict[str, Any]]
    """Arguments of the network's call by name, `input_ids` and what else the tokeniser gives; with
    labels where they are known, as the head wants them."""
    places: Sequence[Any]
    """What the family needs to decode each row."""


@runtime_checkable
class Family(Protocol):
    """How tasks of one shape are read, posed to a network and understood.

    A family is a frozen dataclass of its settings; `tests/tasks/test_contract.py` holds every one
    to this.
    """

    @property
    def head(self) -> Head:
        """What stands on the encoder."""

    @property
    def kind(self) -> Kind:
        """What its files of predictions hold."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, by number; of answers none."""

    def read(self, paths: Sequence[Path], language: str) -> Read:
        """The examples in the files of one split and language.

        Raises:
            ValueError: a file that cannot be read, has no example, or one that is not as it should
                be.
        """

    def encode(
        self, examples: Sequence[Any], tokenizer: PreTrainedTokenizerFast, limits: Limits
    ) -> Encoded:
        """Rows for the network, with labels where all examples have them."""

    def decode(
        self, logits: Sequence[np.ndarray], encoded: Encoded, examples: Sequence[Any]
    ) -> Any:
        """Predictions of the family's kind from each row's logits.

        Args:
            logits: `(C,)` of a row, or `(L, C)` for its L tokens, or `(L, 2)` of an answer's start
                and end.
            encoded: the rows.
            examples: that they were made from.
        """

    def references(self, examples: Sequence[Any]) -> Any:
        """What is right, as the metric and the files of references want it."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A benchmark: what to read where, what to do with it, and how to score it."""

    name: str
    """Its folder in XTREME's layout, and its name on the command line."""
    family: Family
    """How it is read, posed and understood."""
    metric: Metric
    """How it is scored."""
    languages: tuple[str, ...]
    """Codes, in the order of its table."""
    provenance: Provenance
    """Where it is from."""
    folders: tuple[str, ...]
    """Names that its folder may have."""
    files: Mapping[Split, tuple[str, ...]]
    """Patterns of file names in that folder by split, see `erniem.tasks.sources.find`."""
    trained_on: "Task | None" = None
    """Whose training data it is trained on, if not its own."""

    @property
    def training(self) -> "Task":
        """The task that its network is trained on."""
        return self.trained_on or self
