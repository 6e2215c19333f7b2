"""The stage that reads and cleans: one task a source, as a list of datatrove steps.

```text
Read ─▶ Apply(repair) ─▶ Apply(length) ─▶ … ─▶ Keep ─▶ documents/00007.parquet
                                                 ├───▶ keys/00007…       what may repeat it
                                                 └───▶ cleaned/00007.json   counts, drops, held out
```
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from datatrove.pipeline.base import PipelineStep

from erniem.corpus.build.columns import DocumentWriter
from erniem.corpus.build.held_out import Candidates
from erniem.corpus.build.work import Work
from erniem.corpus.document import (
    Document,
    Drops,
    label_of,
    languages_of,
    sides_of,
    source_of,
)
from erniem.corpus.keys import KeyWriter, side_keys
from erniem.corpus.nearness import Nearness
from erniem.corpus.sources import Source, read
from erniem.corpus.steps.rule import Filter, Rule

__all__ = ["cleaning_steps"]

LETTER = re.compile(r"[^\W_]")
BATCH = 2_048
"""Documents written at a time."""


def cleaning_steps(
    sources: Sequence[Source],
    rules: Sequence[Rule | PipelineStep],
    work: Work,
    *,
    languages: Sequence[str] | None,
    nearness: Nearness | None,
    held_out: int,
    rejected: bool,
) -> list[PipelineStep]:
    """The steps of the stage; task i reads source i.

    Args:
        sources: what is read.
        rules: steps of ours and of datatrove.
        work: where everything is written.
        languages: documents in others are dropped.
        nearness: how near-duplicates are recognised; None for exact ones alone.
        held_out: pairs kept for evaluation, at most, of each label.
        rejected: keep all that is dropped beside.
    """
    drops = Drops()
    steps: list[PipelineStep] = [Read(sources, drops, work if rejected else None)]
    if languages is not None:
        steps.append(Apply(Asked(frozenset(languages)), drops))
    steps += [rule if isinstance(rule, PipelineStep) else Apply(rule, drops) for rule in rules]
    return [*steps, Apply(Lettered(), drops), Keep(work, drops, nearness, held_out)]


class Read(PipelineStep):  # type: ignore[misc]
    """Documents of one source."""

    type = "reader"
    name = "erniem: read"

    def __init__(self, sources: Sequence[Source], drops: Drops, work: Work | None) -> None:
        super().__init__()
        self.sources = sources
        self.drops = drops
        self.work = work

    def run(
        self, data: Iterable[Document] | None = None, rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """The documents of source `rank`."""
        if self.work is not None:
            self.drops.beside = self.work.rejected(rank, "dropped")
        yield from read(self.sources[rank], self.drops)


class Apply(PipelineStep):  # type: ignore[misc]
    """A rule as a step of datatrove."""

    type = "rule"

    def __init__(self, rule: Rule, drops: Drops) -> None:
        super().__init__()
        self.rule = rule
        self.drops = drops
        self.name = f"erniem: {rule}"

    def run(
        self, data: Iterable[Document], rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """The documents that go on."""
        yield from self.rule.apply(data, self.drops)


class Asked(Filter):
    """Keeps documents in languages that were asked for."""

    def __init__(self, languages: frozenset[str]) -> None:
        self.languages = languages

    def why_drop(self, document: Document) -> str | None:
        """`not asked for`, or None."""
        return None if self.languages.issuperset(languages_of(document)) else "not asked for"


class Lettered(Filter):
    """Keeps what has a letter or digit on each side: documents are told apart by these alone."""

    def why_drop(self, document: Document) -> str | None:
        """`no letters`, or None."""
        return None if all(map(LETTER.search, sides_of(document))) else "no letters"


class Keep(PipelineStep):  # type: ignore[misc]
    """Writes the documents that came through, their keys, and what was dropped on the way."""

    type = "writer"
    name = "erniem: keep"

    def __init__(self, work: Work, drops: Drops, nearness: Nearness | None, held_out: int) -> None:
        super().__init__()
        self.work = work
        self.drops = drops
        self.nearness = nearness
        self.held_out = held_out

    def run(
        self, data: Iterable[Document], rank: int = 0, world_size: int = 1
    ) -> Iterator[Document]:
        """Writes them all; none goes on."""
        counts: Counter[tuple[str, str]] = Counter()
        candidates = Candidates(self.held_out)
        documents = iter(data)
        with (
            DocumentWriter(self.work.documents(rank)) as writer,
            KeyWriter(self.work.keys(rank), self.nearness) as key_writer,
        ):
            while batch := list(islice(documents, BATCH)):
                keys = side_keys(key_writer.add(batch), len(batch))
                counts.update((label_of(document), source_of(document)) for document in batch)
                candidates.look(batch, keys)
                writer.add(batch, keys)
        facts = {
            "counts": [[*what, count] for what, count in sorted(counts.items())],
            "candidates": candidates.found(),
            **self.drops.plain(),
        }
        self.work.cleaned(rank).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        self.drops.close()
        yield from ()
