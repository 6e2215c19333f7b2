"""A metric: what counts in each example, and figures from the sums; so that samples are cheap.

Letters: N examples, K counts of an example.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from seqeval.metrics.sequence_labeling import get_entities

from erniem.scores.answers import exact, mlqa_words, overlap, squad_words

__all__ = ["ACCURACY", "ANSWERS", "BITEXT", "MLQA_ANSWERS", "TAGS", "Counts", "Metric"]


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What counts in each example."""

    rows: Float64[np.ndarray, "N K"]
    names: tuple[str, ...]
    """Of the examples, so that those of two models can be laid side by side."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """From predictions and references to percentages."""

    count: Callable[[Any, Any, str], Counts]
    """`count(predictions, references, language)`."""
    figures: Callable[[Float64[np.ndarray, "... K"]], dict[str, Float64[np.ndarray, "..."]]]
    """Percentages from the sums over examples."""
    main: tuple[str, ...]
    """The figures whose mean stands for the task in XTREME's table."""


def _labels(predictions: Sequence[str], references: Sequence[str], language: str) -> Counts:
    rows = [(float(one == right), 1.0) for one, right in zip(predictions, references, strict=True)]
    return Counts(rows=_rows(rows, 2), names=_numbered(len(rows)))


def _share(sums: Float64[np.ndarray, "... K"]) -> dict[str, Any]:
    correct, total = sums[..., 0], sums[..., 1]
    return {"accuracy": _ratio(correct, total) * 100}


def _spans(
    predictions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], language: str
) -> Counts:
    """Spans right, predicted and there to be found, by the sentence they end in.

    seqeval reads all sentences as one, with an O between them, and the beginning of a span may be
    left over from an earlier one where a tag has no type (`X`, `_`): so they are read as one here.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*seems not to be NE tag")  # as UD-POS's are not
        found, wanted = (
            set(get_entities([list(tags) for tags in side])) for side in (predictions, references)
        )
    ends = np.cumsum([len(tags) + 1 for tags in references])
    rows = np.zeros((len(references), 3))
    for place, spans in enumerate((found & wanted, found, wanted)):
        last = np.array([end for _, _, end in spans], dtype=np.int64)
        np.add.at(rows[:, place], np.searchsorted(ends, last, side="right"), 1.0)
    return Counts(rows=rows, names=_numbered(len(rows)))


def _pairs(predictions: Sequence[str], references: Sequence[str], language: str) -> Counts:
    """Pairs right, predicted and there to be found; a pair twice is a pair once."""
    found, wanted = set(predictions), set(references)
    names = tuple(sorted(found | wanted))
    rows = [
        tuple(map(float, (one in found and one in wanted, one in found, one in wanted)))
        for one in names
    ]
    return Counts(rows=_rows(rows, 3), names=names)


def _f1(sums: Float64[np.ndarray, "... K"]) -> dict[str, Any]:
    right, found, wanted = sums[..., 0], sums[..., 1], sums[..., 2]
    precision, recall = _ratio(right, found), _ratio(right, wanted)
    f1 = _ratio(2 * precision * recall, precision + recall)
    return {"f1": f1 * 100, "precision": precision * 100, "recall": recall * 100}


def _answers(
    predictions: Mapping[str, str],
    references: Mapping[str, Sequence[str]],
    words: Callable[[str], list[str]],
) -> Counts:
    """Each question's best exact match and F1 over its right answers; 0 if it is not answered."""
    rows = []
    for question, right in references.items():
        if question in predictions:
            answer = words(predictions[question])
            known = [words(one) for one in right]
            em = max(exact(answer, one) for one in known)
            rows.append((em, max(overlap(answer, one) for one in known), 1.0))
        else:
            rows.append((0.0, 0.0, 1.0))
    return Counts(rows=_rows(rows, 3), names=tuple(references))


def _answer_figures(sums: Float64[np.ndarray, "... K"]) -> dict[str, Any]:
    total = sums[..., 2]
    return {
        "exact_match": _ratio(100 * sums[..., 0], total),
        "f1": _ratio(100 * sums[..., 1], total),
    }


def _rows(rows: Sequence[tuple[float, ...]], counts: int) -> Float64[np.ndarray, "N K"]:
    return np.array(rows, dtype=np.float64).reshape(-1, counts)


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _ratio(part: Any, whole: Any) -> Any:
    """0 where there is nothing to divide by."""
    whole = np.asarray(whole, dtype=np.float64)
    part = np.asarray(part, dtype=np.float64)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)


ACCURACY = Metric(count=_labels, figures=_share, main=("accuracy",))
"""Share of labels that are right."""

TAGS = Metric(count=_spans, figures=_f1, main=("f1",))
"""F1 of spans as seqeval 1.2.2 reads them, of bare tags too (as XTREME scores UD-POS)."""

BITEXT = Metric(count=_pairs, figures=_f1, main=("f1",))
"""F1 of mined pairs."""

ANSWERS = Metric(
    count=lambda found, wanted, language: _answers(found, wanted, squad_words),
    figures=_answer_figures,
    main=("exact_match", "f1"),
)
"""Exact match and F1 by SQuAD 1.1's rules, whatever the language."""

MLQA_ANSWERS = Metric(
    count=lambda found, wanted, language: _answers(found, wanted, mlqa_words(language)),
    figures=_answer_figures,
    main=("exact_match", "f1"),
)
"""Exact match and F1 by MLQA's rules for the language."""
