from collections.abc import Iterator
from pathlib import Path

import pytest

from erniem import Encoder
from erniem.cli import main
from erniem.search import Index
from invented import GREEK, invented
from live_server import Live, code_of, living

LINES = invented(60)


@pytest.fixture(scope="module")
def index(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index") / "found"
    Index.build(Encoder.from_pretrained(encoder), LINES, output=folder, languages="en")
    greek = [line.translate(GREEK) for line in LINES]
    Index.build(
        Encoder.from_pretrained(encoder),
        greek,
        output=folder,
        ids=[f"el{number}" for number in range(60)],
        languages="el",
    )
    return folder


@pytest.fixture(scope="module")
def finding(encoder: Path, index: Path) -> Iterator[Live]:
    with living(encoder, index=index, name="tiny") as server:
        yield server


def test_hits_are_the_indexs_own(finding: Live, encoder: Path, index: Path) -> None:
    answer = finding.post("/search", {"input": LINES[:5], "top": 3}).json()
    wanted = Index.open(index, Encoder.from_pretrained(encoder)).search(LINES[:5], 3)
    for found, hits in zip(answer["data"], wanted, strict=True):
        assert [hit["id"] for hit in found["hits"]] == [hit.id for hit in hits]
        assert found["hits"][0]["text"] == hits[0].text
        assert [hit["score"] for hit in found["hits"]] == pytest.approx(
            [hit.score for hit in hits], abs=1e-5
        )


def test_one_language_alone_and_by_margin(finding: Live) -> None:
    asked = {"input": LINES[7], "language": "el", "score": "margin", "top": 4}
    (found,) = finding.post("/search", asked).json()["data"]
    assert [hit["language"] for hit in found["hits"]] == ["el"] * 4


def test_a_language_that_the_index_does_not_have(finding: Live) -> None:
    answer = finding.post("/search", {"input": "ba", "language": "fr"})
    assert code_of(answer) == (400, "cannot_be_done")
    assert "no sentence in 'fr'" in answer.json()["error"]["message"]


def test_an_index_of_other_vectors_is_refused_before_anything_is_served(
    encoder: Path, index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["serve", str(encoder), "--index", str(index), "--port", "0", "--pooling", "cls"]
    assert main(given) == 1
    said = capsys.readouterr().err
    assert "made by another model or other vector settings" in said
    assert said.count("\n") == 1


def test_a_folder_that_is_no_index(encoder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", str(encoder), "--index", str(encoder), "--port", "0"]) == 1
    assert capsys.readouterr().err.startswith("erniem: ")
