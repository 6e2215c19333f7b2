"""Steps of a stage that do little, or die."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from datatrove.pipeline.base import PipelineStep


class Count(PipelineStep):
    """Writes a line a call to a file of its own; some calls end badly.

    Args:
        folder: gets the files.
        deadly: task that is killed, as if memory had run out.
        deaths: how often.
        wrong: task that finds a mistake.
    """

    name = "count"
    type = "made up"

    def __init__(self, folder: Path, *, deadly: int = -1, deaths: int = 1, wrong: int = -1) -> None:
        super().__init__()
        self.folder, self.deadly, self.deaths, self.wrong = folder, deadly, deaths, wrong

    def run(self, data: object = None, rank: int = 0, world_size: int = 1) -> Iterator[object]:
        with (self.folder / str(rank)).open("a") as file:
            file.write("called\n")
        if rank == self.deadly and len(self.calls(rank)) <= self.deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        if rank == self.wrong:
            raise ValueError(f"line 3 of task {rank} is wrong")
        yield from ()

    def calls(self, rank: int) -> list[str]:
        """A line for each call of a task."""
        path = self.folder / str(rank)
        return path.read_text().splitlines() if path.exists() else []
