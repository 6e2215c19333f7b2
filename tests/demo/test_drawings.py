"""What is shown: escaped, in its direction, with colours that can be read."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import erniem.demo
from erniem.demo.collection import Neighbour, Sentence
from erniem.demo.drawings.alignment import heat_map
from erniem.demo.drawings.extraction import marked_answers
from erniem.demo.drawings.filling import filling_cards, pseudo_chips
from erniem.demo.drawings.map import svg_map
from erniem.demo.drawings.neighbours import neighbour_table
from erniem.demo.drawings.parts import is_leftward, notice
from erniem.demo.examples import example_sentences, said_in
from erniem.demo.sentence_map import draw_map
from erniem.demo.settings import LINES, SENTENCE, DemoSettings, checked, checked_lines
from erniem.tasks.align import Alignment
from erniem.tasks.fill import Filling, Hole, Piece, PseudoTokens

EVIL = "<img src=x onerror=alert(1)>"
STYLE = (Path(erniem.demo.__file__).parent / "page.css").read_text(encoding="utf-8")


def alignment(first: tuple[str, ...], second: tuple[str, ...]) -> Alignment:
    scores = np.eye(len(first), len(second))
    pairs = tuple((place, place) for place in range(min(len(first), len(second))))
    return Alignment(first=first, second=second, scores=scores, pairs=pairs, layer=1)


def piece(text: str, probability: float = 0.5, *, begins: bool = True) -> Piece:
    return Piece(text=text, begins_word=begins, probability=probability)


def test_whatever_was_written_is_shown_and_not_obeyed() -> None:
    hole = Hole(answer=piece(EVIL), rank=1, guesses=(piece(EVIL),))
    filling = Filling(hidden=(EVIL,), camlm=(hole,), mmlm=(hole,), tlm=(hole,))
    vectors = np.random.default_rng(0).normal(size=(4, 6))
    answer = {"text": EVIL, "start": 0, "end": len(EVIL), "probability": 0.9}
    sentences = [Sentence(text=EVIL, language=EVIL)] * 4
    for drawn in (
        notice(EVIL),
        neighbour_table([Neighbour(score=0.5, text=EVIL, language=EVIL)]),
        heat_map(alignment((EVIL,), (EVIL,)), 2),
        filling_cards(filling, 100),
        pseudo_chips(PseudoTokens(pieces=(piece(EVIL),), text=EVIL), EVIL),
        svg_map(draw_map(sentences, vectors, "PCA", own=1)),
        marked_answers(EVIL, {EVIL: [answer]}),
    ):
        assert "<img" not in drawn
        assert "&lt;img" in drawn


def test_a_heat_map_runs_as_its_columns_script_does() -> None:
    assert 'dir="rtl"' in heat_map(alignment(("the", "dog"), ("הכלב",)), 2)
    assert 'dir="ltr"' in heat_map(alignment(("הכלב",), ("the", "dog")), 2)


def test_a_texts_direction_is_its_first_letters() -> None:
    assert is_leftward("12: שלום, hello")
    assert is_leftward("مرحبا")
    assert not is_leftward("hello שלום")
    assert not is_leftward("123 …")


def test_words_that_choose_each_other_are_ringed_and_listed() -> None:
    drawn = heat_map(alignment(("a", "b"), ("x", "y")), 4)
    assert drawn.count("em-best") == 2
    assert drawn.count("<li>") == 2
    assert "layer 1, of 0 to 3" in drawn


def test_the_verdict_says_where_what_stood_there_stands() -> None:
    first = Hole(answer=piece("dog", 0.4), rank=1, guesses=(piece("dog", 0.4),))
    later = Hole(answer=piece("dog", 0.0001), rank=1234, guesses=(piece("cat"),))
    unknown = Hole(answer=piece("[UNK]", 0.0), rank=0, guesses=(piece("cat", begins=False),))
    drawn = filling_cards(
        Filling(hidden=("dog",), camlm=(first,), mmlm=(later,), tlm=(unknown,)), 16000
    )
    assert "found first, 40.0 %" in drawn
    assert "number 1,234 of 16,000, &lt; 0.1 %" in drawn
    assert "not in the vocabulary" in drawn
    assert drawn.count("·") == 1  # before the piece that goes on with a word


def test_answers_are_marked_where_they_stand_and_relations_follow() -> None:
    relation = {"text": "Paris", "start": 9, "end": 14, "probability": 0.8}
    person = {
        "text": "Ana",
        "start": 0,
        "end": 3,
        "probability": 0.9,
        "relations": {"city": [relation]},
    }
    drawn = marked_answers("Ana lives Paris", {"person": [person]})
    assert "<mark>Ana<small>person</small></mark>" in drawn
    assert drawn.count("<tr>") == 3
    assert "--depth:1" in drawn
    assert "Nothing of this" in marked_answers("Ana", {})


def test_translations_are_a_group_of_the_map_and_ones_own_stand_out() -> None:
    sentences = [
        *(Sentence(text=f"{code}{number}", language=code, meaning=number)
          for number in range(3) for code in ("en", "de")),
        Sentence(text="mine"),
    ]  # fmt: skip
    vectors = np.random.default_rng(0).normal(size=(7, 5))
    for method in ("PCA", "t-SNE"):
        found = draw_map(sentences, vectors, method, own=1)
        assert found.places.min() >= 0
        assert found.places.max() <= 1
        drawn = svg_map(found)
        assert drawn.count('class="em-group"') == 4
        assert drawn.count('tabindex="0"') == 4
        assert drawn.count("em-own") == 1
        assert "yours" in drawn
    with pytest.raises(ValueError, match="three sentences"):
        draw_map(sentences[:2], vectors[:2])


def test_our_sentences_are_said_in_every_language_and_no_two_are_alike() -> None:
    everything = example_sentences()
    languages = {one.language for one in everything}
    meanings = {one.meaning for one in everything}
    assert len(languages) == 14
    assert len(everything) == len(languages) * len(meanings)
    assert len({one.text for one in everything}) == len(everything)
    assert all(3 < len(one.text) < 80 and one.text == one.text.strip() for one in everything)
    assert {one.language for one in example_sentences(["he", "zh", "xx"])} == {"he", "zh"}
    assert example_sentences(["xx", "en"]) == everything
    assert is_leftward(said_in("ar", 0))


def test_text_of_the_page_has_limits_that_are_said() -> None:
    assert checked(" a ") == "a"
    with pytest.raises(ValueError, match="sentence is empty"):
        checked(" \n")
    with pytest.raises(ValueError, match="401 characters; this page takes 400"):
        checked("a" * (SENTENCE + 1))
    assert checked_lines("a\n\n b \n") == ["a", "b"]
    assert checked_lines(None) == []
    with pytest.raises(ValueError, match="21 sentences"):
        checked_lines("a\n" * (LINES + 1))
    with pytest.raises(ValueError, match="too much text"):
        checked_lines("a" * 10_000_000)


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="port 70000"):
        DemoSettings(port=70000)
    with pytest.raises(ValueError, match="give one of them"):
        DemoSettings(index=Path("x"), texts=("y.txt",))


def palettes() -> list[dict[str, str]]:
    """The colours of the light and of the dark page."""
    blocks = re.findall(r"--em-paper.*?\}", STYLE, flags=re.DOTALL)[:2]
    light, dark = (dict(re.findall(r"--em-(\w+): (#\w{6})", block)) for block in blocks)
    return [light, light | dark]


def luminance(color: str) -> float:
    shares = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("palette", palettes(), ids=["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(palette: dict[str, str]) -> None:
    pairs = [
        (word, paper) for word in ("ink", "soft", "accent", "good") for paper in ("paper", "raised")
    ]
    pairs += [("ink", behind) for behind in ("wash", "mark", "heat")]
    for word, behind in pairs:
        brighter, darker = sorted(
            (luminance(palette[word]), luminance(palette[behind])), reverse=True
        )
        assert (brighter + 0.05) / (darker + 0.05) >= 4.5, (word, behind)


def test_examples_are_a_file_of_ours_alone() -> None:
    rows = json.loads((Path(erniem.demo.__file__).parent / "examples.json").read_text("utf-8"))
    assert all(sorted(row) == sorted(rows[0]) for row in rows)
