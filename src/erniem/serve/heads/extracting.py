"""UIE-M: answers to one question about one text a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from erniem.tasks.extract.extractor import Answers, Extractor

__all__ = ["Extracting", "TextAsked"]


@dataclass(frozen=True, kw_only=True)
class TextAsked:
    """A question put to a text."""

    text: str
    schema: dict[str, Any]
    """A name, with the schema of its relations."""


class Extracting:
    """Asks.

    Args:
        extractor: with a tokenizer that no other thread uses.
    """

    def __init__(self, extractor: Extractor) -> None:
        self.extractor = extractor

    def run(self, rows: Sequence[TextAsked]) -> list[Answers]:
        """The answers of each row; rows that ask the same are asked together.

        Raises:
            ValueError: a question that is longer than half a window.
        """
        found: list[Answers] = [{} for _ in rows]
        for numbers in _alike(rows):
            texts = [rows[number].text for number in numbers]
            answers = self.extractor(texts, rows[numbers[0]].schema)
            for number, one in zip(numbers, answers, strict=True):
                found[number] = one
        return found


def _alike(rows: Sequence[TextAsked]) -> list[list[int]]:
    """Numbers of rows with one schema."""
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(repr(row.schema), []).append(number)
    return list(groups.values())
