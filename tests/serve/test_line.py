from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erniem.serve.line import Batch, Full, Job, Line


def job(*costs: int, lane: str = "vectors", arrived: float = 0.0) -> Job:
    return Job(lane=lane, costs=costs, arrived=arrived)


def line(budget: int = 8, room: int = 1000, patience: float = 0.5, *jobs: Job) -> Line:
    made = Line(budget=budget, room=room, patience=patience)
    for one in jobs:
        made.add(one)
    return made


def shares(batch: Batch) -> Counter[int]:
    return Counter(id(one) for one, _ in batch.rows)


def test_a_batch_is_filled_up_to_the_budget_from_all_who_wait() -> None:
    first, second = job(3, 3), job(2)
    batch = line(8, 1000, 0.5, first, second).take()
    assert batch.rows == [(first, 0), (second, 0), (first, 1)]
    assert batch.tokens == 8


def test_a_long_request_leaves_the_others_their_share_of_each_batch() -> None:
    long = job(*[1] * 100_000)
    waiting = line(8, 10**6, 0.5, long)
    for _ in range(100):
        assert shares(waiting.take()) == {id(long): 8}
    short = job(1, 1)
    waiting.add(short)
    assert shares(waiting.take()) == {id(long): 6, id(short): 2}


def test_two_long_requests_share_equally_whoever_came_first() -> None:
    first, second = job(*[1] * 1000), job(*[2] * 1000)
    waiting = line(8, 10**6, 0.5, first, second)
    tokens: Counter[int] = Counter()
    for _ in range(50):
        for one, row in waiting.take().rows:
            tokens[id(one)] += one.costs[row]
    assert abs(tokens[id(first)] - tokens[id(second)]) <= 2


def test_a_latecomer_does_not_catch_up_on_what_it_never_asked_for() -> None:
    early = job(*[1] * 1000)
    waiting = line(8, 10**6, 0.5, early)
    for _ in range(20):
        waiting.take()
    late = job(*[1] * 1000)
    waiting.add(late)
    assert shares(waiting.take()) == {id(early): 4, id(late): 4}


def test_a_row_over_the_budget_is_alone() -> None:
    waiting = line(8, 1000, 0.5, job(20), job(1))
    assert [waiting.take().tokens, waiting.take().tokens] == [20, 1]
    assert waiting.delay(0.0) is None


def test_a_batch_is_of_one_lane_and_lanes_take_turns() -> None:
    vectors, holes = job(*[4] * 6), job(*[4] * 6, lane="holes")
    waiting = line(8, 1000, 0.5, vectors, holes)
    assert [waiting.take().lane for _ in range(4)] == ["vectors", "holes", "vectors", "holes"]


def test_like_lengths_of_a_request_go_together() -> None:
    waiting = line(8, 1000, 0.5, job(1, 4, 1, 4))
    assert [row for _, row in waiting.take().rows] == [1, 3]


def test_a_full_batch_goes_now_and_another_waits_for_company_but_not_for_long() -> None:
    assert line(8, 1000, 0.5, job(8, arrived=1.0)).delay(1.0) == 0
    waiting = line(8, 1000, 0.5, job(3, arrived=1.0), job(3, arrived=1.4))
    assert waiting.delay(1.25) == pytest.approx(0.25)
    assert waiting.delay(1.5) == 0
    assert line().delay(0.0) is None


def test_what_has_no_room_is_refused_and_the_last_tenth_is_for_short_requests() -> None:
    waiting = line(8, 100, 0.5, job(*[8] * 11))
    with pytest.raises(Full):
        waiting.add(job(8, 8))
    waiting.add(job(8))
    with pytest.raises(Full):
        waiting.add(job(8))
    waiting.take()
    waiting.add(job(8))


def test_what_is_dropped_is_not_run_and_makes_room() -> None:
    gone, stays = job(*[4] * 10), job(4)
    waiting = line(8, 100, 0.5, gone, stays)
    waiting.take()
    waiting.drop(gone)
    waiting.drop(gone)
    assert waiting.tokens == 0
    assert waiting.delay(0.0) is None


@given(
    st.lists(
        st.tuples(st.lists(st.integers(1, 12), min_size=1, max_size=9), st.sampled_from("ab")),
        min_size=1,
        max_size=6,
    )
)
def test_every_row_is_run_once_and_no_batch_of_several_is_over_the_budget(
    given_jobs: list[tuple[list[int], str]],
) -> None:
    jobs = [job(*costs, lane=lane) for costs, lane in given_jobs]
    waiting = line(10, 10**6, 0.5, *jobs)
    run: Counter[tuple[int, int]] = Counter()
    while waiting.delay(10.0) is not None:
        batch = waiting.take()
        assert batch.tokens <= 10 or len(batch.rows) == 1
        assert {one.lane for one, _ in batch.rows} == {batch.lane}
        run.update((id(one), row) for one, row in batch.rows)
    assert run == {(id(one), row): 1 for one in jobs for row in range(len(one.costs))}
    assert waiting.tokens == 0
