from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from erniem.tasks.answer.questions import Question
from erniem.tasks.answer.windows import (
    Window,
    encode_questions,
    frame_of,
    most_context,
    pieces_of,
    starts,
)
from made_up_answers import ask, contexts

Rows = list[tuple[dict[str, Any], Window]]

many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def encoded(
    one: Question,
    tokenizer: PreTrainedTokenizerFast,
    *,
    max_length: int = 24,
    stride: int = 6,
    max_question: int = 64,
) -> Rows:
    return list(
        encode_questions(
            [one], tokenizer, max_length=max_length, stride=stride, max_question=max_question
        )
    )


def pieces_in(text: str, tokenizer: PreTrainedTokenizerFast) -> tuple[list[int], np.ndarray]:
    told = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return told["input_ids"], np.array(told["offset_mapping"], dtype=np.int64).reshape(-1, 2)


def framed(template: str, *, types: bool = True) -> PreTrainedTokenizerFast:
    """A tokeniser of words that puts pairs into another frame."""
    words = ["[UNK]", "[CLS]", "[SEP]", "a", "b", "c"]
    backend = Tokenizer(
        WordLevel({word: number for number, word in enumerate(words)}, unk_token="[UNK]")
    )
    backend.pre_tokenizer = WhitespaceSplit()
    backend.post_processor = TemplateProcessing(
        single="$A", pair=template, special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    names = ["input_ids", *(["token_type_ids"] if types else [])]
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_input_names=names,
        unk_token="[UNK]",
        cls_token="[CLS]" if "[CLS]" in template else None,
    )


# Where windows begin


def test_a_context_that_fits_is_one_window() -> None:
    assert list(starts(6, 6, 2)) == [0]
    assert list(starts(1, 6, 2)) == [0]
    assert list(starts(0, 6, 2)) == []


def test_windows_are_a_stride_apart_until_the_last_token_is_in_one() -> None:
    assert list(starts(7, 6, 2)) == [0, 2]
    assert list(starts(9, 6, 2)) == [0, 2, 4]


def test_a_stride_longer_than_a_window_leaves_no_gap() -> None:
    assert list(starts(10, 4, 100)) == [0, 4, 8]


@given(st.integers(1, 300), st.integers(1, 60), st.integers(1, 90))
def test_a_stride_covers_every_token_and_no_window_is_more_than_needed(
    tokens: int, room: int, stride: int
) -> None:
    begins = list(starts(tokens, room, stride))
    assert {place for begin in begins for place in range(begin, begin + room)} >= set(range(tokens))
    assert all(after - before == min(stride, room) for before, after in pairwise(begins))
    assert len(begins) == 1 or begins[-2] + room < tokens


# Whose a token is


def test_a_token_is_its_windows_that_has_more_on_the_poorer_side() -> None:
    """Drawn by hand: windows of four at 0 and 2, six tokens."""
    assert [own.astype(int).tolist() for own in most_context([0, 2], [4, 4], 6)] == [
        [1, 1, 1, 0],
        [0, 1, 1, 1],
    ]


def test_of_equal_contexts_the_longer_window_wins_then_the_first() -> None:
    """Token 2 stands at an end of both."""
    first, _ = most_context([0, 2], [3, 3], 5)
    assert first.tolist() == [True, True, True]
    first, _ = most_context([0, 2], [3, 4], 6)
    assert first.tolist() == [True, True, False]


@given(st.integers(0, 80), st.integers(1, 20), st.integers(1, 25))
def test_each_token_is_one_windows_by_the_published_rule(
    tokens: int, room: int, stride: int
) -> None:
    begins = list(starts(tokens, room, stride))
    lengths = [min(room, tokens - begin) for begin in begins]
    owned = most_context(begins, lengths, tokens)
    for token in range(tokens):
        scores = {
            number: min(token - begin, begin + length - 1 - token) + 0.01 * length
            for number, (begin, length) in enumerate(zip(begins, lengths, strict=True))
            if begin <= token < begin + length
        }
        best = max(scores, key=lambda number: (scores[number], -number))
        assert [number for number in scores if owned[number][token - begins[number]]] == [best]


# Which tokens are an answer


def test_an_answer_is_all_tokens_that_hold_any_of_it() -> None:
    offsets = np.array([[0, 2], [3, 5], [5, 6]])
    assert pieces_of(offsets, (1, 4)) == (0, 1)
    assert pieces_of(offsets, (3, 5)) == (1, 1)
    assert pieces_of(offsets, (0, 6)) == (0, 2)
    assert pieces_of(offsets, (2, 3)) is None  # the space between words
    assert pieces_of(offsets[:0], (0, 3)) is None


@many
@given(contexts(), st.data())
def test_tokens_of_an_answer_are_those_that_share_a_character(
    tokenizer: PreTrainedTokenizerFast, context: str, data: st.DataObject
) -> None:
    _, offsets = pieces_in(context, tokenizer)
    first = data.draw(st.integers(0, len(context) - 1))
    last = data.draw(st.integers(first + 1, len(context)))
    sharing = [place for place, (one, end) in enumerate(offsets) if one < last and end > first]
    found = pieces_of(offsets, (first, last))
    assert found == ((sharing[0], sharing[-1]) if sharing else None)


# The frame


def test_ours_puts_two_ends_between_question_and_context(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    frame = frame_of(tokenizer)
    assert (frame.before, frame.between, frame.after) == ([0], [2, 2], [2])
    assert (frame.size, frame.types, frame.cls) == (4, None, 0)
    assert frame.around([7], [8, 9]) == {"input_ids": [0, 7, 2, 2, 8, 9, 2]}


@pytest.mark.parametrize(
    ("template", "ids", "types"),
    [
        ("[CLS] $A [SEP] $B:1 [SEP]:1", [1, 3, 2, 4, 5, 2], [0, 0, 0, 1, 1, 1]),
        ("$A [SEP] $B:1", [3, 2, 4, 5], [0, 0, 1, 1]),
        ("$A:0 [SEP]:0 $B:1 [SEP]:1 [CLS]:2", [3, 2, 4, 5, 2, 1], [0, 0, 1, 1, 1, 1]),
    ],
)
def test_other_frames_are_read_off_the_tokeniser(
    template: str, ids: list[int], types: list[int]
) -> None:
    tokenizer = framed(template)
    row, window = next(iter(encoded(ask("b c", (2, 3), question="a"), tokenizer)))
    assert row["input_ids"] == ids
    assert row["token_type_ids"][:-1] == types[:-1]
    assert ids[window.first] == 4
    assert row["start_positions"] == row["end_positions"] == ids.index(5)


@pytest.mark.parametrize(
    ("template", "places"),
    [
        ("[CLS] $A [SEP] $B [SEP]", [0, 0, 4]),
        ("$A [SEP] $B [SEP] [CLS]", [5, 5, 3]),
        ("$A [SEP] $B", [0, 0, 3]),
    ],
)
def test_no_answer_is_where_cls_is(template: str, places: list[int]) -> None:
    """Windows of two tokens, the answer in the last: `b b`, `b b`, `b c`."""
    tokenizer = framed(template, types=False)
    size = frame_of(tokenizer).size
    one = ask("b b b b b c", (10, 11), question="a")
    rows = encoded(one, tokenizer, max_length=size + 3, stride=2)
    assert [row["start_positions"] for row, _ in rows] == places
    assert [row["end_positions"] for row, _ in rows] == places


def test_a_tokeniser_that_turns_the_pair_round_is_refused() -> None:
    with pytest.raises(ValueError, match="questions need one that puts the first text before"):
        frame_of(framed("$B [SEP] $A"))


# Rows


@many
@given(contexts(), st.integers(12, 40), st.integers(1, 40), st.integers(1, 9))
def test_every_window_gives_back_its_characters(
    tokenizer: PreTrainedTokenizerFast, context: str, max_length: int, stride: int, asked: int
) -> None:
    """A row holds the pieces that its offsets point to, and all rows all of the context."""
    ids, offsets = pieces_in(context, tokenizer)
    one = ask(context, question="ba de fi go lu mi")
    begin = 0
    seen: set[int] = set()
    for row, window in encoded(
        one, tokenizer, max_length=max_length, stride=stride, max_question=asked
    ):
        size = len(window.own)
        assert len(row["input_ids"]) <= max_length
        assert row["input_ids"][window.first : window.first + size] == ids[begin : begin + size]
        assert (window.offsets == offsets[begin : begin + size]).all()
        seen |= {*range(begin, begin + size)}
        begin += min(stride, max_length - window.first - 1)
    assert seen == {*range(len(ids))}


@many
@given(contexts())
def test_offsets_are_of_the_original_characters(
    tokenizer: PreTrainedTokenizerFast, context: str
) -> None:
    """In order, and what is between tokens is no more than white space and what has no piece.

    The characters of a token, split alone, give its piece, unless it shares them with another.
    """
    ids, offsets = pieces_in(context, tokenizer)
    assert (np.diff(offsets, axis=0) >= 0).all()
    assert (offsets[:, 0] < offsets[:, 1]).all()
    covered = {place for first, after in offsets for place in range(first, after)}
    bare = [one for place, one in enumerate(context) if place not in covered]
    assert not "".join(bare).replace("\u200d", "").strip()
    shared = np.zeros(len(ids), dtype=bool)
    shared[1:] |= offsets[1:, 0] < offsets[:-1, 1]
    shared[:-1] |= shared[1:]
    pieces = tokenizer.convert_ids_to_tokens(ids)
    for piece, (first, after), other in zip(pieces, offsets.tolist(), shared, strict=True):
        if not other and piece != tokenizer.unk_token:
            assert "".join(tokenizer.tokenize(context[first:after])).strip("▁") == piece.strip("▁")


@many
@given(contexts(), st.data())
def test_labels_stand_at_the_answer_or_where_it_is_not_whole_at_cls(
    tokenizer: PreTrainedTokenizerFast, context: str, data: st.DataObject
) -> None:
    _, offsets = pieces_in(context, tokenizer)
    assume(len(offsets))
    first = data.draw(st.integers(0, len(offsets) - 1))
    last = data.draw(st.integers(first, min(first + 5, len(offsets) - 1)))
    place = (int(offsets[first, 0]), int(offsets[last, 1]))
    rows = encoded(ask(context, place), tokenizer, max_length=14, stride=3)
    whole = 0
    for row, window in rows:
        held = [
            number
            for number, (one, after) in enumerate(window.offsets)
            if one < place[1] and after > place[0]
        ]
        labels = (row["start_positions"], row["end_positions"])
        if labels == (0, 0):
            continue
        whole += 1
        assert labels == (window.first + held[0], window.first + held[-1])
        assert window.offsets[held[0], 0] <= place[0]
        assert window.offsets[held[-1], 1] >= place[1]
    shared = pieces_of(offsets, place)
    assert shared
    # windows of 8 tokens begin every 3 tokens: what has up to 6 is whole in one
    assert whole or shared[1] - shared[0] >= 6


def test_labels_of_every_span_in_every_window(tokenizer: PreTrainedTokenizerFast) -> None:
    """Twelve words in windows of four at 0, 2, 4, 6 and 8."""
    context = "ba de fi go lu mi no pe ra si tu vo"
    for first in range(12):
        for last in range(first, 12):
            one = ask(context, (3 * first, 3 * last + 2))
            rows = encoded(one, tokenizer, max_length=10, stride=2)
            assert len(rows) == 5
            for number, (row, window) in enumerate(rows):
                begin = 2 * number
                whole = begin <= first and last < begin + 4
                places = (first - begin + window.first, last - begin + window.first)
                found = (row["start_positions"], row["end_positions"])
                assert found == (places if whole else (0, 0))


def test_a_question_is_cut_and_leaves_half_of_the_row(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    one = ask("fi", question="ba " * 30)
    for max_length, max_question, kept in ((64, 64, 30), (64, 7, 7), (20, 64, 8), (6, 64, 1)):
        row, window = encoded(one, tokenizer, max_length=max_length, max_question=max_question)[0]
        assert window.first == 1 + kept + 2
        assert len(row["input_ids"]) == kept + 5


def test_without_an_answers_place_there_is_nothing_to_learn(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    lost = Question(id="q", question="ba", context="fi", answers=(("go", None),))
    assert [set(row) for row, _ in encoded(lost, tokenizer)] == [{"input_ids"}]


def test_an_answer_without_a_piece_is_not_learnt_from(tokenizer: PreTrainedTokenizerFast) -> None:
    (row, _) = encoded(ask("fi \u200d go", (3, 4)), tokenizer)[0]
    assert "start_positions" not in row


def test_the_first_answer_with_a_place_is_learnt(tokenizer: PreTrainedTokenizerFast) -> None:
    one = Question(id="q", question="ba", context="fi go", answers=(("x", None), ("go", 3)))
    (row, window) = encoded(one, tokenizer)[0]
    assert row["start_positions"] == window.first + 1


@pytest.mark.parametrize("context", ["", " \n\u00a0"])
def test_a_context_without_tokens_has_no_window(
    tokenizer: PreTrainedTokenizerFast, context: str
) -> None:
    assert encoded(ask(context), tokenizer) == []


def test_questions_of_one_context_have_windows_of_their_own(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    questions = [ask("fi go", name=name) for name in "abc"]
    rows = encode_questions(questions, tokenizer, max_length=24, stride=6, max_question=64)
    assert [window.question for _, window in rows] == [0, 1, 2]


@pytest.mark.parametrize(
    "wrong", [{"max_length": 5}, {"stride": 0}, {"max_question": 0}], ids=lambda one: str(one)
)
def test_no_room_and_no_stride_are_refused(
    tokenizer: PreTrainedTokenizerFast, wrong: dict[str, int]
) -> None:
    with pytest.raises(ValueError, match=r"the first must be 6 at least, the others 1"):
        encoded(ask("fi"), tokenizer, **wrong)
