"""The stage that compares: which documents repeat an earlier one, by buckets of keys."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from datatrove.pipeline.base import PipelineStep

from erniem.corpus.build.work import Work
from erniem.corpus.duplicates import mark_repeated
from erniem.corpus.nearness import Nearness

__all__ = ["Compare"]


class Compare(PipelineStep):  # type: ignore[misc]
    """Compares the keys of one bucket.

    Args:
        work: where it writes.
        keys: the files of keys, by task.
        nearness: how near-duplicates are recognised, as their keys were made; None for none.
    """

    type = "dedup"
    name = "erniem: compare"

    def __init__(self, work: Work, keys: Sequence[Path], nearness: Nearness | None) -> None:
        super().__init__()
        self.work = work
        self.keys = keys
        self.nearness = nearness

    def run(
        self, data: Iterable[object] | None = None, rank: int = 0, world_size: int = 1
    ) -> Iterator[object]:
        """Compares bucket `rank`; nothing goes on."""
        mark_repeated(
            self.keys,
            self.work.repeated(rank),
            bucket=rank,
            num_buckets=world_size,
            nearness=self.nearness,
        )
        yield from ()
