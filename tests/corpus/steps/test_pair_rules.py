"""What is checked of a pair's two sides together: lengths, copies, numbers, addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erniem.corpus.document import Document, Drops, pair, sentence
from erniem.corpus.steps.copied import Copied
from erniem.corpus.steps.length_ratio import LengthRatio
from erniem.corpus.steps.numbers import Numbers, numbers_in
from erniem.corpus.steps.rule import Filter
from erniem.corpus.steps.same_addresses import SameAddresses, addresses_in
from invented import GREEK, invented

RULES = [LengthRatio(), Copied(), Numbers(), SameAddresses()]
ONE, OTHER = invented(2)


def made(first: str, second: str, languages: str = "en-sw") -> Document:
    return pair(first, second, languages=languages.split("-"), source="made")


@pytest.mark.parametrize("rule", RULES)
def test_a_sentence_alone_passes_every_rule_for_pairs(rule: Filter) -> None:
    assert rule.why_drop(sentence("12345 a@b.example", language="en", source="made")) is None


@pytest.mark.parametrize("rule", RULES)
@given(first=st.text(), second=st.text())
def test_the_order_of_the_sides_does_not_matter(rule: Filter, first: str, second: str) -> None:
    assert rule.why_drop(made(first, second)) == rule.why_drop(made(second, first, "sw-en"))


@pytest.mark.parametrize("rule", RULES[:1] + RULES[2:])
@given(text=st.text())
def test_equal_sides_differ_in_nothing(rule: Filter, text: str) -> None:
    assert rule.why_drop(made(text, text)) is None


def test_drops_are_counted_by_reason_source_and_label() -> None:
    drops = Drops()
    assert [*Copied().apply([made(ONE, ONE), made(ONE, OTHER)], drops)] == [made(ONE, OTHER)]
    assert drops.counts == {("copied", "made", "en-sw"): 1}


# Lengths.


def test_a_side_three_times_as_long_is_no_translation() -> None:
    assert LengthRatio().why_drop(made("a" * 40, "a" * 140)) is None
    assert LengthRatio().why_drop(made("a" * 40, "a" * 141)) == "lengths differ"


def test_a_short_side_may_be_much_shorter() -> None:
    assert LengthRatio().why_drop(made("a" * 3, "a" * 25)) is None


def test_chinese_needs_a_third_of_the_characters() -> None:
    long, short = "a" * 200, "木" * 30
    assert LengthRatio().why_drop(made(long, short, "en-zh")) is None
    assert LengthRatio(characters={}).why_drop(made(long, short, "en-zh")) is not None
    assert LengthRatio().why_drop(made(short, long, "en-zh")) is not None


def test_words_are_counted_where_spaces_stand() -> None:
    many, few = " ".join("a" * 60), "a" * 119
    assert LengthRatio().why_drop(made(many, few)) == "lengths differ"
    assert LengthRatio().why_drop(made(many, few, "en-th")) is None


# Copies.


def test_sides_that_differ_in_case_and_signs_only_are_copies() -> None:
    assert Copied().why_drop(made(ONE, ONE.upper() + "!")) == "copied"
    assert Copied().why_drop(made("12:30", "– 13")) == "copied"


def test_half_of_the_words_may_be_shared() -> None:
    assert Copied().why_drop(made("ba de fi go", "ba de lu")) is None
    assert Copied().why_drop(made("ba de fi go", "ba de fi lu")) == "copied"
    assert Copied(most=1.0).why_drop(made("ba de fi go", "ba de fi lu")) is None


def test_close_languages_share_words_honestly() -> None:
    assert Copied().why_drop(made("ba de fi go", "ba de fi lu", "hr-sr")) is None
    assert Copied().why_drop(made("ba de fi go", "ba de fi go", "hr-sr")) == "copied"


def test_vowel_signs_make_other_words() -> None:
    assert Copied().why_drop(made("कल", "काल", "hi-mr")) is None
    assert Copied().why_drop(made("कल!", "कल", "hi-mr")) == "copied"
    first, second = "ক কা কি খ খা খি গ", "কে কৈ কো খে খৈ খো গৌ"  # all of three consonants
    assert Copied().why_drop(made(first, second, "bn-as")) is None


def test_copies_are_found_where_no_spaces_stand() -> None:
    text = ONE.replace(" ", "").translate(GREEK)
    assert Copied().why_drop(made(text, text[:-2], "el-th")) == "copied"
    assert Copied().why_drop(made(text, OTHER.replace(" ", ""), "el-th")) is None


# Numbers.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,234.50", "1.234,50"),
        ("1 234 567", "1'234'567"),
        ("12/30/1899", "30.12.1899"),
        ("1,00,000", "100 000"),
        ("٢٠١٩", "2019"),
        ("२०१९", "２０１９"),
        ("007", "7"),
    ],
)
def test_a_number_may_be_written_in_many_ways(one: str, other: str) -> None:
    assert numbers_in(one) == numbers_in(other)


def test_years_do_not_grow_together_with_what_follows() -> None:
    assert numbers_in("2019 300") == {"2019": 1, "300": 1}


def test_other_numbers_are_another_sentence() -> None:
    assert Numbers().why_drop(made(f"{ONE} 1914", f"{OTHER} 1945")) == "numbers differ"
    assert Numbers().why_drop(made(f"{ONE} 1914", OTHER)) == "numbers differ"
    assert Numbers().why_drop(made(f"{ONE} 1914", f"1914 {OTHER}")) is None


def test_half_of_the_numbers_are_enough() -> None:
    assert Numbers().why_drop(made("1914, 100", "1914, 200")) is None
    assert Numbers().why_drop(made("1914, 100, 300", "1914, 200, 400")) == "numbers differ"


def test_small_numbers_may_be_words_on_the_other_side() -> None:
    assert Numbers().why_drop(made(f"10 {ONE}", OTHER)) is None
    assert Numbers(digits=2).why_drop(made(f"10 {ONE}", OTHER)) == "numbers differ"


# Addresses.


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://de.example.org/Baum.", ["example.org"]),
        ("(www.example.org)", ["example.org"]),
        ("www.example.org，a", ["example.org"]),
        ("http://example.org:80/a", ["example.org"]),
        ("A.B@Example.org, c", ["a.b@example.org"]),
        ("a @ b, no. 5", []),
    ],
)
def test_addresses_are_found_whole(text: str, found: list[str]) -> None:
    assert [*addresses_in(text)] == found


def test_a_page_may_have_its_like_in_each_language() -> None:
    one = f"{ONE} https://en.example.org/Tree"
    other = f"{OTHER} http://www.example.org/de/Baum"
    assert SameAddresses().why_drop(made(one, other)) is None
    assert SameAddresses(whole=True).why_drop(made(one, other)) == "addresses differ"


def test_another_address_is_another_sentence() -> None:
    assert SameAddresses().why_drop(made("www.example.org", "www.example.com"))
    assert SameAddresses().why_drop(made("a@example.org", "b@example.org"))
    assert SameAddresses().why_drop(made("www.example.org", ONE)) == "addresses differ"


@pytest.mark.parametrize("settings", [{"most": 0.5}, {"characters": {"zh": 0.0}}])
def test_lengths_without_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="0"):
        LengthRatio(**settings)


@pytest.mark.parametrize("rule", [lambda: Copied(most=2.0), lambda: Numbers(least=-1.0)])
def test_a_share_lies_between_nothing_and_all(rule: object) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        rule()
