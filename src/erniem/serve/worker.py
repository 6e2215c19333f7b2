"""The one thread that runs the network, and the bridge to it from the event loop.

```text
event loop   await run(work, rows) ─▶ Line.add ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ Answer's future ─▶ results
thread                                Line.take ─▶ work.run(rows) ─▶ call_soon_threadsafe
```
"""

import asyncio
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from erniem.serve.line import Batch, Job, Line
from erniem.serve.metrics import Meters

__all__ = ["Work", "Worker"]

logger = logging.getLogger(__name__)

MEMORY = 0.8
"""Of the speed seen before, when a new batch is seen."""
SHARE = 0.5
"""Of the time for an answer: no more is let in than is done in so much of it. All who wait share
the network, so one too many would be one too many for all."""


@runtime_checkable
class Work(Protocol):
    """Something that the network does to rows."""

    def run(self, rows: Sequence[Any]) -> Sequence[Any]:
        """A result for each row; ValueError if a row cannot be done."""
        ...


@dataclass(eq=False, kw_only=True)
class Answer:
    """What comes of a job, row by row."""

    rows: Sequence[Any]
    results: list[Any]
    left: int
    done: asyncio.Future[list[Any]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def put(self, row: int, result: Any) -> None:
        """A row's result."""
        self.results[row] = result
        self.left -= 1
        if not self.left and not self.done.done():
            self.done.set_result(self.results)

    def fail(self, error: Exception) -> None:
        """The job ends with an error."""
        if not self.done.done():
            self.done.set_exception(error)


class Worker:
    """Runs batches of what waits, one at a time, in a thread of its own.

    Args:
        works: by name.
        line: where rows wait; the worker is its only user.
        meters: counts batches.
        inside: how many requests there are, in line or on their way: a batch waits for company only
            while there may be some.
        seconds: in which a request must be answered.
    """

    def __init__(
        self,
        works: Mapping[str, Work],
        line: Line,
        meters: Meters,
        inside: Callable[[], int],
        *,
        seconds: float,
    ) -> None:
        self.works, self.line, self.meters, self.inside = works, line, meters, inside
        self.seconds, self.room = seconds, line.room
        self.answers: dict[Job, Answer] = {}
        self.speed = 0.0  # tokens a second, lately
        self._changed = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, name="network", daemon=True)
        meters.queue_tokens.set_function(lambda: float(line.tokens))
        meters.queue_requests.set_function(lambda: float(len(line.jobs)))

    def start(self) -> None:
        """From an event loop, to which results go."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def warm_up(self, work: str, rows: Sequence[Any], tokens: int) -> None:
        """Runs some rows before anyone waits: the first run is slow, the second tells the speed."""
        self.works[work].run(rows)
        start = time.monotonic()
        self.works[work].run(rows)
        self._learn(tokens / max(time.monotonic() - start, 1e-6))

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._thread.is_alive() and not self._stopping

    async def stop(self) -> None:
        """Ends the thread after the batch that runs; what waits is not done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join)

    async def run(self, work: str, rows: Sequence[Any], costs: Sequence[int]) -> list[Any]:
        """Each row's result. Cancelled, it takes out of the line what still waits.

        Args:
            work: which.
            rows: for `Work.run`, at least one.
            costs: tokens of each row.

        Raises:
            Full: there is no room for them now.
            ValueError: a row that cannot be done.
            Exception: what else the work raises.
        """
        job = Job(lane=work, costs=costs, arrived=time.monotonic())
        answer = Answer(rows=rows, results=[None] * len(rows), left=len(rows))
        with self._changed:
            self.line.add(job)
            self.answers[job] = answer
            self._changed.notify()
        try:
            return await answer.done
        finally:
            with self._changed:
                self.line.drop(job)
                del self.answers[job]

    def seconds_waiting(self) -> float:
        """In which what waits now would be done, at the speed of late."""
        return self.line.tokens / self.speed if self.speed else 1.0

    def _serve(self) -> None:
        while (batch := self._next()) is not None:
            start = time.monotonic()
            self._do(batch)
            self._count(batch, time.monotonic() - start)

    def _next(self) -> Batch | None:
        """The next batch, when its time has come; None at the end."""
        with self._changed:
            while not self._stopping:
                delay = self.line.delay(time.monotonic())
                alone = self.inside() <= len(self.answers)
                if delay == 0 or (delay is not None and alone):
                    return self.line.take()
                self._changed.wait(delay)
        return None

    def _do(self, batch: Batch) -> None:
        """A batch; if it fails, each job by itself, so that one does not spoil the others'."""
        try:
            self._deliver(batch)
        except Exception:
            self._do_apart(batch)

    def _do_apart(self, batch: Batch) -> None:
        self.meters.failed.labels(batch.lane).inc()
        apart: dict[Job, list[tuple[Job, int]]] = defaultdict(list)
        for job, row in batch.rows:
            apart[job].append((job, row))
        for job, rows in apart.items():
            self._do_alone(job, Batch(lane=batch.lane, rows=rows, tokens=0))

    def _do_alone(self, job: Job, batch: Batch) -> None:
        try:
            self._deliver(batch)
        except Exception as error:  # whatever it is, it is the request's to tell
            with self._changed:
                self.line.drop(job)
                answer = self.answers.get(job)
            if answer is not None:
                self._loop.call_soon_threadsafe(answer.fail, error)

    def _deliver(self, batch: Batch) -> None:
        """Runs rows whose client is still there, and sends their results to the event loop."""
        with self._changed:
            wanted = [(self.answers[job], row) for job, row in batch.rows if job in self.answers]
        if not wanted:
            return
        work = self.works[str(batch.lane)]
        results = work.run([answer.rows[row] for answer, row in wanted])
        self._loop.call_soon_threadsafe(_put, wanted, results)

    def _count(self, batch: Batch, seconds: float) -> None:
        meters, work = self.meters, str(batch.lane)
        meters.tokens.labels(work).inc(batch.tokens)
        meters.batch_tokens.labels(work).observe(batch.tokens)
        meters.batch_rows.labels(work).observe(len(batch.rows))
        meters.batch_seconds.labels(work).observe(seconds)
        self._learn(batch.tokens / max(seconds, 1e-6))

    def _learn(self, speed: float) -> None:
        """From a batch how fast the network is now, and so how much may wait."""
        self.speed = MEMORY * self.speed + (1 - MEMORY) * speed if self.speed else speed
        in_time = round(self.speed * self.seconds * SHARE)
        self.line.room = min(self.room, max(in_time, 2 * self.line.budget))


def _put(wanted: Sequence[tuple[Answer, int]], results: Sequence[Any]) -> None:
    for (answer, row), result in zip(wanted, results, strict=True):
        answer.put(row, result)
