"""The line in which rows wait for the network: who is next, how much at once. Pure: no clock.

```text
jobs       a: ███████████████   b: ██   c: ██        rows of three requests, in one lane
batch 1    a█ b█ c█ a█ b█ c█ a█ a█ …                 the one that has been served least is next
```

A job that comes later starts where the others are, so a request of 100,000 texts costs one of one
text no more than its share of a batch (start-time fair queueing, Goyal et al., 1996, by tokens).
"""

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace

__all__ = ["Batch", "Full", "Job", "Line"]


class Full(Exception):  # noqa: N818  a state, not a mistake
    """There is no room in the line now."""


@dataclass(eq=False, kw_only=True)
class Job:
    """Rows of one request."""

    lane: Hashable
    """What is done to them; a batch is of one lane."""
    costs: Sequence[int]
    """Tokens of each row."""
    arrived: float
    """By the caller's clock, in seconds."""
    served: float = 0
    """Tokens, counted from where the others were when it came."""
    waiting: deque[int] = field(default_factory=deque)
    """Numbers of the rows that wait, the longest first, so that like lengths meet."""
    tokens: int = 0
    """Of the rows that wait."""

    def __post_init__(self) -> None:
        self.waiting.extend(sorted(range(len(self.costs)), key=lambda row: -self.costs[row]))
        self.tokens = sum(self.costs)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What is run at once."""

    lane: Hashable
    rows: list[tuple[Job, int]]
    """Jobs, and numbers of their rows."""
    tokens: int


class Line:
    """Jobs that wait.

    Args:
        budget: tokens of a batch; a row of more is alone.
        room: tokens that may wait; the last tenth is for jobs of at most a batch, so that long
            ones do not keep short ones out.
        patience: seconds that a batch which is not full waits for company.
    """

    def __init__(self, *, budget: int, room: int, patience: float) -> None:
        self.budget, self.room, self.patience = budget, room, patience
        self.tokens = 0
        self.jobs: dict[Job, None] = {}  # in the order of arrival
        self._start = 0.0  # where a new job starts

    def add(self, job: Job) -> None:
        """Puts a job in the line.

        Raises:
            Full: there is no room for it now.
        """
        if not self.has_room(job.tokens):
            raise Full
        job.served = self._start
        self.jobs[job] = None
        self.tokens += job.tokens

    def has_room(self, tokens: int) -> bool:
        """Whether a job of so many tokens would be taken now; of an empty line, any is."""
        room = self.room if tokens <= self.budget else self.room * 9 // 10
        return not self.tokens or self.tokens + tokens <= room

    def drop(self, job: Job) -> None:
        """Takes out what still waits of a job; nothing if it is done."""
        if job in self.jobs:
            del self.jobs[job]
            self.tokens -= job.tokens
            job.waiting.clear()
            job.tokens = 0

    def delay(self, now: float) -> float | None:
        """Seconds until a batch should go, 0 for now; None if nothing waits."""
        if not self.jobs:
            return None
        if self.tokens >= self.budget:
            return 0.0
        first = next(iter(self.jobs))
        return max(0.0, first.arrived + self.patience - now)

    def take(self) -> Batch:
        """The next batch; something must wait."""
        lane = min(self.jobs, key=lambda job: job.served).lane
        order = [
            (job.served, number, job) for number, job in enumerate(self.jobs) if job.lane == lane
        ]
        heapify(order)
        rows: list[tuple[Job, int]] = []
        total = 0
        while order:
            _, number, job = order[0]
            cost = job.costs[job.waiting[0]]
            if rows and total + cost > self.budget:
                break
            self._start = job.served
            rows.append((job, self._pop(job, cost)))
            total += cost
            if job.waiting:
                heapreplace(order, (job.served, number, job))
            else:
                heappop(order)
        return Batch(lane=lane, rows=rows, tokens=total)

    def _pop(self, job: Job, cost: int) -> int:
        """A row out of a job, and the job out of the line if it was the last."""
        row = job.waiting.popleft()
        job.served += cost
        job.tokens -= cost
        self.tokens -= cost
        if not job.waiting:
            del self.jobs[job]
        return row
