"""Repetition: characters, words in a row, one word throughout; Gopher's shares for documents."""

import pytest

from erniem.corpus.steps.repetition import Repetition
from invented import invented

WORDS = " ".join(invented(40, words=400)).split()
THAI = "กขคฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ"


def why(text: str, language: str = "en", rule: Repetition | None = None) -> str | None:
    return (rule or Repetition()).why_drop_side(text, language)


def test_one_character_may_stand_twenty_times() -> None:
    assert why("ba" + "!" * 20) is None
    assert why("ba" + "!" * 21) == "repeated characters"
    assert why("aaa", rule=Repetition(most_same_characters=2)) == "repeated characters"


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("bade bade", "id", None),
        ("figo bade bade bade", "id", "repeated words"),
        ("no bade fi bade fi bade fi lu", "en", "repeated words"),
        ("a a a mine figo lumi nope", "en", None),
        ("กขคกขค", "th", None),
        ("ฆงจกขคกขค กขคดตถ", "th", "repeated words"),
        ("中国人民中国人民中国人民", "zh", "repeated words"),
        ("好好好", "zh", None),
        ("๕๕๕๕", "th", None),
    ],
)
def test_a_stretch_may_stand_twice_in_a_row(text: str, language: str, reason: str | None) -> None:
    assert why(text, language) == reason


def test_one_word_may_not_be_most_of_a_sentence() -> None:
    assert why("bade figo bade lumi bade") == "one word throughout"
    assert why("bade figo bade lumi") is None
    assert why("bade figo bade lumi bade nope") is None


def test_a_long_text_of_new_words_is_no_repetition() -> None:
    assert why(" ".join(WORDS[:200])) is None


@pytest.mark.parametrize("length", [2, 3, 4])
def test_a_document_may_not_come_back_to_a_few_words(length: int) -> None:
    often, others = " ".join(WORDS[:length]), WORDS[10:70]
    text = " ".join(f"{often} {other}" for other in others[:20]) + " " + " ".join(others[20:])
    assert why(text) == "one stretch too often"
    assert why(text, rule=Repetition(most_of_document=4.0)) is None


def test_a_document_may_not_repeat_a_passage() -> None:
    passage, others = WORDS[:12], WORDS[20:75]
    text = " ".join([*passage, *others, *passage])
    assert why(text) == "repeated stretches"
    assert why(" ".join([*passage, *others, *passage[:6]])) is None


def test_a_document_may_not_repeat_its_lines() -> None:
    lines = [" ".join(WORDS[at : at + 10]) for at in range(0, 60, 10)]
    assert why("\n".join(lines)) is None
    assert why("\n".join([*lines[:3], lines[0], lines[1]])) == "repeated lines"


def test_a_document_without_spaces_is_measured_by_characters() -> None:
    passage = THAI[:36]
    assert why(THAI * 4, "th") == "one stretch too often"
    other = "".join(THAI[(at * at) % 42] + THAI[at % 41] for at in range(80))
    assert why(other, "th") is None
    text = passage + other[:60] + passage + other[60:]
    assert why(text, "th") == "repeated stretches"
