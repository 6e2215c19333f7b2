"""The recipe of a corpus: one file that says sources, steps, languages, output.

```yaml
output: corpus
sources:
  - path: text                      # XX.txt, XX-YY.tsv, …: names say what they hold
  - {path: "crawl/*.jsonl.zst", languages: [sw], licence: CC0-1.0}
steps:
  - repair
  - length: {most_words: 100}
tokenizer: xlm-roberta-base
```
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from erniem.corpus.build.executors import Executor
from erniem.corpus.build.vocabulary import Vocabulary
from erniem.corpus.nearness import Nearness
from erniem.corpus.sources import SourceEntry
from erniem.corpus.steps.catalogue import DEFAULT_STEPS, rules_of
from erniem.recipes import read

__all__ = ["CorpusRecipe", "read_corpus_recipe"]


@dataclass(frozen=True, kw_only=True)
class CorpusRecipe:
    """Everything that decides a corpus."""

    output: Path
    """Folder of the corpus. While it is built there is a folder beside it, OUTPUT.work."""
    sources: list[SourceEntry]
    """What is read."""
    languages: list[str] | None = None
    """Only these; all that are found if null. Of pairs, both sides must be among them."""
    steps: list[Any] = field(default_factory=lambda: list(DEFAULT_STEPS))
    """What is done to each sentence and pair, in this order: names of steps, `name: {setting: …}`
    to change a setting, or the import path of a rule of your own or of a step of datatrove,
    `package.module:Class`."""
    near_duplicates: Nearness | None = None
    """How near-duplicates are found; null leaves them, and drops exact ones alone."""
    tokenizer: Path | None = None
    """Folder of the tokeniser that encodes; one is trained on the text if null."""
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    """How a tokeniser is trained."""
    max_pieces: int = 510
    """Longer sentences are cropped, and counted."""
    max_per_source: int | None = None
    """Sentences or pairs kept of each file, at most, drawn; all of them if null."""
    pairs_as_text: bool = True
    """Sides of pairs are sentences of their languages too."""
    held_out: int = 500
    """Pairs of each two languages kept for evaluation, at most a tenth of them."""
    rejected: bool = False
    """Keep all that steps drop beside, in OUTPUT/rejected, not only a few examples of each."""
    executor: Executor = field(default_factory=Executor)
    """Where it runs."""

    def __post_init__(self) -> None:
        if not self.sources:
            raise ValueError("sources is empty: name at least one.")
        if self.max_per_source is not None and self.max_per_source < 1:
            raise ValueError(
                f"max_per_source is {self.max_per_source}: give at least 1, or null for all."
            )
        if self.held_out < 0:
            raise ValueError(f"held_out is {self.held_out}; it cannot be negative.")
        if self.max_pieces < 1:
            raise ValueError(f"max_pieces is {self.max_pieces}; give at least 1.")
        if self.tokenizer is not None and self.vocabulary != Vocabulary():
            raise ValueError("vocabulary has no effect: tokenizer names one; take either out.")
        rules_of(self.steps)


def read_corpus_recipe(*paths: Path | str, overrides: Sequence[str] = ()) -> CorpusRecipe:
    """Reads a recipe from YAML files.

    Args:
        paths: the recipe; a later file says only what differs.
        overrides: `key=value`, over all files: `executor.workers=8`.

    Raises:
        ValueError: a key that no recipe has, or a value that does not fit.
    """
    return read(CorpusRecipe, *paths, overrides=overrides)
