"""Length: characters of all, words of those that write spaces; either side of a pair."""

import pytest

from erniem.corpus.document import pair
from erniem.corpus.steps.length import Length
from erniem.corpus.steps.words import num_words, writes_spaces


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("ba", "en", "too few characters"),
        ("bad", "en", None),
        ("bade " * 205, "en", "too many characters"),
        ("bad " * 151, "en", "too many words"),
        ("b a d e f i", "en", "words too short"),
        ("badefigolu" * 4, "en", "words too long"),
        ("ก" * 400, "th", None),
        ("中" * 400, "zh-Hant", None),
        ("ሀሁሂሃሄህ፡" * 10, "am", None),
        ("", "th", "too few characters"),
    ],
)
def test_a_text_is_measured_as_its_script_is_written(
    text: str, language: str, reason: str | None
) -> None:
    assert Length().why_drop_side(text, language) == reason


def test_words_are_counted_only_where_spaces_are_written() -> None:
    assert Length(least_words=3).why_drop_side("bade fi", "en") == "too few words"
    assert Length(least_words=3).why_drop_side("中国中国", "zh") is None
    assert Length(least_words=0, least_characters=0).why_drop_side("", "en") == "words too short"


def test_a_pair_goes_with_either_side() -> None:
    def why(first: str, second: str) -> str | None:
        return Length().why_drop(pair(first, second, languages=("en", "de"), source="made"))

    assert why("bade", "figo") is None
    assert why("ba", "figo") == why("bade", "fi") == "too few characters"


@pytest.mark.parametrize("code", ["th", "tha_Thai", "cmn_Hani", "zh-Hant", "ja", "lo", "km", "my"])
def test_a_language_without_spaces_is_known_by_any_of_its_codes(code: str) -> None:
    assert not writes_spaces(code)
    assert num_words("กขค" * 4, code) == 4


@pytest.mark.parametrize("code", ["ko", "vi", "am", "hi", "tr", "qqq"])
def test_any_other_writes_them(code: str) -> None:
    assert writes_spaces(code)
    assert num_words("ba de  fi፡go", code) == 4
