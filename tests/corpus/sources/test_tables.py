from pathlib import Path

import pytest

from made_up_files import read_all, read_counted


def test_bad_lines_are_dropped_and_counted_by_reason(tmp_path: Path) -> None:
    lines = [b"bade\tfigo", b"lumi\t", b"nope", b"ra\tsi\ttu", b"\xff\tf\xfcnf"]
    (tmp_path / "en-de.tsv").write_bytes(b"\n".join(lines))
    texts, dropped = read_counted(tmp_path)
    assert texts == [("bade", "figo")]
    assert dropped == {"empty side": 1, "not two columns": 2, "not UTF-8": 1}


def test_columns_are_chosen_by_number(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text("1\tbade\t0.9\tfigo\n2\tlumi\t0.8\tnope\n3\tra\n")
    texts, dropped = read_counted(tmp_path, options={"columns": "4,2"})
    assert texts == [("figo", "bade"), ("nope", "lumi")]
    assert dropped == {"not two columns": 1}


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text("id\tours\ttheirs\n1\tbade\tfigo\n")
    assert read_all(tmp_path, options={"columns": "ours, theirs"}) == [("bade", "figo")]
    with pytest.raises(ValueError, match=r"no column 'them'; its first line names id, ours, their"):
        read_all(tmp_path, options={"columns": "ours,them"})


def test_a_header_is_no_pair(tmp_path: Path) -> None:
    (tmp_path / "en-de.tsv").write_text("ours\ttheirs\nbade\tfigo\n")
    assert read_all(tmp_path, options={"header": "yes"}) == [("bade", "figo")]
    assert len(read_all(tmp_path)) == 2


def test_a_column_may_hold_sentences(tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text("1\tbade\n2\tfigo\n3\t\n")
    texts, dropped = read_counted(
        tmp_path, format="tsv", languages=("de",), options={"columns": "2"}
    )
    assert (texts, dropped) == ([("bade",), ("figo",)], {"empty": 1})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": "1"}, "columns are 1, languages en-de: give a column for each"),
        ({"columns": "0,1"}, "columns are counted from 1"),
        ({"header": "maybe"}, "header is 'maybe'; write yes or no"),
    ],
)
def test_options_that_make_no_sense_are_told(
    tmp_path: Path, options: dict[str, str], message: str
) -> None:
    (tmp_path / "en-de.tsv").write_text("bade\tfigo\n")
    with pytest.raises(ValueError, match=message):
        read_all(tmp_path, options=options)


@pytest.mark.parametrize("lines", ["bade\t\nfigo\t ", "bade figo\n", "ba\tde\tfi"])
def test_a_file_of_pairs_without_a_pair_is_named(tmp_path: Path, lines: str) -> None:
    (tmp_path / "en-de.tsv").write_text(lines)
    with pytest.raises(
        ValueError, match=r"en-de\.tsv has nothing that can be used as tsv of en-de"
    ):
        read_all(tmp_path)
