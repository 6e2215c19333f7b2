from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from erniem.tasks.retrieve import nearest as module
from erniem.tasks.retrieve import search as chosen
from erniem.tasks.retrieve.approximate import approximate_both_ways
from erniem.tasks.retrieve.nearest import neighbours, neighbours_both_ways
from erniem.tasks.retrieve.search import search_both_ways, search_for


def drawn(count: int, seed: int, width: int = 16) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)


def plainly(queries: np.ndarray, keys: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """By the definition, all at once."""
    queries, keys = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (queries, keys))
    cosines = queries @ keys.T
    rows = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(cosines, rows, axis=1), rows


@pytest.mark.parametrize(("block", "tile"), [(1000, (1024, 4096)), (40, (16, 8)), (7, (3, 5))])
def test_one_product_gives_what_two_searches_give(
    block: int, tile: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TILE", tile)
    first, second = drawn(90, 0), drawn(130, 1)
    forth, back = neighbours_both_ways(first, second, 4, block=block)
    for found, queries, keys in ((forth, first, second), (back, second, first)):
        cosines, rows = plainly(queries, keys, 4)
        assert np.array_equal(found[1], rows)
        assert np.abs(found[0] - cosines).max() < 1e-6
        alone = neighbours(queries, keys, 4, block=block)
        assert np.array_equal(alone[1], rows)


def test_of_equal_neighbours_the_first_ones_are_taken() -> None:
    same = np.ones((9, 4), np.float32)
    for rows in (found[1] for found in neighbours_both_ways(same, same, 3, block=2)):
        assert rows.tolist() == [[0, 1, 2]] * 9


def test_an_approximate_search_of_every_cell_is_the_exact_one() -> None:
    first, second = drawn(700, 0), drawn(900, 1)
    second[3] = np.nan
    exact = neighbours_both_ways(first, second, 4)
    found = approximate_both_ways(first, second, 4, probes=1000)
    for one, other in zip(exact, found, strict=True):
        assert (one[1] == other[1]).mean() > 0.99  # float16 swaps some
        there = np.isfinite(one[0])
        assert np.abs(one[0][there] - other[0][there]).max() < 1e-3
    assert found[1][1][3].tolist() == [-1] * 4
    assert 3 not in found[0][1]


@pytest.mark.parametrize("find", [neighbours_both_ways, approximate_both_ways])
def test_more_neighbours_than_there_are_sentences(find: Callable[..., Any]) -> None:
    (cosines, rows), back = find(drawn(5, 0), drawn(2, 1), 4)
    assert (rows[:, :2] >= 0).all()
    assert (rows[:, 2:] == -1).all()
    assert np.isneginf(cosines[:, 2:]).all()
    assert sorted(back[1][0].tolist()) != [-1] * 4


def test_auto_goes_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    assert search_for("auto", 10**6, 10**6) == "exact"
    assert search_for("auto", 10**6, 2 * 10**6) == "approximate"
    assert search_for("exact", 10**9, 10**9) == "exact"
    monkeypatch.setattr(chosen, "EXACT_UP_TO", 10)
    first, second = drawn(64, 0), drawn(64, 1)
    (cosines, _), _ = search_both_ways(first, second, 4)
    assert cosines.shape == (64, 4)
