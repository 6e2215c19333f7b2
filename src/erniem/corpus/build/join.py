"""The stage that joins: the parts of all tasks become one shard for each data set."""

import json
from collections.abc import Iterable, Iterator, Sequence

from datatrove.pipeline.base import PipelineStep

from erniem.corpus.build.work import Work
from erniem.corpus.shard_writer import merge_shards
from erniem.corpus.shards import shard_name

__all__ = ["Join"]


class Join(PipelineStep):  # type: ignore[misc]
    """Joins the parts of one data set, and tells the files it wrote.

    Args:
        work: where the parts are.
        datasets: label, source and the tasks that have a part, of each data set.
        vocabulary_size: every piece is below it.
    """

    type = "writer"
    name = "erniem: join"

    def __init__(
        self,
        work: Work,
        datasets: Sequence[tuple[str, str, Sequence[int]]],
        vocabulary_size: int,
    ) -> None:
        super().__init__()
        self.work = work
        self.datasets = datasets
        self.vocabulary_size = vocabulary_size

    def run(
        self, data: Iterable[object] | None = None, rank: int = 0, world_size: int = 1
    ) -> Iterator[object]:
        """Joins data set `rank`; nothing goes on."""
        label, source, tasks = self.datasets[rank]
        name = shard_name(label, source)
        parts = [self.work.parts(task) / name for task in tasks]
        written = merge_shards(parts, self.work.corpus / name, self.vocabulary_size)
        files = {
            str(path.relative_to(self.work.corpus)): {"bytes": facts.bytes, "sha256": facts.sha256}
            for path, facts in written.files.items()
        }
        self.work.joined(rank).write_text(json.dumps(files), encoding="utf-8")
        yield from ()
