"""The family of tasks that answer a question with a part of a text: SQuAD's.

```text
question, context ─▶ windows ─▶ logits (L, 2) of each ─▶ likeliest span ─▶ {id: its characters}
```
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import numpy as np
from transformers import PreTrainedTokenizerFast

from erniem.tasks.answer.questions import Question, read_questions
from erniem.tasks.answer.spans import Span, best_spans
from erniem.tasks.answer.windows import Window, encode_questions
from erniem.tasks.task import Encoded, Head, Kind, Limits, Read

__all__ = ["Answer"]

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How questions are read, posed and answered; the defaults are XTREME's."""

    max_question: int = 64
    """Tokens of a question that are read."""
    longest: int = 30
    """Tokens of an answer at most."""
    named_in_ids: bool = False
    """Whether ids begin with the name of a language, as TyDiQA's."""

    def __post_init__(self) -> None:
        for name in ("max_question", "longest"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} {getattr(self, name)}: give at least 1.")

    @property
    def head(self) -> Head:
        """Two numbers a token."""
        return "answer"

    @property
    def kind(self) -> Kind:
        """Answers by question."""
        return "answers"

    @property
    def labels(self) -> tuple[str, ...]:
        """None: an answer is any part of the text."""
        return ()

    def read(self, paths: Sequence[Path], language: str) -> Read:
        """Questions of SQuAD's JSON or of tables; see `Family.read`."""
        return read_questions(paths, language, named_in_ids=self.named_in_ids)

    def encode(
        self, examples: Sequence[Question], tokenizer: PreTrainedTokenizerFast, limits: Limits
    ) -> Encoded:
        """Rows of windows, see `encode_questions`.

        A row has `start_positions` and `end_positions` unless its question's answers do not stand
        where its file says: such a question can be answered, but not learnt from.
        """
        encoded = list(
            encode_questions(
                examples,
                tokenizer,
                max_length=limits.max_length,
                stride=limits.stride,
                max_question=self.max_question,
            )
        )
        return Encoded(rows=[row for row, _ in encoded], places=[window for _, window in encoded])

    def decode(
        self, logits: Sequence[np.ndarray], encoded: Encoded, examples: Sequence[Question]
    ) -> dict[str, str]:
        """The likeliest answer by question; an empty one where the context has no text."""
        best = self.n_best(logits, encoded, examples, count=1)
        return {name: spans[0].text if spans else "" for name, spans in best.items()}

    def n_best(
        self,
        logits: Sequence[np.ndarray],
        encoded: Encoded,
        examples: Sequence[Question],
        *,
        count: int = 20,
    ) -> dict[str, list[Span]]:
        """The likeliest answers by question, the first of them first.

        Raises:
            ValueError: no answer is asked for, or an id that stands twice.
        """
        if count < 1:
            raise ValueError(f"count {count}: ask for at least 1 answer.")
        numbered = zip(encoded.places, logits, strict=True)
        of_question: dict[int, list[tuple[Window, np.ndarray]]] = {
            number: list(some)
            for number, some in groupby(numbered, key=lambda pair: pair[0].question)
        }
        found = []
        for number, one in enumerate(examples):
            pairs = of_question.get(number, [])
            found.append(
                best_spans(
                    one.context,
                    [window for window, _ in pairs],
                    [both for _, both in pairs],
                    longest=self.longest,
                    count=count,
                )
            )
        return _by_id(examples, found)

    def references(self, examples: Sequence[Question]) -> dict[str, list[str]]:
        """The right answers by question.

        Raises:
            ValueError: a question without any, or an id that stands twice.
        """
        for one in examples:
            if not one.answers:
                raise ValueError(
                    f"the question {one.id!r} has no right answer to be scored by. XTREME's script "
                    "takes the answers out of the test sets: read the published files."
                )
        return _by_id(examples, [[text for text, _ in one.answers] for one in examples])


def _by_id(examples: Sequence[Question], values: Sequence[Value]) -> dict[str, Value]:
    names = [one.id for one in examples]
    found = dict(zip(names, values, strict=True))
    if len(found) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise ValueError(
            f"{len(names) - len(found)} of {len(names)} questions have another's id, {twice!r} "
            "first: answers are kept by id, so give each question its own."
        )
    return found
