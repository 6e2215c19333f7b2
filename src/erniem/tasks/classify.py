"""Pairs of sentences with a class: XNLI, PAWS-X, and NLI files of any origin.

```text
premise, hypothesis, label ─▶ [CLS] premise [SEP] [SEP] hypothesis [SEP] ─▶ logits (C,) ─▶ label
```
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerFast

from erniem.scores.metrics import ACCURACY
from erniem.scores.xtreme import XTREME
from erniem.tasks.sources import Row, rows_of, string_of
from erniem.tasks.task import Encoded, Head, Kind, Limits, Provenance, Read, Task

__all__ = ["PAWSX", "SICK", "XNLI", "Classify", "Pair"]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two sentences, or one, and their class."""

    first: str
    """Of NLI the premise."""
    second: str | None
    """Of NLI the hypothesis; None of a task of single sentences."""
    label: str | None
    """The class by name, where it is known."""


@dataclass(frozen=True, kw_only=True)
class Classify:
    """The family of tasks that give a class to a sentence or a pair of them."""

    labels: tuple[str, ...]
    """Names of the classes, by number."""
    columns: tuple[str, ...] = ("sentence1", "sentence2", "label")
    """Of a table without a header; the last is the label, two of them make it a task of single
    sentences."""
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Other names of classes, as files have them."""
    no_label: tuple[str, ...] = ("-",)
    """What stands where annotators did not agree: such a pair is left out, and counted. So is one
    with -1 or null, the Hub's words for no class, among others with a class."""

    @property
    def head(self) -> Head:
        """One vector of logits a row."""
        return "sequence"

    @property
    def kind(self) -> Kind:
        """A label a line."""
        return "labels"

    def read(self, paths: Sequence[Path], language: str) -> Read:
        """Pairs of tables; see `Family.read`."""
        dropped: Counter[str] = Counter()
        found = []
        for path in paths:
            for row in rows_of(path, self.columns, known=KNOWN, language=language):
                label = row.first(self.columns[-1], *LABEL)
                if string_of(label) in self.no_label:
                    dropped["annotators did not agree"] += 1
                else:
                    found.append((self._pair(row, label), row.place, self._is_none(row, label)))
        if any(pair.label is not None for pair, _, _ in found):
            kept = [one for one in found if not one[2]]
            dropped["annotators did not agree"] += len(found) - len(kept)
            found = kept
        if not found:
            raise ValueError(f"{', '.join(map(str, paths))}: no pairs in {language}; fill it.")
        pairs = [pair for pair, _, _ in found]
        labelled = _labelled(pairs, [place for _, place, _ in found])
        return Read(examples=pairs, labelled=labelled, dropped=dict(+dropped))

    def _is_none(self, row: Row, label: Any) -> bool:
        """Whether a row says that it has no class, as the Hub's do."""
        if label is None:
            return any(name in row.values for name in (self.columns[-1], *LABEL))
        return string_of(label) == "-1" and "-1" not in self.labels

    def _pair(self, row: Row, label: Any) -> Pair:
        """A row's texts and its class.

        Raises:
            ValueError: a column is missing, or the class is none of the task's.
        """
        alone = len(self.columns) == 2
        named = None if label == "" or self._is_none(row, label) else label
        if named is not None:
            named = self.synonyms.get(string_of(named), string_of(named))
            if named not in self.labels:
                raise ValueError(
                    f"{row.place} has the label {named!r}; the task knows {', '.join(self.labels)}."
                )
        return Pair(
            first=string_of(row.need(self.columns[0], *FIRST)),
            second=None if alone else string_of(row.need(self.columns[1], *SECOND)),
            label=named,
        )

    def encode(
        self, examples: Sequence[Pair], tokenizer: PreTrainedTokenizerFast, limits: Limits
    ) -> Encoded:
        """A row a pair, the longer of its texts cut where it is too long."""
        second = [one.second for one in examples]
        told = tokenizer(
            [one.first for one in examples],
            None if None in second else second,
            truncation=True,
            max_length=limits.max_length,
            verbose=False,
        )
        names = [name for name in told if name != "attention_mask"]
        rows = [{name: told[name][place] for name in names} for place in range(len(examples))]
        for row, one in zip(rows, examples, strict=True):
            if one.label is not None:
                row["labels"] = self.labels.index(one.label)
        return Encoded(rows=rows, places=[None] * len(rows))

    def decode(
        self, logits: Sequence[np.ndarray], encoded: Encoded, examples: Sequence[Pair]
    ) -> list[str]:
        """The likeliest class of each row, the first of equally likely ones."""
        return [self.labels[int(one.argmax())] for one in logits]

    def references(self, examples: Sequence[Pair]) -> list[str]:
        """The classes by name."""
        return [str(one.label) for one in examples]


FIRST = ("sentence1", "premise", "sentence_A", "text")
SECOND = ("sentence2", "hypothesis", "sentence_B")
LABEL = ("label", "gold_label", "entailment_label", "entailment_judgment")
KNOWN = (*FIRST, *SECOND, *LABEL)
"""What columns are called in XTREME, on the Hub, in XNLI's, SNLI's and SICK's own files."""


def _labelled(pairs: Sequence[Pair], places: Sequence[str]) -> bool:
    """Whether the classes are known, of all or of none.

    Raises:
        ValueError: of some.
    """
    known = [one.label is not None for one in pairs]
    if any(known) and not all(known):
        raise ValueError(f"{places[known.index(False)]} has no label, others have: add it.")
    return all(known)


# The tasks

NLI = Classify(
    labels=("contradiction", "entailment", "neutral"),
    columns=("premise", "hypothesis", "label"),
    synonyms={
        "contradictory": "contradiction",
        "CONTRADICTION": "contradiction",
        "ENTAILMENT": "entailment",
        "NEUTRAL": "neutral",
        # XNLI on the Hub, where its numbers have no names beside them
        "0": "entailment",
        "1": "neutral",
        "2": "contradiction",
    },
)
"""Natural language inference in three classes."""

XNLI = Task(
    name="xnli",
    family=NLI,
    metric=ACCURACY,
    languages=XTREME["xnli"].languages,
    provenance=Provenance(
        origin="Facebook AI and New York University, github.com/facebookresearch/XNLI",
        revision="XNLI 1.0; training data MultiNLI 1.0, by machine for other languages (XNLI-MT)",
        licence="CC BY-NC 4.0",
        citation="Conneau et al., 2018, XNLI: Evaluating Cross-lingual Sentence Representations",
    ),
    folders=("xnli", "XNLI"),
    files={
        "train": (
            "train-{code}.tsv",
            "{code}.train.tsv",
            "multinli.train.{code}.tsv",
            "{code}/train-*.parquet",
        ),
        "dev": (
            "dev-{code}.tsv",
            "{code}.dev.tsv",
            "xnli.dev.tsv",
            "{code}/validation-*.parquet",
        ),
        "test": (
            "test-{code}.tsv",
            "{code}.test.tsv",
            "xnli.test.tsv",
            "{code}/test-*.parquet",
        ),
    },
)

PAWSX = Task(
    name="pawsx",
    family=Classify(labels=("0", "1")),
    metric=ACCURACY,
    languages=XTREME["pawsx"].languages,
    provenance=Provenance(
        origin="Google Research, github.com/google-research-datasets/paws",
        revision="x-final; training data PAWS-Wiki, by machine for other languages",
        licence="free for any purpose, with acknowledgement of Google as the source",
        citation="Yang et al., 2019, PAWS-X: A Cross-lingual Adversarial Dataset for Paraphrase "
        "Identification",
    ),
    folders=("pawsx", "x-final", "PAWS-X", "paws-x"),
    files={
        "train": (
            "train-{code}.tsv",
            "{code}.train.tsv",
            "{code}/train.tsv",
            "{code}/translated_train.tsv",
            "{code}/train-*.parquet",
        ),
        "dev": (
            "dev-{code}.tsv",
            "{code}.dev.tsv",
            "{code}/dev_2k.tsv",
            "{code}/validation-*.parquet",
        ),
        "test": (
            "test-{code}.tsv",
            "{code}.test.tsv",
            "{code}/test_2k.tsv",
            "{code}/test-*.parquet",
        ),
    },
)

SICK = Task(
    name="sick",
    family=NLI,
    metric=ACCURACY,
    languages=("en",),
    provenance=Provenance(
        origin="SemEval 2014, task 1, clic.cimec.unitn.it/composes/sick.html",
        revision="SICK, the whole set and its training part",
        licence="CC BY-NC-SA 3.0",
        citation="Marelli et al., 2014, A SICK cure for the evaluation of compositional "
        "distributional semantic models",
    ),
    folders=("sick", "SICK"),
    files={
        "train": ("SICK_train.txt", "train-{code}.tsv", "train-*.parquet"),
        "dev": ("SICK_trial.txt", "dev-{code}.tsv", "validation-*.parquet"),
        "test": ("SICK_test_annotated.txt", "test-{code}.tsv", "test-*.parquet"),
    },
)
