import json
import lzma
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from erniem.tasks.classify import XNLI
from erniem.tasks.sources import Row, find, languages_with, rows_of


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["xnli/dev-de.tsv", "XNLI/de.dev.tsv", "xnli/de/validation-00000-of-00001.parquet"]
)
def test_a_file_is_found_by_any_of_its_names(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "")
    assert find(XNLI, tmp_path, "dev", "de") == (path,)
    assert find(XNLI, path.parents[1 if "parquet" in name else 0], "dev", "de") == (path,)
    assert find(XNLI, tmp_path, "dev", "fr") == ()
    assert languages_with(XNLI, tmp_path, "dev") == ("de",)


def test_shards_of_one_split_belong_together(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"xnli/de/test-0000{n}-of-00002.parquet", "") for n in (0, 1)]
    assert find(XNLI, tmp_path, "test", "de") == tuple(paths)


@pytest.mark.parametrize("other", ["xnli/de.dev.tsv", "xnli/dev-de.tsv.xz", "XNLI/dev-de.tsv"])
def test_two_files_for_one_language_are_refused(tmp_path: Path, other: str) -> None:
    paths = [write(tmp_path / name, "") for name in ("xnli/dev-de.tsv", other)]
    with pytest.raises(ValueError, match="German: keep one") as told:
        find(XNLI, tmp_path, "dev", "de")
    assert all(str(path) in str(told.value) for path in paths)


def test_names_of_languages_stand_in_patterns(tmp_path: Path) -> None:
    task = replace(XNLI, files={"test": ("{lower}_set.tsv", "set.{name}.tsv")})
    path = write(tmp_path / "xnli" / "swahili_set.tsv", "")
    assert find(task, tmp_path, "test", "sw") == (path,)
    other = write(tmp_path / "xnli" / "set.Urdu.tsv", "")
    assert find(task, tmp_path, "test", "ur") == (other,)


def values(path: Path, *columns: str, language: str | None = None) -> list[dict[str, object]]:
    known = ("a", "b", "label")
    return [dict(row.values) for row in rows_of(path, columns, known=known, language=language)]


def test_columns_without_header_are_named_by_the_family(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tsv", "one\ttwo\n\nthree\tfour\r\n")
    assert values(path, "a", "b") == [{"a": "one", "b": "two"}, {"a": "three", "b": "four"}]


def test_a_header_gives_the_names_whatever_their_order(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tsv", "id\tb\ta\n7\ttwo\tone\n")
    assert values(path, "a", "b") == [{"id": "7", "a": "one", "b": "two"}]


def test_one_familiar_word_in_the_first_line_makes_no_header(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tsv", "label\tof honour\n")
    assert values(path, "a", "b") == [{"a": "label", "b": "of honour"}]


def test_a_line_with_fewer_columns_than_the_header_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tsv", "a\tb\tlabel\n1\t2\t3\n1\t2\n")
    with pytest.raises(ValueError, match=r"x\.tsv:3 has 2 columns"):
        values(path, "a", "b", "label")


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('"He said ""no"" twice"', 'He said "no" twice'),  # as Python's csv writer has it
        ('"""No"""', '"No"'),
        ('"No" and "yes"', '"No" and "yes"'),  # raw, as the published files have it
        ('"No"', '"No"'),
        ('"', '"'),
        ('""', '""'),
    ],
)
def test_quotes_are_taken_off_only_where_a_csv_writer_put_them(
    tmp_path: Path, cell: str, read: str
) -> None:
    assert values(write(tmp_path / "x.tsv", f"{cell}\tb\n"), "a", "b") == [{"a": read, "b": "b"}]


def test_other_line_ends_stand_in_the_text(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tsv", "one\u2028half\ttwo\n")
    assert values(path, "a", "b") == [{"a": "one\u2028half", "b": "two"}]


def test_cells_in_quotes_hold_commas_and_ends_of_lines(tmp_path: Path) -> None:
    text = 'a,b\r\n"Yes, ""sir"".\nNo.",two\r\nthree,four\r\n'
    path = write(tmp_path / "x.csv", text)
    assert values(path, "a", "b") == [
        {"a": 'Yes, "sir".\nNo.', "b": "two"},
        {"a": "three", "b": "four"},
    ]
    assert [row.place for row in rows_of(path, ("a", "b"))] == [f"{path}:2", f"{path}:4"]


@pytest.mark.parametrize("name", ["x.tsv", "x.jsonl"])
def test_the_mark_that_windows_begins_with_is_no_text(tmp_path: Path, name: str) -> None:
    text = {"x.tsv": "a\tb\n1\t2\n", "x.jsonl": '{"a": "1", "b": "2"}\n'}[name]
    assert values(write(tmp_path / name, f"\ufeff{text}"), "a", "b") == [{"a": "1", "b": "2"}]


def test_only_the_rows_of_a_language_where_a_column_says_it(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tsv", "language\ta\tb\nde\teins\tzwei\nfr\tun\tdeux\n")
    assert values(path, "a", "b", language="fr") == [{"language": "fr", "a": "un", "b": "deux"}]


def test_json_in_lines_in_a_list_and_under_data(tmp_path: Path) -> None:
    rows = [{"a": "x"}, {"a": "y"}]
    lines = write(tmp_path / "x.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    packed = tmp_path / "x.jsonl.xz"
    packed.write_bytes(lzma.compress(lines.read_bytes()))
    whole = write(tmp_path / "x.json", json.dumps(rows))
    under = write(tmp_path / "y.json", json.dumps({"data": rows}))
    assert all(values(path) == rows for path in (lines, packed, whole, under))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("x.jsonl", '{"a": 1}\n{"a"\n', r"x\.jsonl:2 is not JSON"),
        ("x.jsonl", "[1]\n", r"x\.jsonl:1 is no object"),
        ("x.json", "3", r"neither a list of rows"),
        ("x.parquet", "no", r"x\.parquet cannot be read as parquet"),
        ("x.tsv.xz", "no", r"x\.tsv\.xz cannot be read"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        values(write(tmp_path / name, text), "a")


def test_numbers_of_classes_on_the_hub_become_names(tmp_path: Path) -> None:
    features = {
        "label": {"names": ["no", "yes"], "_type": "ClassLabel"},
        "tags": {"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}, "_type": "Sequence"},
        "a": {"dtype": "string", "_type": "Value"},
    }
    table = pa.table({"a": ["x", "y"], "label": [1, -1], "tags": [[0, 1], [1]]})
    told = json.dumps({"info": {"features": features}})
    path = tmp_path / "x.parquet"
    pq.write_table(table.replace_schema_metadata({"huggingface": told}), path)
    assert values(path) == [
        {"a": "x", "label": "yes", "tags": ["O", "B-PER"]},
        {"a": "y", "label": None, "tags": ["B-PER"]},
    ]


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    row = Row(place="x.tsv:3", values={"a": "1", "b": "2"})
    assert row.first("c", "b") == "2"
    with pytest.raises(ValueError, match=r"x\.tsv:3 has no c or d; its columns are a, b"):
        row.need("c", "d")
