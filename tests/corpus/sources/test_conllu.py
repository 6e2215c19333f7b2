from pathlib import Path

import pytest

from erniem.corpus.sources import lines
from made_up_files import read_all, read_counted


def rows(*words: tuple[str, str] | tuple[str, str, str]) -> str:
    """Lines of a place, a word, and what its last column says."""
    made = []
    for place, word, *more in words:
        made.append("\t".join([place, word, *["_"] * 7, more[0] if more else "_"]))
    return "\n".join(made) + "\n"


def test_sentences_are_as_they_were_written(tmp_path: Path) -> None:
    first = "# sent_id = 1\n# text_en = No.\n# text = Bade  figo.\n" + rows(("1", "x"))
    (tmp_path / "sw.conllu").write_text(f"# newdoc\n\n{first}\n#text=Lumi.\n" + rows(("1", "y")))
    assert read_all(tmp_path) == [("Bade  figo.",), ("Lumi.",)]


def test_words_are_joined_where_no_text_is_given(tmp_path: Path) -> None:
    sentence = rows(
        ("1", "Bade", "Gloss=a|SpaceAfter=No"),
        ("2", ",", "_"),
        ("3-4", "figo", "_"),
        ("3", "fig", "_"),
        ("4", "o", "SpaceAfter=No"),
        ("4.1", "gone", "_"),
        ("5-6", "tutu", "SpaceAfter=No"),
        ("5", "tu", "_"),
        ("6", "tu", "_"),
        ("7", ".", "_"),
    )
    (tmp_path / "sw.conllu").write_text(sentence)
    assert read_all(tmp_path) == [("Bade, figo tutu.",)]


def test_what_is_no_conllu_is_dropped_and_shown(tmp_path: Path) -> None:
    (tmp_path / "sw.conllu").write_text("1\tbade\n2\tfigo\n\n" + rows(("1", "lumi")))
    texts, dropped = read_counted(tmp_path)
    assert (texts, dropped) == ([("lumi",)], {"not CoNLL-U": 1})


def test_plain_text_is_no_treebank(tmp_path: Path) -> None:
    (tmp_path / "sw.conllu").write_text("bade figo\nlumi\n")
    with pytest.raises(ValueError, match=r"nothing that can be used as conllu .* 1 not CoNLL-U"):
        read_all(tmp_path)


def test_a_sentence_with_a_broken_line_is_dropped_whole(tmp_path: Path) -> None:
    good = rows(("1", "bade"))
    broken = rows(("1", "figo")).encode() + b"2\t\xff\n"
    (tmp_path / "sw.conllu").write_bytes(good.encode() + b"\n" + broken)
    texts, dropped = read_counted(tmp_path)
    assert (texts, dropped) == ([("bade",)], {"not UTF-8": 1})


def test_a_sentence_without_an_end_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST", 100)
    endless = rows(*[(str(place), "bade") for place in range(1, 50)])
    (tmp_path / "sw.conllu").write_text(endless + "\n" + rows(("1", "figo")))
    texts, dropped = read_counted(tmp_path)
    assert (texts, dropped) == ([("figo",)], {"too long a text": 1})
