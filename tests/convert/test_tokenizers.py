"""The tokeniser beside the weights comes along, and gives the same ids on the other side."""

import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from erniem.convert.checkpoint import read_checkpoint
from erniem.convert.convert import convert
from erniem.tokenization import (
    ErnieMTokenizer,
    to_sentencepiece,
    to_xlm_roberta,
    train_tokenizer,
)
from invented import invented

GOLDEN = Path(__file__).parent / "golden"
TEXTS = ["badefi golu, mino!", "tuvo 2013,", "", "  pe  ra "]


@pytest.fixture(scope="module")
def trained() -> ErnieMTokenizer:
    return train_tokenizer(invented(200), vocabulary_size=60)


def with_two_files(kind: str, name: str, trained: ErnieMTokenizer, folder: Path) -> Path:
    """Weights as PaddleNLP or transformers 4 has them, and the tokeniser's two files."""
    shutil.copytree(GOLDEN / kind / name, folder)
    model, lines = to_sentencepiece(trained)
    (folder / "sentencepiece.bpe.model").write_bytes(model)
    (folder / "vocab.txt").write_text(lines, encoding="utf-8")
    return folder


def test_the_way_there_and_back_keeps_the_ids(trained: ErnieMTokenizer, tmp_path: Path) -> None:
    place = with_two_files("paddle", "ErnieMModel", trained, tmp_path / "paddle")
    expected = trained(TEXTS).input_ids
    for to in ("erniem", "transformers4", "erniem", "paddle", "erniem"):
        converted = convert(place, tmp_path / f"{place.name}-{to}", to=to)
        place = converted.folder
        assert ErnieMTokenizer.from_pretrained(place)(TEXTS).input_ids == expected
        files = {"tokenizer.json"} if to == "erniem" else {"vocab.txt", "sentencepiece.bpe.model"}
        assert files <= set(converted.tokenizer)
    assert type(AutoTokenizer.from_pretrained(place)) is ErnieMTokenizer
    assert len(trained) == read_checkpoint(place).model.config.vocab_size


def test_xlm_r_gets_its_own_names_and_gives_them_back(
    trained: ErnieMTokenizer, tmp_path: Path
) -> None:
    source = with_two_files("paddle", "ErnieMModel", trained, tmp_path / "paddle")
    convert(source, tmp_path / "xlm-r", to="xlm-r")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "xlm-r")
    assert theirs.mask_token == "<mask>"
    plain = [text for text in TEXTS if "2013," not in text]  # what XLM-R leaves whole
    assert theirs(plain).input_ids == trained(plain).input_ids
    convert(tmp_path / "xlm-r", tmp_path / "back")
    assert ErnieMTokenizer.from_pretrained(tmp_path / "back")(TEXTS).input_ids == (
        trained(TEXTS).input_ids
    )


def test_a_tokeniser_that_is_xlm_rs_already_stays_as_it_is(
    trained: ErnieMTokenizer, tmp_path: Path
) -> None:
    odd = [f"{text} ba\u200dde \u201cgolu\u201d" for text in TEXTS]  # what ours would clean
    source = with_two_files("paddle", "ErnieMModel", trained, tmp_path / "paddle")
    for kind in ("erniem", "xlm-r"):
        folder = convert(source, tmp_path / kind, to=kind).folder
        for path in folder.glob("*token*"):
            path.unlink()
        to_xlm_roberta(trained).save_pretrained(folder)
        expected = AutoTokenizer.from_pretrained(folder)(odd).input_ids
        assert expected != trained(odd).input_ids
        served = convert(folder, tmp_path / f"{kind}-served", to="xlm-r").folder
        assert AutoTokenizer.from_pretrained(served)(odd).input_ids == expected


def test_uie_m_gets_the_segmentation_that_it_learned(
    trained: ErnieMTokenizer, tmp_path: Path
) -> None:
    source = with_two_files("paddle", "UIEM", trained, tmp_path / "paddle")
    convert(source, tmp_path / "ours")
    assert ErnieMTokenizer.from_pretrained(tmp_path / "ours").segmentation == "paddlenlp"
    convert(GOLDEN / "paddle" / "UIEM", tmp_path / "alone")
    assert not list((tmp_path / "alone").glob("*token*"))


def test_files_that_do_not_belong_together_are_refused(
    trained: ErnieMTokenizer, tmp_path: Path
) -> None:
    source = with_two_files("paddle", "ErnieMModel", trained, tmp_path / "paddle")
    lines = (source / "vocab.txt").read_text().split("\n")
    lines[10] = "zzz"
    (source / "vocab.txt").write_text("\n".join(lines))
    with pytest.raises(ValueError, match=r"line 11 of .*vocab\.txt, 'zzz'"):
        convert(source, tmp_path / "ours")
    assert not (tmp_path / "ours").exists()
