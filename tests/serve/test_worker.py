import asyncio
import threading
import time
from collections.abc import Sequence

import pytest

from erniem.serve.line import Full, Line
from erniem.serve.metrics import Meters
from erniem.serve.worker import Worker


class Doubling:
    """Doubles numbers; waits before the first batch until it is let go; fails at a 13."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.entered = False
        self.go = threading.Event()

    def run(self, rows: Sequence[int]) -> list[int]:
        self.entered = True
        self.go.wait(10)
        self.batches.append(list(rows))
        if 13 in rows:
            raise ValueError("thirteen cannot be doubled")
        return [2 * row for row in rows]


def worker(
    work: Doubling,
    budget: int = 4,
    room: int = 100,
    patience: float = 0.0,
    inside: int = 9,
    seconds: float = 60.0,
) -> Worker:
    line = Line(budget=budget, room=room, patience=patience)
    return Worker({"double": work}, line, Meters(), inside=lambda: inside, seconds=seconds)


async def until(what: object) -> None:
    async with asyncio.timeout(10):
        while not what():  # type: ignore[operator]
            await asyncio.sleep(0.001)


def test_requests_that_wait_together_run_together() -> None:
    async def main() -> None:
        work = Doubling()
        running = worker(work)
        running.start()
        first = asyncio.create_task(running.run("double", [1], [1]))
        await until(lambda: work.entered)  # it runs, and the others wait
        others = [asyncio.create_task(running.run("double", [n, n], [1, 1])) for n in (2, 3)]
        await until(lambda: running.line.tokens == 4)
        work.go.set()
        assert await asyncio.gather(first, *others) == [[2], [4, 4], [6, 6]]
        assert work.batches == [[1], [2, 3, 2, 3]]
        await running.stop()

    asyncio.run(main())


def test_a_row_that_fails_is_its_own_requests_failure_alone() -> None:
    async def main() -> None:
        work = Doubling()
        running = worker(work)
        running.start()
        tasks = [asyncio.create_task(running.run("double", [n], [2])) for n in (13, 5)]
        await until(lambda: work.entered)
        work.go.set()
        bad, good = await asyncio.gather(*tasks, return_exceptions=True)
        assert str(bad) == "thirteen cannot be doubled"
        assert good == [10]
        assert running.meters.registry.get_sample_value(
            "erniem_batch_failures_total", {"work": "double"}
        )
        assert running.alive
        await running.stop()
        assert not running.alive

    asyncio.run(main())


def test_what_nobody_waits_for_any_more_is_not_run() -> None:
    async def main() -> None:
        work = Doubling()
        running = worker(work)
        running.start()
        first = asyncio.create_task(running.run("double", [1], [4]))
        await until(lambda: work.entered)
        gone = asyncio.create_task(running.run("double", [7] * 20, [4] * 20))
        await until(lambda: running.line.tokens == 80)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert running.line.tokens == 0
        work.go.set()
        assert await first == [2]
        assert await running.run("double", [2], [4]) == [4]
        assert work.batches == [[1], [2]]
        assert not running.answers
        await running.stop()

    asyncio.run(main())


def test_a_full_line_refuses_and_forgets() -> None:
    async def main() -> None:
        work = Doubling()
        running = worker(work, room=10)
        running.start()
        first = asyncio.create_task(running.run("double", [1], [4]))
        await until(lambda: work.entered)
        second = asyncio.create_task(running.run("double", [1, 1], [4, 4]))
        await until(lambda: running.line.tokens == 8)
        with pytest.raises(Full):
            await running.run("double", [1], [4])
        assert len(running.answers) == 2
        work.go.set()
        assert await asyncio.gather(first, second) == [[2], [2, 2]]
        await running.stop()

    asyncio.run(main())


def test_a_batch_waits_for_company_only_while_somebody_is_on_the_way() -> None:
    async def main(inside: int) -> float:
        work = Doubling()
        work.go.set()
        running = worker(work, patience=1.0, inside=inside)
        running.start()
        start = time.monotonic()
        assert await running.run("double", [1], [1]) == [2]
        taken = time.monotonic() - start
        await running.stop()
        return taken

    assert asyncio.run(main(inside=2)) >= 1.0
    assert asyncio.run(main(inside=1)) < 0.9


def test_no_more_is_let_in_than_can_be_answered_in_time() -> None:
    """Fair shares of too much are late for all."""

    async def main() -> None:
        work = Doubling()
        running = worker(work, room=10_000, seconds=0.4)
        work.go.set()
        running.works = {"double": Slow(work, 0.02)}
        running.warm_up("double", [1], 4)  # 200 tokens a second: 40 in half of the time
        assert running.line.room == pytest.approx(40, abs=10)
        running.start()
        tasks = [asyncio.create_task(running.run("double", [1], [4])) for _ in range(30)]
        told = await asyncio.gather(*tasks, return_exceptions=True)
        refused = sum(isinstance(one, Full) for one in told)
        assert 15 <= refused < 30
        assert [one for one in told if not isinstance(one, Full)] == [[2]] * (30 - refused)
        await running.stop()

    asyncio.run(main())


class Slow:
    """The same, later."""

    def __init__(self, work: Doubling, seconds: float) -> None:
        self.work, self.seconds = work, seconds

    def run(self, rows: Sequence[int]) -> list[int]:
        time.sleep(self.seconds)
        return self.work.run(rows)
