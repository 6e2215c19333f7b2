"""The mix of languages that trains a vocabulary."""

import pytest

from erniem.corpus.encode import MOST_REPEATS, vocabulary_sample


def lines(letter: str, count: int) -> list[str]:
    return [f"{letter}{place:09d}" for place in range(count)]


def counted(sample: list[str]) -> dict[str, int]:
    """Characters by language, which is the first letter of our lines."""
    return {code: sum(len(line) for line in sample if line[0] == code) for code in "ab"}


@pytest.mark.parametrize(
    ("alpha", "expected"), [(1.0, {"a": 900, "b": 100}), (0.5, {"a": 750, "b": 250})]
)
def test_a_language_has_a_share_of_characters_by_temperature(
    alpha: float, expected: dict[str, int]
) -> None:
    sample = list(vocabulary_sample({"a": lines("a", 90), "b": lines("b", 10)}, alpha))
    assert counted(sample) == expected
    assert len({line for line in sample if line[0] == "a"}) == expected["a"] / 10


def test_characters_count_not_sentences() -> None:
    long = [line * 9 for line in lines("a", 10)]
    sample = list(vocabulary_sample({"a": long, "b": lines("b", 90)}, 0.0))
    assert counted(sample) == {"a": 900, "b": 900}


def test_a_tiny_language_is_repeated_only_so_often() -> None:
    sample = list(vocabulary_sample({"a": lines("a", 1000), "b": lines("b", 1)}, 0.0))
    assert sample.count("b000000000") == MOST_REPEATS


def test_no_more_sentences_are_drawn_than_a_trainer_needs() -> None:
    text = {"a": lines("a", 900), "b": [line * 2 for line in lines("b", 100)]}
    sample = list(vocabulary_sample(text, 0.5, most=200))
    assert len(sample) == pytest.approx(200, abs=2)
    shares = counted(sample)
    assert shares["a"] / shares["b"] == pytest.approx((9000 / 2000) ** 0.5, rel=0.03)


def test_the_draw_depends_on_the_lines_alone() -> None:
    one = {"a": lines("a", 90), "b": lines("b", 10)}
    other = {"b": lines("b", 10)[::-1], "a": lines("a", 90)[::-1]}
    assert list(vocabulary_sample(one, 0.3)) == list(vocabulary_sample(other, 0.3))
    drawn = [int(line[1:]) for line in vocabulary_sample(one, 0.0) if line[0] == "a"]
    assert max(drawn) > 80, "a draw, not the first lines"
