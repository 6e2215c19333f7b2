"""Repair: what is taken out and what stays; twice is once; the tokeniser sees the same text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erniem.corpus.document import Drops, pair, sentence, sides_of
from erniem.corpus.steps.repair import Repair
from erniem.tokenization import ErnieMTokenizer
from small_vocabulary import odd_texts

repaired = Repair().rewritten

PERSIAN = "نمی\u200cخواهم"
HINDI = "क\u094d\u200dष"
MALAYALAM = "ന\u0d4d\u200d"
SINHALA = "ක\u0dca\u200dෂ"
FAMILY = "👨\u200d👩\u200d👧"
HEART = "❤\ufe0f\u200d🔥"
FLAG = "🏴\U000e0067\U000e0062\U000e007f"

odd = st.text(
    st.one_of(
        st.sampled_from(
            "ae\u0301\u0323ßﬁ½１“—…中ก\u0e33กক\u09c7\u09beا한\u1112\u1161😀👨❤\ufe0f🏴"
        ),
        st.sampled_from("\u200b\u200c\u200d\u200e\u202e\u2066\ufeff\xad\0\x07\x1f\x85\u2028\u2060"),
        st.sampled_from(" \t\n\r\x0b\x0c\xa0\u3000\u2003\u202f\u2126\u2329\u2000\ud800\U000e0067"),
        st.characters(codec="utf-8"),
    ),
    max_size=12,
)


def ids(tokenizer: ErnieMTokenizer, text: str) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False).input_ids)


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("a\u0301 \u2126", "á Ω"),
        ("a\x00b\x07c\x7fd\x9fe", "abcde"),
        ("ba\xadde\u200bfi\ufeff\u2060go", "badefigo"),
        ("\u202eba\u202c \u2067de\u2069 \u200ego\u200f", "ba de go"),
        ("ba\xa0de\u3000fi\u2009go\u202flu\t mi", "ba de fi go lu mi"),
        ("  ba \r\n\r\n de\u2028fi\x0cgo  \n", "ba\nde\nfi\ngo"),
        ("ba\ud800de\uffff", "bade"),
        (" \u200b\u200e\n ", ""),
    ],
)
def test_what_is_not_seen_goes(broken: str, whole: str) -> None:
    assert repaired(broken) == whole


@pytest.mark.parametrize("text", ["ﬁ", "１２", "x²", "“ba”", "ｱ", "ba…", "İ", "\u0e33", "▁", "㍻"])
def test_letters_marks_and_quotes_stay_as_their_author_chose_them(text: str) -> None:
    assert repaired(text) == text


@pytest.mark.parametrize("text", [PERSIAN, HINDI, MALAYALAM, SINHALA, FAMILY, HEART, FLAG])
def test_joiners_and_tags_stay_where_they_change_what_is_read(text: str) -> None:
    assert repaired(text) == text


@pytest.mark.parametrize("text", ["ba\u200cde", "ba\u200dde", "中\u200d中", "😀\u200d", "\u200dba"])
def test_joiners_go_where_they_join_nothing(text: str) -> None:
    assert repaired(text) == text.replace("\u200c", "").replace("\u200d", "")


def test_a_flag_that_is_none_loses_its_tags() -> None:
    assert repaired("ba\U000e0067\U000e0062") == "ba"


def test_a_space_of_no_width_stays_between_khmer_words_only_and_once() -> None:
    assert repaired("\u200bក\u200b\u200eខ\u200b\u200bគ\u200b ba\u200bde") == "ក\u200bខ\u200bគ bade"


@given(odd)
def test_twice_is_once(text: str) -> None:
    once = repaired(text)
    assert repaired(once) == once


@given(odd)
def test_what_comes_out_is_composed_can_be_encoded_and_has_plain_spaces(text: str) -> None:
    once = repaired(text)
    assert unicodedata.is_normalized("NFC", once)
    once.encode()
    assert all(char in " \n" or not char.isspace() for char in once)
    assert once.strip() == once
    assert "  " not in once


@given(text=odd)
def test_the_tokeniser_sees_the_text_as_it_was(tokenizer: ErnieMTokenizer, text: str) -> None:
    # Control characters that break a line break words too: there alone the repair knows better.
    known = "".join(char for char in text if char not in "\x0b\x0c\x1c\x1d\x1e\x1f\x85\ud800")
    known = unicodedata.normalize("NFC", known)
    assert ids(tokenizer, repaired(known)) == ids(tokenizer, known)


def test_the_tokeniser_sees_a_text_once_repaired_as_one_twice_repaired(
    tokenizer: ErnieMTokenizer,
) -> None:
    for text in odd_texts(500):
        once = repaired(text)
        assert ids(tokenizer, repaired(once)) == ids(tokenizer, once)


def test_both_sides_of_a_pair_are_repaired_and_an_empty_one_drops_it() -> None:
    drops = Drops()
    documents = [
        pair("ba\xa0de", " go", languages=("en", "de"), source="made"),
        pair("ba", "\u200e", languages=("en", "de"), source="made"),
        sentence("\ufeff", language="en", source="made"),
    ]
    kept = list(Repair().apply(documents, drops))
    assert [sides_of(document) for document in kept] == [("ba de", "go")]
    assert drops.by_reason() == {"empty": 2}
