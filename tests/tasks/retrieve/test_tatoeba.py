import bz2
import lzma
import os
from pathlib import Path

import pytest

from erniem.tasks.retrieve import (
    XTREME_TATOEBA,
    Retrieval,
    RetrievalTable,
    read_tatoeba,
    xtreme_accuracy,
)
from erniem.tasks.retrieve.evaluate import evaluate


@pytest.fixture
def tatoeba(tmp_path: Path) -> Path:
    (tmp_path / "tatoeba.cmn-eng.eng").write_text("Hi.\n\nBye.\u2028 Now.\n", encoding="utf-8")
    (tmp_path / "tatoeba.cmn-eng.cmn").write_text("嗨。\n\n再见。\n", encoding="utf-8")
    (tmp_path / "tatoeba.yue-eng.eng.xz").write_bytes(lzma.compress(b"Yes.\n"))
    (tmp_path / "tatoeba.yue-eng.yue.xz").write_bytes(lzma.compress("係。".encode()))
    (tmp_path / "README.md").write_text("# Tatoeba")
    return tmp_path


def test_line_i_is_the_translation_of_line_i(tatoeba: Path) -> None:
    rows = read_tatoeba(tatoeba)
    assert rows == {
        "yue": [("Yes.", "係。")],
        "zh": [("Hi.", "嗨。"), ("", ""), ("Bye.\u2028 Now.", "再见。")],
    }
    assert list(read_tatoeba(tatoeba, languages=["zh"])) == ["zh"]


def test_sides_of_different_lengths_are_refused(tatoeba: Path) -> None:
    with (tatoeba / "tatoeba.cmn-eng.eng").open("a") as file:
        file.write("One more.\n")
    with pytest.raises(ValueError, match=r"cmn has 3 lines, tatoeba\.cmn-eng\.eng has 4"):
        read_tatoeba(tatoeba)


def test_a_lost_line_is_refused_even_if_the_numbers_agree(tatoeba: Path) -> None:
    (tatoeba / "tatoeba.cmn-eng.eng").write_bytes(b"Hi.\n\xff\n\nBye.\n")
    with pytest.raises(ValueError, match=r"tatoeba\.cmn-eng\.eng has lines that are not UTF-8"):
        read_tatoeba(tatoeba)


def test_a_side_alone_is_refused(tatoeba: Path) -> None:
    (tatoeba / "tatoeba.yue-eng.yue.xz").unlink()
    assert list(read_tatoeba(tatoeba, languages=["zh"])) == ["zh"]
    with pytest.raises(ValueError, match=r"eng\.xz stands alone: put the \.yue file"):
        read_tatoeba(tatoeba)


def test_sides_are_read_however_they_are_packed_and_refused_twice(tatoeba: Path) -> None:
    plain = tatoeba / "tatoeba.cmn-eng.eng"
    wanted = read_tatoeba(tatoeba)
    packed = tatoeba / "tatoeba.cmn-eng.eng.bz2"
    packed.write_bytes(bz2.compress(plain.read_bytes()))
    with pytest.raises(ValueError, match=r"cmn-eng\.eng and .*eng\.bz2 are both there"):
        read_tatoeba(tatoeba)
    plain.unlink()
    assert read_tatoeba(tatoeba) == wanted


def test_a_language_without_files_is_named(tatoeba: Path) -> None:
    with pytest.raises(ValueError, match=r"no Tatoeba files in de; .* has yue, zh"):
        read_tatoeba(tatoeba, languages=["zh", "de"])


def test_a_folder_without_the_set_says_so(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=r"has no tatoeba\.XXX-eng\.XXX files"):
            read_tatoeba(folder)


def test_xtremes_figure_is_the_mean_from_english_over_its_languages() -> None:
    pairs = {
        f"en-{code}": Retrieval(forward=place / 36, backward=0.0, rows=1000)
        for place, code in enumerate(XTREME_TATOEBA)
    }
    other = {"en-yue": Retrieval(forward=1.0, backward=1.0, rows=1000)}
    whole = RetrievalTable(pairs={**pairs, **other}, left_out={})
    assert xtreme_accuracy(whole) == pytest.approx(35 / 2 / 36)
    del pairs["en-sw"]
    with pytest.raises(ValueError, match="no en-sw"):
        xtreme_accuracy(RetrievalTable(pairs=pairs, left_out={}))


@pytest.mark.realtext
def test_the_published_set_is_read_whole() -> None:
    if "ERNIEM_DATA" not in os.environ:
        pytest.skip("set ERNIEM_DATA to the folder that holds xtreme/tatoeba")
    rows = read_tatoeba(Path(os.environ["ERNIEM_DATA"]) / "xtreme" / "tatoeba")
    assert len(rows) == 112
    assert set(XTREME_TATOEBA) <= set(rows)
    sizes = {code: len(rows[code]) for code in ("de", "sw", "te", "zh")}
    assert sizes == {"de": 1000, "sw": 390, "te": 234, "zh": 1000}
    assert rows["de"][0][0].isascii()
    assert all(one and other for pairs in rows.values() for one, other in pairs)


def test_english_alone_is_no_language_to_measure(encoder: Path, tatoeba: Path) -> None:
    with pytest.raises(ValueError, match="name one of them beside en"):
        evaluate(encoder, tatoeba=tatoeba, languages=["en"])
