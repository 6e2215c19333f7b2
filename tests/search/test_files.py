import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from erniem.corpus.document import Drops
from erniem.search import Entry
from erniem.search.files import read_files
from made_up_files import PACKERS

ROWS = [("a", "eins", "de"), ("b", "one", "en"), ("7", "moja", "")]


def entries(*paths: Path | str, **given: Any) -> list[Entry]:
    """Where nothing may be left out."""
    drops = Drops()
    found = list(read_files([str(path) for path in paths], drops, **given))
    assert drops.by_reason() == {}
    return found


def test_a_line_is_known_by_its_file_and_number(tmp_path: Path) -> None:
    path = tmp_path / "sw.txt"
    path.write_text("Habari\n  ya asubuhi \n")
    assert entries(path) == [
        Entry("sw.txt:1", "Habari", "sw"),
        Entry("sw.txt:2", "ya asubuhi", "sw"),
    ]


@pytest.mark.parametrize(
    ("name", "language"),
    [("de.txt", "de"), ("pt_BR.news.txt", "pt"), ("deu.txt", "de"), ("faq.txt", ""), ("x.txt", "")],
)
def test_a_name_tells_the_language_if_it_begins_with_one(
    tmp_path: Path, name: str, language: str
) -> None:
    path = tmp_path / name
    path.write_text("a\n")
    assert entries(path)[0].language == language
    assert entries(path, language="fra")[0].language == "fr"


def test_rows_are_read_from_every_format(tmp_path: Path) -> None:
    expected = [Entry(*row) for row in ROWS]
    tsv, jsonl, table = (tmp_path / f"x.{ending}" for ending in ("tsv", "jsonl", "parquet"))
    tsv.write_text("".join("\t".join(row) + "\n" for row in ROWS))
    names = ("id", "text", "language")
    jsonl.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in ROWS))
    columns = dict(zip(names, map(list, zip(*ROWS, strict=True)), strict=True))
    parquet.write_table(pa.table(columns), table, row_group_size=2)
    for path in (tsv, jsonl, table):
        assert entries(path) == expected
    tsv.write_text("a\teins\n")
    jsonl.write_text('{"id": 12, "text": "zwei", "more": 1}\n')
    assert entries(tsv, jsonl, language="de") == [
        Entry("a", "eins", "de"),
        Entry("12", "zwei", "de"),
    ]


@pytest.mark.parametrize("ending", PACKERS)
def test_packed_files_are_read_as_if_they_were_not(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"de.txt{ending}"
    path.write_bytes(PACKERS[ending](b"eins\nzwei\n"))
    assert entries(path) == [Entry("de.txt:1", "eins", "de"), Entry("de.txt:2", "zwei", "de")]


def test_standard_input_is_read_by_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.TextIOWrapper(io.BufferedReader(io.BytesIO("eins\nдва\n".encode())))
    monkeypatch.setattr("sys.stdin", text)
    assert entries("-") == [Entry("stdin:1", "eins"), Entry("stdin:2", "два")]


def test_what_is_no_text_is_left_out_and_counted(tmp_path: Path) -> None:
    lines, jsonl = tmp_path / "de.txt", tmp_path / "x.jsonl"
    lines.write_bytes(b"eins\n\n\xff\xfe\n \nf\x00nf\nsechs\n")
    jsonl.write_text('{"id": 1, "text": "a"}\n{"id": 2}\n[]\n{\n{"id": 3, "text": "\\ud800"}\n')
    drops = Drops()
    found = [entry.id for entry in read_files([str(lines), str(jsonl)], drops)]
    assert found == ["de.txt:1", "de.txt:6", "1"]
    assert drops.by_reason() == {
        "empty": 2,
        "not UTF-8": 2,
        "zero bytes": 1,
        "no text": 1,
        "no JSON object": 2,
    }


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.jsonl", b'{"id": "a", "text": "b"}\n{"text": "b"}\n', r"x.jsonl:2 has no id \(None\)"),
        ("x.jsonl", b'{"id": true, "text": "b"}\n', r"has no id \(True\)"),
        ("x.jsonl", b'{"id": 1, "text": "b", "language": "german"}\n', "x.jsonl:1: 'german' is no"),
        ("x.tsv", b"a\tb\nno tab\n", r"x.tsv:2 has 1 columns \('no tab'\)"),
        ("x.tsv", b"\tb\n", r"x.tsv:1 has no id"),
        ("x.txt", b"", "is empty"),
        ("x.txt", b"\xff\n", "no line in UTF-8"),
        ("x.txt.gz", b"no gzip", "cut short or damaged"),
        ("x.parquet", b"no parquet", "no parquet file"),
        ("x.doc", b"", "name ends in .txt, .tsv, .jsonl, .parquet"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=why):
        entries(path)


def test_what_else_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.txt is not there"):
        entries(tmp_path / "none.txt")
    table = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"id": ["a"], "sentence": ["b"]}), table)
    with pytest.raises(ValueError, match="has no column text; it has id, sentence"):
        entries(table)
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "de.txt").write_text("a\n")
    with pytest.raises(ValueError, match=r"one/de.txt and .*other/de.txt have one name"):
        entries(tmp_path / "one" / "de.txt", tmp_path / "other" / "de.txt")
