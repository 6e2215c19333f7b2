"""The script check, on invented words in Latin, Greek and Cyrillic letters."""

import pytest

from erniem.corpus.document import pair, sentence
from erniem.corpus.steps.script import Script
from erniem.languages import LANGUAGES
from erniem.writing import SCRIPTS, script_share, scripts_of
from invented import CYRILLIC, GREEK, invented

LATIN = invented(1)[0]
RULE = Script()


def test_a_text_in_its_languages_script_stays() -> None:
    assert RULE.why_drop(sentence(LATIN, language="sw", source="made")) is None
    assert RULE.why_drop(sentence(LATIN.translate(GREEK), language="el", source="made")) is None


def test_a_text_in_another_script_goes() -> None:
    assert RULE.why_drop(sentence(LATIN.translate(GREEK), language="ru", source="made"))
    assert RULE.why_drop(sentence(LATIN, language="th", source="made")) == "another script"


def test_either_side_of_a_pair_may_be_wrong() -> None:
    cyrillic = LATIN.translate(CYRILLIC)
    right = pair(LATIN, cyrillic, languages=("en", "uk"), source="made")
    wrong = pair(cyrillic, cyrillic, languages=("en", "uk"), source="made")
    assert RULE.why_drop(right) is None
    assert RULE.why_drop(wrong) == "another script"


@pytest.mark.parametrize("text", [LATIN, LATIN.translate(GREEK)])
def test_a_language_that_nobody_knows_passes(text: str) -> None:
    assert RULE.why_drop(sentence(text, language="qqq", source="made")) is None


def test_names_in_latin_letters_are_allowed_in_a_third_of_the_text() -> None:
    assert script_share("abab фаба", "ru") == 0.5
    assert script_share("abcdef фаб", "ru") == 1 / 3
    assert RULE.why_drop(sentence("abcdef фаб", language="ru", source="made")) is None
    assert RULE.why_drop(sentence("abcdefg фаб", language="ru", source="made"))


@pytest.mark.parametrize("text", ["", "123 – 456!", "ー ʼ"])
def test_what_belongs_to_no_script_does_not_count(text: str) -> None:
    assert script_share(text, "he") == 1
    assert RULE.why_drop(sentence(text, language="he", source="made")) is None


def test_a_language_may_have_several_scripts() -> None:
    assert script_share(LATIN, "sr") == script_share(LATIN.translate(CYRILLIC), "sr") == 1
    assert script_share("漢字かなカナ", "ja") == 1
    assert script_share("漢字かなカナ", "zh") == 2 / 6


def test_each_language_we_name_has_its_scripts() -> None:
    assert LANGUAGES.keys() <= SCRIPTS.keys()
    assert scripts_of("ur") == ("Arabic",)


def test_a_share_is_no_percentage() -> None:
    with pytest.raises(ValueError, match="not 50"):
        Script(least=50.0)
