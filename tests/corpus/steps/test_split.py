"""Split: by language, at line breaks, pairs untouched, nothing lost."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erniem.corpus.document import Document, Drops, pair, sentence, sides_of, url_of
from erniem.corpus.steps.split import Split


def texts(documents: Iterable[Document], rule: Split | None = None) -> list[tuple[str, ...]]:
    return [sides_of(document) for document in (rule or Split()).apply(documents, Drops())]


def of(text: str, language: str = "en") -> Document:
    return sentence(text, language=language, source="made", url="https://made.example/1")


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        ("en", ["Ba de fi.", "Go lu?", "Mi no!"]),
        ("de", ["Ba am 3. Mai z.B. de.", "Fi."]),
        ("deu_Latn", ["Ba am 3. Mai de.", "Fi."]),
        ("zh", ["中中。", "国国！"]),
        ("hi", ["क का।", "ि क?"]),
        ("am", ["ሀሁ።", "ሂሃ።"]),
        ("bo", ["ཀ་ཁ།", "ག་ང།"]),
        ("km", ["កខ។", "គឃ។"]),
        ("th", ["กขค ฆงจ"]),
        ("qqq", ["Ba de.", "Fi go."]),
    ],
)
def test_a_text_is_split_by_the_rules_of_its_language(language: str, parts: list[str]) -> None:
    text = ("" if language == "zh" else " ").join(parts)
    assert texts([of(text, language)]) == [(part,) for part in parts]


def test_a_line_break_ends_a_sentence_and_empty_lines_are_none() -> None:
    assert texts([of("Ba de\n\n  fi go. Lu\n")]) == [("Ba de",), ("fi go.",), ("Lu",)]


def test_pairs_and_short_lines_stay_whole() -> None:
    two = pair("Fi. Go.", "Lu. Mi.", languages=("en", "de"), source="made")
    rule = Split(least_characters=8)
    assert texts([two, of("Fi. Go."), of("Fi. Gonolu.")], rule) == [
        ("Fi. Go.", "Lu. Mi."),
        ("Fi. Go.",),
        ("Fi.",),
        ("Gonolu.",),
    ]


def test_sentences_keep_what_is_known_of_their_document() -> None:
    (first, second) = Split().apply([of("Ba de. Fi go.")], Drops())
    assert url_of(first) == url_of(second) == "https://made.example/1"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("! با دي", ["! با دي"]),
        ("؟ با. دي", ["؟ با.", "دي"]),
        ("با دي. !", ["با دي. !"]),
        ("؟ !", ["؟ !"]),
    ],
)
def test_marks_alone_are_no_sentence(text: str, parts: list[str]) -> None:
    assert texts([of(text, "ar")]) == [(part,) for part in parts]


def test_a_long_line_without_an_end_stays_whole() -> None:
    assert texts([of("ba " * 10_000)]) == [("ba " * 9_999 + "ba",)]


@given(st.text(st.sampled_from("aB .!?。।\n\u2028\"'()1é中\ud800"), max_size=40))
def test_nothing_is_lost_but_white_space(text: str) -> None:
    parts = Split().parts(text, "en")
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(part == part.strip() != "" for part in parts)
