import numpy as np
import pytest

from erniem.tasks.retrieve.candidates import pairs_of

FORTH = (np.array([0.9, 0.8, 0.7, -np.inf], np.float32), np.array([0, 0, 2, -1]))
"""The best of four sentences: the first two share one, the last has none."""

BACK = (np.array([0.9, 0.5, 0.8], np.float32), np.array([0, 1, 1]))
"""The best of three."""


@pytest.mark.parametrize(
    ("candidates", "shared", "expected"),
    [
        ("forward", True, [(0, 0), (1, 0), (2, 2)]),
        ("forward", False, [(0, 0), (2, 2)]),
        ("backward", True, [(0, 0), (1, 2), (1, 1)]),
        ("backward", False, [(0, 0), (1, 2)]),
        ("intersection", False, [(0, 0)]),
        ("max", False, [(0, 0), (1, 2)]),
    ],
)
def test_each_strategy_by_hand(
    candidates: str, shared: bool, expected: list[tuple[int, int]]
) -> None:
    found = pairs_of(FORTH, BACK, candidates, shared=shared)  # type: ignore[arg-type]
    assert [tuple(row) for row in found.rows.tolist()] == expected
    assert (np.diff(found.scores) <= 0).all()


def test_no_best_match_at_all_is_no_pair() -> None:
    none = (np.full(2, -np.inf, np.float32), np.full(2, -1))
    assert len(pairs_of(none, none).rows) == 0


def test_sharing_is_for_the_strategies_that_can() -> None:
    with pytest.raises(ValueError, match="max has each sentence once"):
        pairs_of(FORTH, BACK, shared=True)
