"""Words and their pieces."""

import pytest

from erniem.tokenization import ErnieMTokenizer
from erniem.tokenization.written_words import words_of
from small_vocabulary import odd_texts


@pytest.fixture(scope="module")
def tokenizer(encoder: object) -> ErnieMTokenizer:
    return ErnieMTokenizer.from_pretrained(encoder)


def written(tokenizer: ErnieMTokenizer, text: str) -> list[str]:
    return [word.text for word in words_of(tokenizer, text, special=False)]


def test_words_stand_between_spaces_and_signs(tokenizer: ErnieMTokenizer) -> None:
    assert written(tokenizer, "bade figo, lumi's  no-pe?") == [
        *("bade", "figo", ",", "lumi's", "no-pe", "?")
    ]


def test_where_no_spaces_are_a_piece_is_a_word(tokenizer: ErnieMTokenizer) -> None:
    assert written(tokenizer, "中国2013年。") == ["中国", "2013年", "。"]


def test_words_of_a_script_that_runs_to_the_left_are_in_the_order_of_the_text(
    tokenizer: ErnieMTokenizer,
) -> None:
    assert written(tokenizer, "שלום ו") == ["שלום", "ו"]


def test_special_tokens_are_counted_where_the_encoder_reads_them(
    tokenizer: ErnieMTokenizer,
) -> None:
    bare = words_of(tokenizer, "bade figo", special=False)
    framed = words_of(tokenizer, "bade figo", special=True)
    assert [tuple(1 + piece for piece in word.pieces) for word in bare] == [
        word.pieces for word in framed
    ]


def test_of_no_text_there_are_no_words(tokenizer: ErnieMTokenizer) -> None:
    assert written(tokenizer, "") == written(tokenizer, " \n ") == []


def test_every_piece_belongs_to_one_word_whatever_the_text(tokenizer: ErnieMTokenizer) -> None:
    for text in odd_texts(150):
        pieces = tokenizer(text, add_special_tokens=False, verbose=False).input_ids
        found = [
            piece for word in words_of(tokenizer, text, special=False) for piece in word.pieces
        ]
        assert len(set(found)) == len(found)
        if text.strip():
            assert set(found) == set(range(len(pieces))), repr(text)
