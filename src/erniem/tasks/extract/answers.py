"""Answers: what the windows of one text say to one prompt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from jaxtyping import Int
from numpy import ndarray

from erniem.tasks.extract.encode import Row
from erniem.tasks.extract.schema import options_of
from erniem.tasks.extract.scores import Scores
from erniem.tasks.extract.spans import Span, spans_in, voted

__all__ = ["Answer", "Reading", "answers_in"]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A window, and the probabilities of its tokens."""

    row: Row
    scores: Scores


class Answer(TypedDict, total=False):
    """A span of the text, or an option of the prompt, which has no place in the text."""

    text: str
    start: int
    """Its first character, counted in the text as given."""
    end: int
    """The character after its last."""
    probability: float
    relations: dict[str, list[Any]]
    """Answers by relation, where there are any."""


def answers_in(
    prompt: str, text: str, readings: Sequence[Reading], threshold: float
) -> list[Answer]:
    """Spans of all windows, in the order of the text; one option, if the prompt offers some.

    Args:
        prompt: what was asked.
        text: of what.
        readings: the windows of the text.
        threshold: see `spans_in`.
    """
    if options := options_of(prompt):
        votes = [
            vote for reading in readings for vote in _vote(prompt, options, reading, threshold)
        ]
        chosen = voted(votes)
        return [] if chosen is None else [Answer(text=chosen[0], probability=chosen[1])]
    return [
        Answer(text=text[start:end], start=start, end=end, probability=probability)
        for reading in readings
        for start, end, probability in _spans_of_window(text, reading, threshold)
    ]


def _spans_of_window(text: str, reading: Reading, threshold: float) -> list[Span]:
    """Spans by their characters in the whole text."""
    first, after = reading.row.window
    return [
        (first + start, first + end, probability)
        for start, end, probability in _spans(
            text[first:after], reading.row.text, reading, threshold
        )
    ]


def _vote(
    prompt: str, options: Sequence[tuple[int, int]], reading: Reading, threshold: float
) -> list[tuple[str, float]]:
    """The option in which the likeliest span of a window lies, if one lies in any."""
    inside = [
        (prompt[start:end], probability)
        for first, after, probability in _spans(prompt, reading.row.prompt, reading, threshold)
        for start, end in options
        if start <= first and after <= end
    ]
    return sorted(inside, key=lambda option: -option[1])[:1]


def _spans(
    words: str, places: Int[ndarray, " n"], reading: Reading, threshold: float
) -> list[Span]:
    """Spans among the tokens at some places of a row, all of them pieces of `words`."""
    start, end = reading.scores
    offsets = [reading.row.offsets[place] for place in places]
    return spans_in(words, offsets, start[places], end[places], threshold)
