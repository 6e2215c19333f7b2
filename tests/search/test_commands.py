import json
import shutil
from pathlib import Path

import pytest

from erniem.cli import main
from erniem.search import Index
from invented import GREEK, invented

Output = pytest.CaptureFixture[str]

LINES = invented(30, seed=5)


@pytest.fixture
def found(encoder: Path, tmp_path: Path, capsys: Output) -> Path:
    """An index of two languages, made by the command."""
    (tmp_path / "de.txt").write_text("\n".join(LINES[:20]) + "\n\n")
    (tmp_path / "el.txt").write_text("\n".join(LINES[20:]).translate(GREEK) + "\n")
    output = tmp_path / "found"
    assert index(encoder, tmp_path / "de.txt", tmp_path / "el.txt", output) == 0
    assert capsys.readouterr().out.splitlines() == [
        "30 sentences added; 1 left out: empty",
        f"{output}: 30 sentences (German 20, Greek 10)",
        "search: exact",
    ]
    return output


def index(encoder: Path, *files_and_output: Path | str) -> int:
    *files, output = map(str, files_and_output)
    return main(["index", str(encoder), *files, "--output", output])


def test_a_sentence_is_found_by_the_command(found: Path, capsys: Output) -> None:
    assert main(["search", str(found), LINES[3], "--k", "2"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    score, name, language, text = first.split(maxsplit=3)
    assert (score, name, language, text) == ("1.0000", "de.txt:4", "de", LINES[3])
    assert len(second.split(maxsplit=3)) == 4


def test_several_queries_stand_above_their_hits(found: Path, capsys: Output) -> None:
    assert main(["search", str(found), LINES[3], LINES[4], "--k", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == LINES[3]
    assert lines[2:4] == ["", LINES[4]]


def test_programs_get_a_line_of_json_for_each_query(
    found: Path, tmp_path: Path, capsys: Output
) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_text(f"{LINES[3]}\n\n{LINES[25].translate(GREEK)}\n")
    asked = ["search", str(found), "--input", str(queries), "--k", "3", "--score", "margin"]
    assert main([*asked, "--json"]) == 0
    shown = capsys.readouterr().out
    rows = [json.loads(line) for line in shown.splitlines()]
    assert [row["query"] for row in rows] == [LINES[3], LINES[25].translate(GREEK)]
    assert [row["hits"][0]["id"] for row in rows] == ["de.txt:4", "el.txt:6"]
    assert list(rows[0]["hits"][0]) == ["score", "id", "text", "language"]
    assert main([*asked, "--output", str(tmp_path / "hits.jsonl")]) == 0
    assert (tmp_path / "hits.jsonl").read_text() == shown


def test_the_same_command_again_changes_nothing_and_more_files_are_added(
    found: Path, encoder: Path, tmp_path: Path, capsys: Output
) -> None:
    files = [tmp_path / "de.txt", tmp_path / "el.txt"]
    assert index(encoder, *files, found) == 0
    assert "0 sentences added; 30 were there already" in capsys.readouterr().out
    (tmp_path / "fi.txt").write_text("no si tu\n")
    assert index(encoder, *files, tmp_path / "fi.txt", found) == 0
    assert "1 sentence added; 30 were there already" in capsys.readouterr().out
    (tmp_path / "fi.txt").write_text("tu si no\n")
    assert index(encoder, tmp_path / "fi.txt", found) == 1
    assert "--replace" in capsys.readouterr().err
    assert index(encoder, "--replace", tmp_path / "fi.txt", found) == 0
    assert "1 of them in place of others" in capsys.readouterr().out


def test_sentences_are_taken_out_by_the_command(found: Path, capsys: Output) -> None:
    assert main(["forget", str(found), "de.txt:4", "el.txt:1"]) == 0
    assert "28 sentences (German 19, Greek 9)" in capsys.readouterr().out
    assert main(["forget", str(found), "de.txt:4"]) == 1
    assert "'de.txt:4' is not in" in capsys.readouterr().err
    assert main(["forget", str(found)]) == 1
    assert "there is no id" in capsys.readouterr().err


def test_an_approximate_index_says_what_it_finds(
    found: Path, encoder: Path, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "de.txt").write_text("\n".join(invented(300, seed=6)) + "\n")
    output = tmp_path / "cells"
    assert index(encoder, "--kind=approximate", "--at=5", tmp_path / "de.txt", output) == 0
    shown = capsys.readouterr().out
    assert "of 6 cells looked into; finds 9" in shown or "finds 100" in shown
    assert "of the 5 nearest (256 sentences asked" in shown


def test_a_model_that_moved_or_is_another_is_told(
    found: Path, encoder: Path, tmp_path: Path, capsys: Output
) -> None:
    moved = shutil.copytree(encoder, tmp_path / "moved")
    assert main(["search", str(found), "ba", "--model", str(moved), "--verify"]) == 0
    with_prefix = [*map(str, ["index", encoder, tmp_path / "de.txt", "--output", found])]
    assert main([*with_prefix, "--prefix", "query: "]) == 1
    assert "made by another model or other vector settings" in capsys.readouterr().err


def test_vector_settings_of_the_command_are_kept(
    encoder: Path, tmp_path: Path, capsys: Output
) -> None:
    (tmp_path / "de.txt").write_text("\n".join(LINES) + "\n")
    asked = [*map(str, ["index", encoder, tmp_path / "de.txt", "--output", tmp_path / "i"])]
    assert main([*asked, "--pooling", "cls", "--layer", "0"]) == 0
    assert main(asked) == 0
    assert "30 were there already" in capsys.readouterr().out
    assert main(["search", str(tmp_path / "i"), LINES[7], "--k", "1"]) == 0
    assert "1.0000  de.txt:8" in capsys.readouterr().out
    vectors = Index.open(tmp_path / "i").manifest.model.vectors
    assert vectors is not None
    assert (vectors["pooling"], vectors["layer"]) == ("cls", 0)
    moved = shutil.copytree(encoder, tmp_path / "moved")
    assert main(["search", str(tmp_path / "i"), LINES[7], "--model", str(moved), "--k=1"]) == 0


def test_what_is_asked_wrongly_is_one_line(found: Path, tmp_path: Path, capsys: Output) -> None:
    queries = tmp_path / "queries.txt"
    queries.write_bytes(b"ba\n\xff\n")
    for arguments, why in [
        ([str(found)], "there is no query"),
        ([str(tmp_path), "ba"], "is no index"),
        ([str(found), "--input", str(queries)], "queries.txt:2 is no text (not UTF-8)"),
        ([str(found), "ba", "--language", "fr"], "no sentence in 'fr'"),
        ([str(found), "ba", "--model", str(tmp_path / "none")], "none is no folder"),
    ]:
        assert main(["search", *arguments]) == 1
        shown = capsys.readouterr().err
        assert why in shown
        assert shown.count("\n") == 1
