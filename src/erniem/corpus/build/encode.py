"""The stage that encodes: what is left of a task's documents becomes parts of shards.

Letters: V vocabulary.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from datatrove.pipeline.base import PipelineStep

from erniem.corpus.build.columns import Rows, read_rows
from erniem.corpus.build.facts import Facts
from erniem.corpus.build.left import REASONS, Left, Remaining
from erniem.corpus.build.pieces import Pieces, Splitter
from erniem.corpus.document import Drops
from erniem.corpus.shard_writer import ShardWriter
from erniem.corpus.shards import shard_name

__all__ = ["Encode"]


class Encode(PipelineStep):  # type: ignore[misc]
    """Encodes the documents of a task.

    Args:
        remaining: says which.
        tokenizer: folder of the tokeniser.
        max_pieces: longer sentences are cropped, and counted.
        pairs_as_text: the sides of pairs are written as sentences too.
        rejected: keep all that is left out beside.
    """

    type = "writer"
    name = "erniem: encode"

    def __init__(
        self,
        remaining: Remaining,
        tokenizer: Path,
        *,
        max_pieces: int,
        pairs_as_text: bool,
        rejected: bool,
    ) -> None:
        super().__init__()
        self.remaining = remaining
        self.tokenizer = tokenizer
        self.max_pieces = max_pieces
        self.pairs_as_text = pairs_as_text
        self.rejected = rejected

    def run(
        self, data: Iterable[object] | None = None, rank: int = 0, world_size: int = 1
    ) -> Iterator[object]:
        """Writes the parts of task `rank`; nothing goes on."""
        work = self.remaining.work
        left = self.remaining.of(rank)
        splitter = _opened(self.tokenizer, self.tokenizer.stat().st_mtime_ns)
        drops = Drops(beside=work.rejected(rank, "left-out") if self.rejected else None)
        with ExitStack() as stack:
            parts = _Parts(work.parts(rank), splitter, stack)
            for rows in read_rows(work.documents(rank)):
                kept = left.kept(rows.numbers)
                _count_left_out(rows.those(~kept), left, drops)
                if kept.any():
                    self._add(parts, rows.those(kept), left)
        parts.save()
        drops.close()
        facts = parts.plain() | drops.plain()
        work.encoded(rank).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        yield from ()

    def _add(self, parts: "_Parts", rows: Rows, left: Left) -> None:
        """Adds rows; of pairs, also the sides to the sentences of their languages."""
        texts = _in_turn(rows)
        pieces = parts.splitter.split(texts, self.max_pieces)
        parts.add(rows.label, rows.source, texts, pieces)
        if self.pairs_as_text and len(rows.texts) == 2:
            self._add_sides(parts, rows, pieces, left)

    def _add_sides(self, parts: "_Parts", rows: Rows, pieces: Pieces, left: Left) -> None:
        for side, language in enumerate(rows.label.split("-")):
            wanted = np.flatnonzero(left.sides[side, rows.numbers])
            texts = [rows.texts[side][place] for place in wanted]
            parts.add(language, rows.source, texts, pieces.taken(2 * wanted + side))
            parts.from_pairs[language] += len(texts)
            parts.facts[language, rows.source].from_pairs += len(texts)


@lru_cache(maxsize=1)
def _opened(folder: Path, _changed: int) -> Splitter:
    """A tokeniser, opened once for all tasks of a process, with the words that it has met."""
    return Splitter.open(folder)


def _in_turn(rows: Rows) -> list[str]:
    """The texts of all sides; of pairs, first and second in turn."""
    if len(rows.texts) == 1:
        return rows.texts[0]
    return [text for texts in zip(*rows.texts, strict=True) for text in texts]


def _count_left_out(rows: Rows, left: Left, drops: Drops) -> None:
    for number, *texts in zip(rows.numbers, *rows.texts, strict=True):
        reason = REASONS[left.reasons[number]]
        drops.add(reason, rows.source, rows.label, "\t".join(texts))


class _Parts:
    """The shards a task writes, one for each source and label it meets."""

    def __init__(self, folder: Path, splitter: Splitter, stack: ExitStack) -> None:
        self.folder = folder
        self.splitter = splitter
        self.size = splitter.size
        self.unknown = splitter.unknown
        self.stack = stack
        self.facts: dict[tuple[str, str], Facts] = {}
        self.counts: dict[str, np.ndarray] = {}
        self.from_pairs: Counter[str] = Counter()
        self._writers: dict[tuple[str, str], ShardWriter] = {}

    def add(self, label: str, source: str, texts: Sequence[str], pieces: Pieces) -> None:
        """Appends sentences, or pairs with their sides in turn."""
        if (label, source) not in self._writers:
            path = self.folder / shard_name(label, source)
            writer = self.stack.enter_context(ShardWriter(path, self.size))
            self._writers[label, source] = writer
            self.facts[label, source] = Facts()
        self._writers[label, source].add(pieces.tokens, pieces.lengths)
        sides = label.split("-")
        self.facts[label, source].count(texts, pieces, len(sides), self.unknown)
        for side, language in enumerate(sides):
            tokens = pieces.of_side(side, len(sides))
            counts = self.counts.setdefault(language, np.zeros(self.size, dtype=np.int64))
            counts += np.bincount(tokens, minlength=self.size)

    def save(self) -> None:
        """Writes how often each piece occurs, by language: ids and counts of those that do."""
        used = {language: np.flatnonzero(counts) for language, counts in self.counts.items()}
        arrays = {f"{language}.ids": ids for language, ids in used.items()}
        arrays |= {
            f"{language}.counts": self.counts[language][ids] for language, ids in used.items()
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        np.savez(self.folder / "counts.npz", allow_pickle=False, **arrays)

    def plain(self) -> dict[str, Any]:
        """What was counted, as JSON has it."""
        return {
            "datasets": [[*what, asdict(facts)] for what, facts in self.facts.items()],
            "from_pairs": dict(self.from_pairs),
        }
