from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erniem.search import Hit, Index, IndexSettings
from invented import GREEK, invented

LINES = invented(60, seed=5, words=1000)


@pytest.fixture
def index(knowing: Any, tmp_path: Path) -> Index:
    """Sixty sentences, half of them in other letters."""
    greek = [line.translate(GREEK) for line in LINES[30:]]
    languages = ["de"] * 30 + ["el"] * 30
    return Index.build(knowing, [*LINES[:30], *greek], output=tmp_path / "i", languages=languages)


def ids(found: list[list[Hit]]) -> list[list[str]]:
    return [[hit.id for hit in hits] for hits in found]


def test_a_sentence_finds_itself_in_other_letters(index: Index) -> None:
    (hits,) = index.search([LINES[40]], k=3)
    assert hits[0].id == "40"
    assert (hits[0].text, hits[0].language) == (LINES[40].translate(GREEK), "el")
    assert 1 > hits[0].score > hits[1].score > hits[2].score


def test_cosines_and_order_are_what_numpy_says(index: Index, knowing: Any) -> None:
    texts = [*LINES[:30], *(line.translate(GREEK) for line in LINES[30:])]
    queries = ["ba de fi", LINES[3], LINES[50]]
    cosines = knowing.encode(queries) @ knowing.encode(texts).T
    expected = np.argsort(-cosines, axis=1)[:, :7]
    found = index.search(queries, k=7)
    assert ids(found) == [[str(row) for row in rows] for rows in expected]
    scores = [[hit.score for hit in hits] for hits in found]
    assert scores == pytest.approx(np.take_along_axis(cosines, expected, axis=1), abs=1e-6)


@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_more_than_there_are_gives_all(knowing: Any, tmp_path: Path, kind: Any) -> None:
    settings = IndexSettings(kind=kind)
    index = Index.build(knowing, LINES[:5], output=tmp_path / "i", settings=settings)
    (hits,) = index.search(["ba"], k=100)
    assert sorted(hit.id for hit in hits) == ["0", "1", "2", "3", "4"]


def test_added_sentences_are_found_and_an_open_index_stays(index: Index, tmp_path: Path) -> None:
    more = index.add(["ba ba ba ba"], languages="fi")
    assert (len(index), len(more)) == (60, 61)
    assert ids(more.search(["ba ba ba ba"], k=1)) == [["60"]]
    assert "60" not in ids(index.search(["ba ba ba ba"], k=60))[0]
    again = Index.open(tmp_path / "i", index.model)
    assert again.languages == {"de": 30, "el": 30, "fi": 1}


def test_removed_sentences_are_gone(index: Index) -> None:
    fewer = index.remove(["40", "3"])
    assert len(fewer) == 58
    found = ids(fewer.search([LINES[40], LINES[3]], k=60))
    assert all(len(hits) == 58 and not {"40", "3"} & set(hits) for hits in found)
    assert ids(index.search([LINES[40]], k=1)) == [["40"]]


def test_a_language_alone_can_be_asked_for(index: Index) -> None:
    (hits,) = index.search([LINES[40]], k=60, language="de")
    assert len(hits) == 30
    assert {hit.language for hit in hits} == {"de"}
    with pytest.raises(ValueError, match="no sentence in 'fr'; it has de, el"):
        index.search(["ba"], language="fr")
