"""XTREME's scores by the letter of their definitions, one example after the other, for tests.

Sources: Rajpurkar et al., 2016, and SQuAD 1.1's script; Lewis et al., 2020, §5.2, and MLQA 1.0's
script; seqeval 1.2.2 itself; Hu et al., 2020, and XTREME's evaluate.py for the means.
"""

import re
import string
import unicodedata
import warnings
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from seqeval.metrics import f1_score, precision_score, recall_score

__all__ = ["GROUPS_OF", "figures_by_rule", "means_by_rule"]

GROUPS_OF = {
    "classification": ("xnli", "pawsx"),
    "tagging": ("udpos", "panx"),
    "qa": ("xquad", "mlqa", "tydiqa"),
    "retrieval": ("bucc2018", "tatoeba"),
}
MAIN = {
    **dict.fromkeys(("xnli", "pawsx", "tatoeba"), ("accuracy",)),
    **dict.fromkeys(("udpos", "panx", "bucc2018"), ("f1",)),
    **dict.fromkeys(("xquad", "mlqa", "tydiqa"), ("f1", "exact_match")),
}
ARTICLES = {
    "en": "a an the",
    "es": "un una unos unas el la los las",
    "de": "ein eine einen einem eines einer der die das den dem des",
    "vi": "của là cái chiếc những",
}


def figures_by_rule(task: str, language: str, found: Any, wanted: Any) -> dict[str, float]:
    """All figures of a task in a language, in percent."""
    if task in ("xnli", "pawsx", "tatoeba"):
        right = sum(one == other for one, other in zip(found, wanted, strict=True))
        return {"accuracy": 100 * right / len(wanted)}
    if task in ("udpos", "panx"):
        return _tags(found, wanted)
    if task == "bucc2018":
        return _pairs(found, wanted)
    if task == "mlqa":
        return _answers(found, wanted, lambda text: _mlqa(text, language))
    return _answers(found, wanted, _squad)


def means_by_rule(figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    """Of tasks, groups and all, from figures by task, language and metric."""
    tasks = {
        task: fmean(
            fmean(figures[task][code][name] for code in figures[task]) for name in MAIN[task]
        )
        for task in figures
    }
    groups = {name: fmean(tasks[one] for one in members) for name, members in GROUPS_OF.items()}
    return {**tasks, **groups, "all_task": fmean(tasks.values())}


def _tags(found: Sequence[list[str]], wanted: Sequence[list[str]]) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tags without a prefix, nothing found
        return {
            "f1": 100 * f1_score(wanted, found),
            "precision": 100 * precision_score(wanted, found),
            "recall": 100 * recall_score(wanted, found),
        }


def _pairs(found: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    right = len(set(found) & set(wanted))
    precision = right / len(set(found)) if found else 0.0
    recall = right / len(set(wanted))
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"f1": 100 * f1, "precision": 100 * precision, "recall": 100 * recall}


def _answers(
    found: Mapping[str, str], wanted: Mapping[str, list[str]], normal: Callable[[str], str]
) -> dict[str, float]:
    """A question without a prediction scores nothing, and counts."""
    exact = f1 = 0.0
    for question, right in wanted.items():
        if question in found:
            said = normal(found[question])
            exact += any(said == normal(one) for one in right)
            f1 += max(_overlap(said.split(), normal(one).split()) for one in right)
    return {"exact_match": 100 * exact / len(wanted), "f1": 100 * f1 / len(wanted)}


def _overlap(said: list[str], right: list[str]) -> float:
    left = list(right)
    shared = 0
    for word in said:
        if word in left:
            left.remove(word)
            shared += 1
    if shared == 0:
        return 0.0
    precision, recall = shared / len(said), shared / len(right)
    return 2 * precision * recall / (precision + recall)


def _squad(text: str) -> str:
    """Lower case, then without ASCII's punctuation, then without articles, then single spaces."""
    bare = "".join(one for one in text.lower() if one not in string.punctuation)
    return _spaced(_without(ARTICLES["en"], bare))


def _mlqa(text: str, language: str) -> str:
    """As SQuAD, with Unicode's punctuation and the language's articles; ideographs are words."""
    bare = "".join(
        one
        for one in text.lower()
        if not unicodedata.category(one).startswith("P") and one not in string.punctuation
    )
    if language == "ar":
        bare = bare.replace("ال", " ")
    if language in ARTICLES:
        bare = _without(ARTICLES[language], bare)
    if language == "zh":
        bare = "".join(f" {one} " if "\u4e00" <= one <= "\u9fa5" else one for one in bare)
    return _spaced(bare)


def _without(articles: str, text: str) -> str:
    return re.sub(rf"\b({articles.replace(' ', '|')})\b", " ", text)


def _spaced(text: str) -> str:
    return " ".join(text.split())
