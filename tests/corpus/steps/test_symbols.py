"""Symbols: shares of letters and of what is none, as just to one script as to another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erniem.corpus.steps.symbols import Symbols

SCRIPTS = {
    "en": "badefigolumino pera situ",
    "el": "βαδεφιγολυμινω",
    "ar": "اللغه العربيه",
    "he": "שלום שלום",
    "hi": "क्षि कोषु कौषी",
    "ta": "கொகோ கௌகி",
    "th": "กำนี้ขึ้นอยู่",
    "my": "ကောင်းပါ",
    "km": "កំពុងខ្ញុំ",
    "bo": "ཀ་ཁ་ག་ང་ཅ་ཆ་ཇ་ཉ་",
    "am": "ሀሁ፡ሂሃ፡ሄህ፡ሆ",
    "ka": "აბგდევზთ",
    "ko": "가나 다라 마바",
    "ja": "かなカナ漢字",
    "zh": "中国人民大",
}


def why(text: str, language: str = "en", rule: Symbols | None = None) -> str | None:
    return (rule or Symbols()).why_drop_side(text, language)


@pytest.mark.parametrize("language", SCRIPTS)
def test_letters_and_their_marks_are_letters_in_every_script(language: str) -> None:
    text = SCRIPTS[language]
    assert why(text, language, Symbols(least_letters=1.0, most_punctuation=0.0)) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bade figo lu, 12.", None),
        ("2013-10-11", "no letter"),
        ("", "no letter"),
        ("... !!! 😀", "no letter"),
        ("❤\ufe0f❤\ufe0f❤\ufe0f", "no letter"),
        ("bade 12 34 56 78", "too few letters"),
        ("badefigolu 1234567", "too many digits"),
        ("b. a. d. e. fi go", "too much punctuation"),
        ("bade figo + lumi = $", "too many symbols"),
        ("bade fi\ufffdgo", "broken characters"),
        ("#bade #figo #lumino", "too many hashes"),
        ("#bade figo #lumi", None),
        ("badefigolu... miluperano... perasitude... no", "too many ellipses"),
        ("badefi… golumi… nopera", None),
    ],
)
def test_what_is_no_prose_is_told_by_its_characters(text: str, reason: str | None) -> None:
    assert why(text) == reason


def test_an_ellipsis_of_two_characters_is_one() -> None:
    assert why("中国人民……中国人民……", "zh") is None
    assert why("中……国……人……民……", "zh", Symbols(most_punctuation=1.0)) == "too many ellipses"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("BADE FIGO LUMI", "capitals only"),
        ("ΒΑΔΕ ΦΙΓΟ ΛΥΜΙ", "capitals only"),
        ("BADE", None),
        ("BADE FIGO LUMi", None),
        ("ハードディスクの BADE FIGOLU", None),
        ("中国人民大 BADE", None),
        ("กำนี้ขึ้นอยู่ BADEFIGOLU", None),
        ("აბგდევზთიკლმ", None),
    ],
)
def test_capitals_alone_are_found_in_scripts_that_have_them(text: str, reason: str | None) -> None:
    assert why(text) == reason


@given(st.text(max_size=30))
def test_white_space_changes_nothing(text: str) -> None:
    rule = Symbols(most_hashes=1.0, most_ellipses=1.0)
    spaced = "  ".join(text.replace("..", "").replace("…", ""))
    assert why(spaced, rule=rule) == why(spaced.replace(" ", ""), rule=rule)
