"""What a folder can do, what is searched, where is listened."""

import socket
from pathlib import Path

import pytest

from erniem.cli import main
from erniem.demo.collection import Held, Indexed, Sentence, read_sentences
from erniem.demo.listening import bound, shown_address
from erniem.demo.opening import open_checkpoint
from erniem.demo.settings import DemoSettings
from erniem.search import Index
from made_up_speaker import write_extractor, write_speaker

TEXTS = ["bade figo lumi", "nope rasi", "tuvo mino"]


def test_an_encoder_alone_has_no_tabs_of_heads_and_says_why(encoder: Path) -> None:
    opened = open_checkpoint(encoder)
    assert opened.speaker is None
    assert opened.extractor is None
    told = {one.tabs: one.why for one in opened.absent}
    assert "no masked-LM head" in told["Fill in", "Pseudo tokens"]
    assert "UIE-M" in told["Extract",]
    assert opened.sentences.encode(TEXTS).shape == (3, 32)


def test_a_masked_lm_with_languages_speaks(encoder: Path, tmp_path: Path) -> None:
    write_speaker(encoder, tmp_path / "final")
    opened = open_checkpoint(tmp_path / "final")
    assert opened.speaker is not None
    assert opened.languages == ("el", "en")
    assert opened.name == f"{tmp_path.name} / final"
    assert [one.tabs for one in opened.absent] == [("Extract",)]


def test_a_masked_lm_without_languages_does_not(encoder: Path, tmp_path: Path) -> None:
    write_speaker(encoder, tmp_path, languages=())
    opened = open_checkpoint(tmp_path)
    assert opened.speaker is None
    assert "no language embeddings" in opened.absent[0].why


def test_a_uie_m_extracts(encoder: Path, tmp_path: Path) -> None:
    write_extractor(encoder, tmp_path)
    opened = open_checkpoint(tmp_path)
    assert opened.extractor is not None
    (answers,) = opened.extractor(["bade"], "figo")
    assert answers["figo"]
    assert opened.facts[0] == "1 layer of 16"


def test_the_nearest_are_found_among_all_or_in_a_language(encoder: Path) -> None:
    sentences = [Sentence(text=text, language=code) for code in ("en", "el") for text in TEXTS]
    held = Held(open_checkpoint(encoder).sentences, [*sentences, Sentence(text="x")], "some")
    assert held.languages == ("el", "en")
    found = held.nearest(TEXTS[1], 3)
    assert found[0].text == TEXTS[1]
    assert found[0].score == pytest.approx(1, abs=1e-5)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert {one.language for one in held.nearest(TEXTS[1], 9, "el")} == {"el"}
    assert len(held.sample(3)) <= 3


def test_an_index_is_searched_as_it_is(encoder: Path, tmp_path: Path) -> None:
    sentences = open_checkpoint(encoder).sentences
    Index.build(sentences, TEXTS, output=tmp_path / "found", languages=["el", "en", "en"])
    indexed = Indexed(Index.open(tmp_path / "found", sentences))
    assert indexed.languages == ("en", "el")
    assert "3 sentences of found" in indexed.name
    assert indexed.nearest(TEXTS[2], 2)[0].text == TEXTS[2]
    assert [one.text for one in indexed.nearest(TEXTS[2], 9, "el")] == TEXTS[:1]


def test_sentences_of_files_have_their_files_language(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_text("eins\n\nzwei\n")
    found = read_sentences([str(tmp_path / "de.txt")])
    assert [(one.text, one.language) for one in found] == [("eins", "de"), ("zwei", "de")]
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(ValueError, match="no sentence in"):
        read_sentences([str(tmp_path / "empty.txt")])


def test_a_port_in_use_is_told_in_a_line_that_names_the_way_out() -> None:
    with bound(DemoSettings(port=0)) as listening:
        listening.listen()
        port = listening.getsockname()[1]
        assert shown_address(listening) == f"http://127.0.0.1:{port}"
        with pytest.raises(OSError, match=rf"127.0.0.1:{port} .*in use.*--port"):
            bound(DemoSettings(port=port))
    with pytest.raises(OSError, match="choose another"):
        bound(DemoSettings(host="host that is not"))


@pytest.mark.slow  # imports gradio
def test_a_port_in_use_is_told_before_anything_is_loaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("gradio", reason="the demo needs gradio")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["demo", "nowhere", "--port", str(port)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_no_folder_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere is no folder"):
        open_checkpoint(Path("nowhere"))
