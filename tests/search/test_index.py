from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erniem.search import Hit, Index, IndexSettings, parts, publish
from erniem.search import cells as cells_module
from erniem.search import part as part_module
from invented import GREEK, invented

LINES = invented(60, seed=5, words=1000)
TEXTS = [*LINES[:30], *(line.translate(GREEK) for line in LINES[30:])]

Ids = list[list[str]]


@pytest.fixture
def index(knowing: Any, tmp_path: Path) -> Index:
    """Sixty sentences, half of them in other letters."""
    languages = ["de"] * 30 + ["el"] * 30
    return Index.build(knowing, TEXTS, output=tmp_path / "i", languages=languages)


@pytest.fixture
def large(knowing: Any, tmp_path: Path) -> Index:
    """Two thousand sentences, in cells."""
    return Index.build(
        knowing,
        invented(2000, seed=7),
        output=tmp_path / "large",
        languages=["de", "en", "de", "fi"] * 500,
        settings=IndexSettings(kind="approximate"),
    )


def ids(found: list[list[Hit]]) -> Ids:
    return [[hit.id for hit in hits] for hits in found]


def shared(one: Ids, other: Ids) -> float:
    return float(np.mean([len({*a} & {*b}) / len(a) for a, b in zip(one, other, strict=True)]))


def test_a_sentence_is_found_by_itself_in_other_letters(index: Index) -> None:
    (hits,) = index.search([LINES[40]], k=3)
    assert (hits[0].id, hits[0].text, hits[0].language) == ("40", TEXTS[40], "el")
    assert 1 > hits[0].score > hits[1].score > hits[2].score


def test_cosines_and_order_are_what_numpy_says(index: Index, knowing: Any) -> None:
    queries = ["ba de fi", LINES[3], LINES[50]]
    cosines = knowing.encode(queries) @ knowing.encode(TEXTS).T
    expected = np.argsort(-cosines, axis=1)[:, :7]
    found = index.search(queries, k=7)
    assert ids(found) == [[str(row) for row in rows] for rows in expected]
    scores = [[hit.score for hit in hits] for hits in found]
    assert scores == pytest.approx(np.take_along_axis(cosines, expected, axis=1), abs=1e-6)


def margins_by_definition(
    of_queries: np.ndarray, of_texts: np.ndarray, may_be_near: np.ndarray
) -> np.ndarray:
    cosines = of_queries @ of_texts.T
    among = np.where(may_be_near, of_texts @ of_texts.T, -np.inf)
    of_query, of_text = (np.sort(one, axis=1)[:, -4:].mean(axis=1) for one in (cosines, among))
    return cosines / ((of_query[:, None] + of_text[None]) / 2)


@pytest.mark.parametrize("languages", [["de"] * 30 + ["el"] * 30, "de", None])
def test_margins_are_what_the_definition_says(knowing: Any, tmp_path: Path, languages: Any) -> None:
    index = Index.build(knowing, TEXTS, output=tmp_path / "i", languages=languages)
    queries = [LINES[50], "ba de fi"]
    other = np.not_equal.outer(np.arange(60) < 30, np.arange(60) < 30)
    near = other if isinstance(languages, list) else ~np.eye(60, dtype=bool)
    expected = margins_by_definition(knowing.encode(queries), knowing.encode(TEXTS), near)
    found = index.search(queries, k=15, score="margin")  # of all 60 candidates
    for hits, row in zip(found, expected, strict=True):
        assert [int(hit.id) for hit in hits] == np.argsort(-row)[:15].tolist()
        assert [hit.score for hit in hits] == pytest.approx(-np.sort(-row)[:15], abs=1e-5)


@pytest.mark.parametrize("kind", ["exact", "approximate"])
@pytest.mark.parametrize("score", ["cosine", "margin"])
def test_more_than_there_are_gives_all(knowing: Any, tmp_path: Path, kind: Any, score: Any) -> None:
    settings = IndexSettings(kind=kind)
    index = Index.build(knowing, LINES[:5], output=tmp_path / "i", settings=settings)
    (hits,) = index.search(["ba"], k=100, score=score)
    assert sorted(hit.id for hit in hits) == ["0", "1", "2", "3", "4"]


def test_one_sentence_is_an_index(knowing: Any, tmp_path: Path) -> None:
    for kind in ("exact", "approximate"):
        settings = IndexSettings(kind=kind)  # type: ignore[arg-type]
        index = Index.build(knowing, ["ba"], output=tmp_path / kind, settings=settings)
        for score in ("cosine", "margin"):
            (hits,) = index.search(["ba"], score=score)  # type: ignore[arg-type]
            assert ids([hits]) == [["0"]]


def test_a_language_alone_can_be_asked_for(index: Index) -> None:
    for score in ("cosine", "margin"):
        (hits,) = index.search([LINES[40]], k=60, language="de", score=score)  # type: ignore[arg-type]
        assert len(hits) == 30
        assert {hit.language for hit in hits} == {"de"}
    with pytest.raises(ValueError, match="no sentence in 'fr'; it has de, el"):
        index.search(["ba"], language="fr")


def test_texts_come_back_whatever_is_in_them(knowing: Any, tmp_path: Path) -> None:
    texts = ["a\tb", "שלום עולם", "日本\n語", "🙂" * 50, " x "]
    names = ["1\t", "ид", "ü", "🙂", "5"]
    index = Index.build(knowing, texts, output=tmp_path / "i", ids=names)
    found = {hit.id: hit.text for hit in index.search(["a"])[0]}
    assert found == dict(zip(names, texts, strict=True))


# Cells


def test_cells_find_what_was_promised(large: Index) -> None:
    cells = large.manifest.cells
    assert cells is not None
    assert cells.found >= 0.95
    assert cells.probes < cells.cells == 41
    queries = invented(100, seed=8)
    exact, found = large.search(queries, exact=True), large.search(queries)
    assert shared(ids(exact), ids(found)) > 0.9
    assert large.search(queries[:1])[0][0].score == exact[0][0].score  # a cosine, not its estimate


def test_more_recall_looks_into_more_cells(knowing: Any, tmp_path: Path, large: Index) -> None:
    settings = IndexSettings(kind="approximate", recall=1.0, at=20)
    every = Index.build(knowing, invented(2000, seed=7), output=tmp_path / "i", settings=settings)
    cells, fewer = every.manifest.cells, large.manifest.cells
    assert cells is not None
    assert fewer is not None
    assert (cells.found, cells.at) == (1.0, 20)
    assert fewer.probes < cells.probes


def test_a_language_alone_is_compared_whole_or_has_its_own_number_of_cells(
    large: Index, knowing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = invented(50, seed=8)
    exact = large.search(queries, language="de", exact=True)
    assert large.search(queries, language="de") == exact
    monkeypatch.setattr(part_module, "FEW", 600)
    monkeypatch.setattr(publish, "FEW", 600)
    many = large.add(["ba"], languages="de")
    cells = many.manifest.cells
    assert cells is not None
    assert set(cells.alone) == {"de"}
    assert cells.alone["de"] > 2
    found = many.search(queries, language="de")
    assert {hit.language for hits in found for hit in hits} == {"de"}
    assert 0.9 < shared(ids(exact), ids(found)) < 1


def test_removed_sentences_are_not_found_in_cells(large: Index) -> None:
    (hits,) = large.search(["ba de"], k=5)
    fewer = large.remove([hit.id for hit in hits])
    assert not {hit.id for hit in hits} & {hit.id for hit in fewer.search(["ba de"], k=50)[0]}


# Many at once


def test_threads_find_what_one_finds(index: Index, large: Index) -> None:
    queries = invented(40, seed=9)
    for one in (index, large):
        alone = [one.search([query], k=5, score="margin") for query in queries]
        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(lambda q: one.search([q], k=5, score="margin"), queries))  # noqa: B023
        assert together == alone


def test_many_queries_find_what_each_finds(
    index: Index, large: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "AT_ONCE", 7)
    monkeypatch.setattr(cells_module, "CANDIDATES", 30)
    queries = invented(30, seed=9)
    for one in (index, large):
        for score in ("cosine", "margin"):
            together = one.search(queries, k=3, score=score)  # type: ignore[arg-type]
            alone = [one.search([query], k=3, score=score)[0] for query in queries]  # type: ignore[arg-type]
            assert ids(together) == ids(alone)
        assert one.search_vectors(np.empty((0, 32), dtype=np.float32)) == []


# What is asked wrongly


def test_what_cannot_be_asked_says_why(index: Index) -> None:
    with pytest.raises(ValueError, match="query is empty"):
        index.search(["ba", " "])
    with pytest.raises(ValueError, match="one text"):
        index.search("ba")
    with pytest.raises(ValueError, match="at least 1"):
        index.search(["ba"], k=0)
    with pytest.raises(ValueError, match="the index has 32"):
        index.search_vectors(np.ones((1, 7), dtype=np.float32))
    with pytest.raises(ValueError, match="not finite"):
        index.search_vectors(np.full((1, 32), np.nan, dtype=np.float32))
    assert index.search([]) == []
    with pytest.raises(ValueError, match=r"recall 1.5"):
        IndexSettings(recall=1.5)


def test_an_index_of_another_model_is_refused(index: Index, knowing: Any) -> None:
    other = type(knowing)()
    other.fingerprint = "another"
    with pytest.raises(ValueError, match="made by another model"):
        Index.open(index.folder, other)
    with pytest.raises(ValueError, match="made by another model"):
        Index.build(other, ["ba"], output=index.folder)
    with pytest.raises(ValueError, match="was in memory and is not there"):
        Index.open(index.folder).search(["ba"])
