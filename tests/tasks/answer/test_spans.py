from itertools import islice
from math import exp, inf, isfinite, nan

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from erniem.tasks.answer.spans import AT_ONCE, Span, best_spans, falling, span_scores
from erniem.tasks.answer.windows import Window, encode_questions, most_context, starts
from made_up_answers import ask, contexts

many = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

LOGIT = st.one_of(st.integers(-3, 3).map(float), st.sampled_from([inf, -inf, nan]))
"""Few values, so that many are equal, and some that are no number."""


def letters(text: str, room: int | None = None, stride: int = 1) -> list[Window]:
    """Windows of a context whose tokens are its characters; each row begins with one more."""
    size = room or max(len(text), 1)
    begins = starts(len(text), size, stride)
    offsets = np.arange(len(text))[:, None] + [0, 1]
    lengths = [min(size, len(text) - begin) for begin in begins]
    owned = most_context(begins, lengths, len(text))
    return [
        Window(question=0, first=1, offsets=offsets[begin : begin + length], own=own)
        for begin, length, own in zip(begins, lengths, owned, strict=True)
    ]


def best(text: str, pairs: list[tuple[float, float]], longest: int = 9) -> str:
    """The likeliest answer in a context of one window; the first pair is [CLS]'s."""
    row = np.array(pairs, dtype=np.float32)
    found = best_spans(text, letters(text), [row], longest=longest, count=1)
    return found[0].text if found else ""


# Drawn by hand


def test_the_likeliest_first_and_last_token_are_the_answer() -> None:
    assert best("abcd", [(9, 9), (0, 0), (5, 0), (0, 5), (0, 0)]) == "bc"


def test_an_answer_never_ends_before_it_begins() -> None:
    # c to a would be worth 14
    assert best("abc", [(0, 0), (0, 7), (0, 0), (7, 0)]) == "a"


def test_an_answer_has_no_more_tokens_than_it_may() -> None:
    pairs = [(0.0, 0.0), (5.0, 0.0), (0.0, 1.0), (0.0, 2.0), (0.0, 5.0)]
    assert [best("abcd", pairs, longest) for longest in (4, 3, 2, 1)] == ["abcd", "abc", "ab", "a"]


def test_nothing_outside_the_context_is_an_answer() -> None:
    """However high the question and the frame score."""
    windows = [Window(question=0, first=3, offsets=np.array([[0, 1]]), own=np.array([True]))]
    row = np.array([[9, 9], [9, 9], [9, 9], [-9, -9], [9, 9]], dtype=np.float32)
    found = best_spans("a", windows, [row], longest=3, count=5)
    assert found == [Span(text="a", start=0, score=-18.0, probability=1.0)]
    assert found[0].end == 1


def test_white_space_alone_is_no_answer_and_stands_at_no_end() -> None:
    assert best(" b ", [(0, 0), (5, 0), (0, 0), (0, 5)]) == "b"
    assert best(" b ", [(0, 0), (5, 5), (0, 0), (0, 0)]) == "b"
    assert best(" \n\u3000", [(0, 0), (5, 5), (0, 0), (0, 5)]) == ""


def test_a_span_begins_where_its_first_token_has_most_context() -> None:
    """Windows `abcd` and `cdef`: a to c are the first's, d to f the second's."""
    windows = letters("abcdef", room=4, stride=2)
    assert [one.own.astype(int).tolist() for one in windows] == [[1, 1, 1, 0], [0, 1, 1, 1]]
    first, second = np.zeros((6, 2)), np.zeros((6, 2))
    first[4] = 7, 7  # d, which is the second window's
    second[3] = 1, 1  # e
    found = best_spans("abcdef", windows, [first, second], longest=1, count=1)
    # c to d in the first window would be worth 7, but is too long
    assert [(one.text, one.score) for one in found] == [("e", 2.0)]
    found = best_spans("abcdef", windows, [first, second], longest=2, count=1)
    assert [(one.text, one.score) for one in found] == [("cd", 7.0)]


def test_an_answer_that_stands_twice_is_given_once_and_where_it_is_likelier() -> None:
    pairs = np.array([[0.0, 0.0], [1, 1], [0, 0], [2, 2]])
    found = best_spans("aba", letters("aba"), [pairs], longest=1, count=9)
    assert [(one.text, one.start, one.score) for one in found] == [("a", 2, 4.0), ("b", 1, 0.0)]


def test_of_equal_answers_the_earlier_comes_first_then_the_shorter() -> None:
    found = best_spans("abc", letters("abc"), [np.zeros((5, 2))], longest=2, count=9)
    assert [one.text for one in found] == ["a", "ab", "b", "bc", "c"]


def test_probabilities_are_the_softmax_of_those_given() -> None:
    pairs = np.array([[0.0, 0.0], [800, 800], [799, 800]])
    found = best_spans("ab", letters("ab"), [pairs], longest=1, count=2)
    assert [one.probability for one in found] == pytest.approx(
        [1 / (1 + exp(-1)), 1 / (1 + exp(1))]
    )


def test_without_windows_or_finite_logits_there_is_no_answer() -> None:
    assert best_spans("", [], [], longest=3, count=2) == []
    assert best("ab", [(0, 0), (nan, 1), (inf, -inf)]) == ""


def test_scores_of_spans_by_their_first_token_and_their_length() -> None:
    scores = span_scores(np.array([1.0, 2.0]), np.array([10.0, 20.0]), 3)
    assert scores.tolist() == [[11, 21, -inf], [22, -inf, -inf]]


def test_falling_scores_leave_out_what_is_not_finite() -> None:
    assert list(falling(np.array([1.0, 3.0, -inf, 3.0, nan]))) == [1, 3, 0]


@pytest.mark.parametrize("count", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 5 * AT_ONCE])
def test_many_scores_fall_too(count: int) -> None:
    scores = np.random.default_rng(0).integers(0, 50, count).astype(float)
    assert list(falling(scores)) == np.argsort(-scores, kind="stable").tolist()


# Against all spans, one by one


@given(
    st.text("ab ", max_size=12),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 5),
    st.integers(1, 30),
    st.data(),
)
def test_the_n_best_are_those_of_all_spans(
    text: str, room: int, stride: int, longest: int, count: int, data: st.DataObject
) -> None:
    """Sorted, distinct, within one window, no longer than they may be: by looking at every span."""
    windows = letters(text, room, stride)
    logits = [
        np.array(data.draw(st.lists(st.tuples(LOGIT, LOGIT), min_size=size, max_size=size)))
        for size in (len(one.own) + 2 for one in windows)
    ]
    expected: dict[str, tuple[float, int]] = {}
    spans = []
    for window, both in zip(windows, logits, strict=True):
        for one in range(len(window.own)):
            for last in range(one, min(one + longest, len(window.own))):
                score = float(both[1 + one, 0]) + float(both[1 + last, 1])
                if window.own[one] and isfinite(score):
                    spans.append((score, int(window.offsets[one, 0]), int(window.offsets[last, 1])))
    for score, start, end in sorted(spans, key=lambda span: (-span[0], span[1], span[2])):
        part = text[start:end]
        if part.strip():
            place = start + len(part) - len(part.lstrip())
            expected.setdefault(part.strip(), (score, place))
    found = best_spans(text, windows, logits, longest=longest, count=count)
    assert [(one.text, (one.score, one.start)) for one in found] == list(
        islice(expected.items(), count)
    )
    assert all(text[one.start : one.end] == one.text for one in found)
    assert not found or sum(one.probability for one in found) == pytest.approx(1)


# With a tokeniser's own offsets


@many
@given(contexts(), st.data())
def test_an_answer_in_any_script_is_found_again(
    tokenizer: PreTrainedTokenizerFast, context: str, data: st.DataObject
) -> None:
    """As it stands in the context, from its first token's first character to its last's last."""
    told = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True)
    offsets = told["offset_mapping"]
    if not offsets:
        return
    first = data.draw(st.integers(0, len(offsets) - 1))
    last = data.draw(st.integers(first, min(first + 4, len(offsets) - 1)))
    place = (offsets[first][0], offsets[last][1])
    one = ask(context, place)
    encoded = list(
        encode_questions([one], tokenizer, max_length=32, stride=4, max_question=8)
    )  # 24 tokens or more, 20 shared: any answer of 10 is whole where its first has most context
    logits = []
    for row, _ in encoded:
        both = np.zeros((len(row["input_ids"]), 2), dtype=np.float32)
        both[row["start_positions"], 0] = both[row["end_positions"], 1] = 1
        logits.append(both)
    sharing = [span for span in offsets if span[0] < place[1] and span[1] > place[0]]
    whole = context[sharing[0][0] : sharing[-1][1]].strip()
    found = best_spans(context, [one for _, one in encoded], logits, longest=10, count=1)
    assert found[0].text == whole
    assert context[slice(*place)].strip() in whole
    assert context[found[0].start : found[0].end] == whole


@many
@given(contexts(), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_no_answer_has_more_tokens_than_it_may(
    tokenizer: PreTrainedTokenizerFast, context: str, longest: int, seed: int
) -> None:
    encoded = list(
        encode_questions([ask(context)], tokenizer, max_length=24, stride=5, max_question=8)
    )
    rng = np.random.default_rng(seed)
    logits = [rng.normal(size=(len(row["input_ids"]), 2)) for row, _ in encoded]
    windows = [window for _, window in encoded]
    for span in best_spans(context, windows, logits, longest=longest, count=50):
        assert any(
            window.offsets[first, 0] <= span.start
            and span.end <= window.offsets[min(first + longest, len(window.own)) - 1, 1]
            for window in windows
            for first in range(len(window.own))
        )
