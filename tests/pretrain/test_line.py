from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erniem.pretrain import line as module
from erniem.pretrain.line import Line

lengths_of_rows = st.lists(st.integers(0, 9), min_size=1, max_size=60).filter(any).map(np.array)


class ByHand:
    """Rows of lengths that a test writes down."""

    def __init__(self, lengths: np.ndarray) -> None:
        self.all = lengths
        self.num_rows = len(lengths)
        self.blocks = np.add.reduceat(lengths, np.arange(0, len(lengths), module.BLOCK))

    def lengths(self, spans: Sequence[tuple[int, int]]) -> np.ndarray:
        assert all(0 <= start < stop <= self.num_rows for start, stop in spans)
        return np.concatenate([self.all[start:stop] for start, stop in spans])


def line_of(lengths: np.ndarray, *seed: int) -> Line:
    return Line(ByHand(lengths), seed or (3,))


@pytest.fixture(params=[(512, 2048), (4, 2), (1, 1)], ids=["one pool", "many", "tiny"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    block, pool = request.param
    monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(module, "POOL", pool)


def rows_of(line: Line, start: int, stop: int) -> list[int]:
    return line.window(start, stop).numbers.tolist()


def test_a_row_belongs_to_the_window_it_begins_in() -> None:
    line = line_of(np.array([4, 4, 4]))
    first, second, third = line.window(0, 12).numbers
    assert rows_of(line, 0, 8) == [first, second]
    assert rows_of(line, 1, 8) == [second]
    assert rows_of(line, 8, 12) == [third]
    assert rows_of(line, 9, 12) == []


@pytest.mark.usefixtures("sizes")
def test_an_epoch_is_shuffled_anew() -> None:
    line = line_of(np.ones(50, dtype=np.int64))
    assert rows_of(line, 0, 50) != rows_of(line, 50, 100)


@pytest.mark.usefixtures("sizes")
def test_windows_of_any_width_give_every_row_once_an_epoch() -> None:
    @settings(max_examples=50)
    @given(lengths=lengths_of_rows, width=st.floats(0.3, 40), epochs=st.integers(1, 3))
    def check(lengths: np.ndarray, width: float, epochs: int) -> None:
        line = line_of(lengths)
        end = epochs * line.total
        edges = sorted({min(end, int(i * width)) for i in range(int(end / width) + 2)} | {0, end})
        seen = np.concatenate([line.window(a, b).numbers for a, b in pairwise(edges)])
        counts = np.bincount(seen, minlength=len(lengths))
        assert counts.tolist() == np.where(lengths > 0, epochs, 0).tolist()

    check()


@pytest.mark.usefixtures("sizes")
def test_a_window_is_the_same_wherever_one_begins_to_read() -> None:
    lengths = np.random.default_rng(1).integers(0, 9, 60)
    whole = line_of(lengths)
    windows = [whole.window(place, place + 7).numbers.tolist() for place in range(0, 600, 7)]
    for number in (80, 3, 41, 3):
        assert (
            line_of(lengths).window(7 * number, 7 * number + 7).numbers.tolist() == windows[number]
        )
    assert line_of(lengths, 4).window(0, 70).numbers.tolist() != rows_of(whole, 0, 70)


def test_a_million_rows_are_mixed_as_one() -> None:
    rows = np.ones(module.BLOCK * module.POOL, dtype=np.int64)
    order = line_of(rows).window(0, len(rows)).numbers
    assert np.abs(np.diff(order)).mean() == pytest.approx(len(rows) / 3, rel=0.01)
    assert (np.bincount(order[: len(rows) // 64] // (len(rows) // 64), minlength=64) > 200).all()


def test_neighbours_on_a_long_line_come_from_far_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 16)
    monkeypatch.setattr(module, "POOL", 64)
    rows = np.ones(500_000, dtype=np.int64)
    order = line_of(rows).window(0, len(rows)).numbers
    assert sorted(order.tolist()) == list(range(len(rows)))
    distance = np.abs(np.diff(order))
    assert distance.mean() == pytest.approx(len(rows) / 3, rel=0.03)
    assert (distance < module.BLOCK).mean() < 1.5 / module.POOL


def test_no_pool_is_small() -> None:
    rows = np.ones(module.BLOCK * (module.POOL + 1), dtype=np.int64)
    pools, _ = line_of(rows)._deal(0)
    assert [len(pool) for pool in pools] == [1025, 1024]


def test_a_window_knows_where_its_rows_begin_and_how_long_they_are() -> None:
    lengths = np.random.default_rng(0).integers(0, 9, size=300)
    window = line_of(lengths).window(40, 4000)
    assert window.lengths.tolist() == lengths[window.numbers].tolist()
    assert (np.diff(window.begins) == window.lengths[:-1]).all()
    assert 40 <= window.begins[0] <= 48
