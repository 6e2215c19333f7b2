import numpy as np
import pytest

from erniem.tasks.retrieve import retrieve
from erniem.tasks.retrieve.margin import MARGINS, best_matches, best_of_both, margins
from erniem.tasks.retrieve.nearest import nearest, neighbours, neighbours_both_ways


def angles(*degrees: float) -> np.ndarray:
    radians = np.deg2rad(np.array(degrees))
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def cosine(one: float, other: float) -> float:
    return float(np.cos(np.deg2rad(one - other)))


def test_neighbours_are_the_nearest_whatever_the_blocks() -> None:
    rng = np.random.default_rng(0)
    queries, keys = (rng.normal(size=(count, 8)).astype(np.float32) for count in (37, 53))
    cosines = (queries / np.linalg.norm(queries, axis=1, keepdims=True)) @ (
        keys / np.linalg.norm(keys, axis=1, keepdims=True)
    ).T
    order = np.argsort(-cosines, axis=1)[:, :4]
    for block in (1, 7, 37, 1000):
        found, rows = neighbours(queries, keys, 4, block=block)
        assert np.array_equal(rows, order)
        assert np.abs(found - np.take_along_axis(cosines, order, axis=1)).max() < 1e-6


def test_where_there_are_no_neighbours_there_are_none() -> None:
    cosines, rows = neighbours(angles(0, 90), angles(10), 3, block=1)
    assert rows.tolist() == [[0, -1, -1], [0, -1, -1]]
    assert np.isneginf(cosines[:, 1:]).all()
    spoilt = angles(0, 90)
    spoilt[1] = np.nan
    assert neighbours(spoilt, angles(10), 1)[1].tolist() == [[0], [-1]]
    assert nearest(spoilt, angles(10)).tolist() == [0, -1]
    assert best_matches(spoilt, angles(10, 20), "ratio").tolist() == [0, -1]


def test_margins_by_hand() -> None:
    given = [np.array([[one]], dtype=np.float32) for one in (0.9, 0.8, 0.4)]
    scores = {margin: float(margins(*given, margin)[0, 0]) for margin in MARGINS}
    assert scores == pytest.approx({"absolute": 0.9, "distance": 0.3, "ratio": 1.5})


@pytest.mark.parametrize("margin", ["distance", "ratio"])
def test_the_best_match_by_margin_is_that_of_a_plain_loop(margin: str) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.uniform(0, 180, size=20), rng.uniform(0, 180, size=30)
    k = 4

    def around(one: float, others: np.ndarray) -> float:
        return float(np.mean(sorted((cosine(one, other) for other in others), reverse=True)[:k]))

    def score(one: float, other: float) -> float:
        level = (around(one, second) + around(other, first)) / 2
        return cosine(one, other) / level if margin == "ratio" else cosine(one, other) - level

    (scores, rows), (back_scores, back_rows) = best_of_both(
        *neighbours_both_ways(angles(*first), angles(*second), k),
        margin,  # type: ignore[arg-type]
    )
    for place, one in enumerate(first):
        near = sorted(range(30), key=lambda row: -cosine(one, second[row]))[:k]
        best = max(near, key=lambda row: score(one, second[row]))
        assert rows[place] == best
        assert scores[place] == pytest.approx(score(one, second[best]), abs=1e-5)
    for place, other in enumerate(second):
        near = sorted(range(20), key=lambda row: -cosine(first[row], other))[:k]
        best = max(near, key=lambda row: score(first[row], other))
        assert back_rows[place] == best
        assert back_scores[place] == pytest.approx(score(first[best], other), abs=1e-5)


def test_a_hub_attracts_by_cosine_and_not_by_margin() -> None:
    queries = np.eye(8, dtype=np.float32)[:4]
    keys = 0.3 * queries
    keys[1:, 4] = 0.95  # a direction that no query has
    keys[0] = [2, 1, 1, 1, 0, 0, 0, 0]  # near to all
    assert best_matches(queries, keys).tolist() == [0, 0, 0, 0]
    assert best_matches(queries, keys, "ratio", k=2).tolist() == [0, 1, 2, 3]
    assert best_matches(queries, keys, "distance", k=2).tolist() == [0, 1, 2, 3]
    assert retrieve(queries, keys).forward == 1 / 4
