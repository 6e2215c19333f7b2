import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from erniem.pretrain.deal import HAND, deal, hand_of


def test_the_example_holds() -> None:
    (owner,), ahead = deal([np.array([4, 4, 2, 6])], [np.array([0, 0.25, 0.5, 0.7])], np.zeros(2))
    assert owner.tolist() == [0, 0, 1, 1]
    assert ahead.tolist() == [0, 0]


def test_lines_are_merged_in_the_order_of_the_step() -> None:
    lines, when = [np.array([5, 5]), np.array([5, 5])], [np.array([0.0, 0.6]), np.array([0.3, 0.9])]
    owners, _ = deal(lines, when, np.zeros(2))
    assert [owner.tolist() for owner in owners] == [[0, 1], [0, 1]]


def test_the_next_objective_makes_up_for_what_one_had_too_much() -> None:
    (first,), ahead = deal([np.array([9, 7])], [np.array([0.0, 0.5])], np.zeros(2))
    assert (first.tolist(), ahead.tolist()) == ([0, 1], [1, 0])
    line = np.full(6, 2)
    (second,), ahead = deal([line], [np.arange(6) / 6], np.array([2.0, 0.0]))
    assert second.tolist() == [0, 0, 1, 1, 1, 1]
    assert ahead.tolist() == [0, 0]


@given(
    lines=st.lists(st.lists(st.integers(1, 50), max_size=30), min_size=1, max_size=5),
    parts=st.integers(1, 9),
)
def test_no_micro_batch_is_a_row_out_of_balance(lines: list[list[int]], parts: int) -> None:
    lengths = [np.array(line, dtype=np.int64) for line in lines]
    when = [np.linspace(0, 1, len(line), endpoint=False) for line in lines]
    owners, ahead = deal(lengths, when, np.zeros(parts))
    assert [len(owner) for owner in owners] == [len(line) for line in lines]
    assert all(((owner >= 0) & (owner < parts)).all() for owner in owners)
    assert np.abs(ahead).max() <= 25, "half the longest row"


def test_hands_are_of_one_step_and_of_bounded_size() -> None:
    assert hand_of(5, 8) == range(0, 8)
    assert hand_of(130, 100) == range(100, 164)
    assert hand_of(199, 100) == range(164, 200)
    for number in range(0, 3000, 7):
        hand = hand_of(number, 1000)
        assert number in hand
        assert len(hand) <= HAND
        assert hand.start // 1000 == (hand.stop - 1) // 1000
