"""Our scores against the letter of the rules, on predictions of every kind, to 1e-9."""

from typing import Any

import numpy as np
import pytest

from erniem.scores.files import write_file
from erniem.scores.score import Scores, score
from erniem.scores.xtreme import GROUPS, XTREME
from references.xtreme_rules import GROUPS_OF, figures_by_rule, means_by_rule

KINDS = ["perfect", "random", "partial", "empty", "odd"]
EXAMPLES = 12
TAGS = {
    "panx": ["O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER"],
    "udpos": ["NOUN", "VERB", "X", "PUNCT", "ADJ"],
}
ODD_TAGS = ["O", "I-LOC", "I-PER", "E-ORG", "S-PER", "B-", "I-", "I", "_", "NOUN", "B-NEW"]
WORDS = {
    "en": "ba the De a fi. an U.S.",
    "es": "ba el La de unas fi",
    "de": "Ba der die De eines fi",
    "vi": "ba của là De những fi",
    "ar": "وَ ال الر نُو بال ، تِي",
    "zh": "山水 2年 ，火 ba木 。",
    "hi": "क ष। न मा",
    "th": "กา น้ำ ซำ",
}
"""A made-up word first, then more, and articles and marks of the language."""


def pick(rng: np.random.Generator, values: list[str], count: int) -> list[str]:
    return [str(one) for one in rng.choice(values, count)]


def right(task: str, language: str, rng: np.random.Generator) -> Any:
    """What is right in a task, made up."""
    scoring = XTREME[task]
    if scoring.kind == "labels":
        return pick(rng, list(scoring.classes or map(str, range(EXAMPLES))), EXAMPLES)
    if scoring.kind == "pairs":
        return [f"{language}-{one}\ten-{one}" for one in range(EXAMPLES)]
    if scoring.kind == "tags":
        return [pick(rng, TAGS[task], int(rng.integers(1, 8))) for _ in range(EXAMPLES)]
    return {
        f"q{number}": [answer(language, rng) for _ in range(rng.integers(1, 4))]
        for number in range(EXAMPLES)
    }


def answer(language: str, rng: np.random.Generator) -> str:
    """Words of which one at least is no article and no mark, the first of them."""
    words = WORDS.get(language, WORDS["en"]).split()
    return " ".join([*pick(rng, words, int(rng.integers(0, 4))), words[0]])


def said(kind: str, task: str, language: str, wanted: Any, rng: np.random.Generator) -> Any:
    """Predictions of a kind."""
    if isinstance(wanted, dict):
        return said_of_questions(kind, language, wanted, rng)
    other = right(task, language, rng)
    if kind == "perfect":
        return wanted
    if kind == "partial":
        half = EXAMPLES // 2
        return [*wanted[:half], *said("random", task, language, wanted, rng)[half:]]
    if XTREME[task].kind == "tags":
        values = {"random": TAGS[task], "empty": ["O"], "odd": ODD_TAGS}[kind]
        return [pick(rng, values, len(one)) for one in wanted]
    if kind == "random":
        return pick(rng, other, EXAMPLES)
    if XTREME[task].kind == "pairs":
        return [] if kind == "empty" else [*wanted[:3], *wanted[:3], "no pair"]
    return [""] * EXAMPLES if kind == "empty" else pick(rng, ["?", *other], EXAMPLES)


def said_of_questions(
    kind: str, language: str, wanted: dict[str, list[str]], rng: np.random.Generator
) -> dict[str, str]:
    made = {name: answer(language, rng) for name in wanted}
    first = {name: one[0] for name, one in wanted.items()}
    half = list(wanted)[: EXAMPLES // 2]
    wordless = {"q0": "the", "q1": "", "q2": "。 $", "no question": "ba"}
    return {
        "perfect": {name: one[-1] for name, one in wanted.items()},
        "random": made,
        "partial": {name: f"{first[name]} {made[name]}" for name in half},
        "empty": dict.fromkeys(wanted, ""),
        "odd": {**{name: f"“{one.upper()}!” the $" for name, one in first.items()}, **wordless},
    }[kind]


@pytest.fixture(scope="module", params=KINDS)
def both(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Scores, dict[str, Any]]:
    """Ours, and figures by the rules, of all tasks and languages."""
    folder = tmp_path_factory.mktemp(request.param)
    by_rule: dict[str, Any] = {}
    for task, scoring in XTREME.items():
        by_rule[task] = {}
        for code in scoring.languages:
            rng = np.random.default_rng([*f"{task}/{code}".encode()])
            wanted = right(task, code, rng)
            found = said(request.param, task, code, wanted, rng)
            name = f"{task}/test-{code}.{scoring.ending}"
            write_file(folder / "references" / name, scoring.kind, wanted)
            write_file(folder / "predictions" / name, scoring.kind, found)
            by_rule[task][code] = figures_by_rule(task, code, found, wanted)
    return request.param, score(folder / "predictions", folder / "references"), by_rule


def test_every_figure_of_every_language_is_that_of_the_rules(
    both: tuple[str, Scores, dict[str, Any]],
) -> None:
    _, scores, by_rule = both
    assert not scores.failed
    assert not scores.missing
    for task, languages in by_rule.items():
        for code, figures in languages.items():
            ours = {name: scores.tasks[task][name][code] for name in figures}
            assert ours == pytest.approx(figures, abs=1e-9), (task, code)


def test_means_are_xtremes(both: tuple[str, Scores, dict[str, Any]]) -> None:
    kind, scores, by_rule = both
    means = means_by_rule(by_rule)
    ours = {task: one["avg_metric"] for task, one in scores.tasks.items()}
    ours |= {name: scores.mean(name) for name in (*GROUPS, "all_task")}
    assert ours == pytest.approx(means, abs=1e-9)
    assert set(GROUPS) == set(GROUPS_OF)
    assert (means["all_task"] == pytest.approx(100)) == (kind == "perfect")
    assert (means["all_task"] == 0) == (kind == "empty")
