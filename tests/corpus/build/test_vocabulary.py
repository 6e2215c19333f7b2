"""The mix of languages that trains a vocabulary."""

import pytest

from erniem.corpus.build.vocabulary import MOST_REPEATS, drawn, wanted_characters


@pytest.mark.parametrize(
    ("alpha", "expected"), [(1.0, {"a": 900, "b": 100}), (0.5, {"a": 750, "b": 250})]
)
def test_a_language_has_a_share_of_characters_by_temperature(
    alpha: float, expected: dict[str, int]
) -> None:
    assert wanted_characters({"a": 900, "b": 100}, {"a": 90, "b": 10}, alpha, 10**6) == expected


def test_characters_count_not_sentences() -> None:
    wanted = wanted_characters({"a": 900, "b": 900}, {"a": 10, "b": 90}, 0.0, 10**6)
    assert wanted == {"a": 900, "b": 900}


def test_a_tiny_language_is_repeated_only_so_often() -> None:
    wanted = wanted_characters({"a": 10_000, "b": 10}, {"a": 1000, "b": 1}, 0.0, 10**6)
    assert wanted["b"] == 10 * MOST_REPEATS


def test_no_more_sentences_are_drawn_than_a_trainer_needs() -> None:
    characters, sentences = {"a": 9000, "b": 2000}, {"a": 900, "b": 100}
    wanted = wanted_characters(characters, sentences, 0.5, 200)
    drawn_sentences = sum(wanted[code] * sentences[code] / characters[code] for code in wanted)
    assert drawn_sentences == pytest.approx(200, abs=2)
    assert wanted["a"] / wanted["b"] == pytest.approx((9000 / 2000) ** 0.5, rel=0.01)


def test_a_language_without_text_has_no_share() -> None:
    assert wanted_characters({"a": 5, "b": 0}, {"a": 1, "b": 0}, 0.3, 10) == {"a": 5}
    assert wanted_characters({}, {}, 0.3, 10) == {}


def test_texts_are_drawn_by_their_keys_over_and_over() -> None:
    keyed = [(3, "third"), (1, "first"), (2, "other")]
    assert list(drawn(keyed, 20)) == ["first", "other", "third", "first"]
    assert list(drawn(keyed[::-1], 10)) == ["first", "other"]
