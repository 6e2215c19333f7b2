"""Questions with their contexts and answers, of SQuAD's JSON and of tables as the Hub has them.

```text
{"data": [{"paragraphs": [{"context", "qas": [{"id", "question", "answers"}]}]}]} ─┐
rows: id, question, context, answers ──────────────────────────────────────────────┴─▶ Question
```

A question without an answer among others with one is SQuAD 2.0's, left out and counted. Where none
has an answer, as in the test sets that XTREME's script downloads, all stay, to be answered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erniem.languages import name_of
from erniem.tasks.sources import Row, rows_of
from erniem.tasks.task import Read

__all__ = ["Question", "questions_in", "read_questions"]

IMPOSSIBLE = "question that has no answer, as SQuAD 2.0 has them"
MISPLACED = "answer that is not where its answer_start says: not learnt from, but right"


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question, the text that holds its answer, and the answer where it is known."""

    id: str
    """As the file has it."""
    question: str
    """What is asked."""
    context: str
    """Where the answer stands, character by character as in the file."""
    answers: tuple[tuple[str, int | None], ...]
    """Texts that are right, without white space at their ends, and where each begins in the
    context; None where it does not stand where the file says."""

    @property
    def place(self) -> tuple[int, int] | None:
        """First character and the one after the last of the answer to learn, the first with one."""
        placed = ((start, start + len(text)) for text, start in self.answers if start is not None)
        return next(placed, None)


def read_questions(paths: Sequence[Path], language: str, *, named_in_ids: bool = False) -> Read:
    """The questions of a split in one language, see `questions_in`.

    Args:
        paths: `.json`, `.jsonl` or `.parquet`, packed or not.
        language: its code; of a table with a column `language`, only these rows are read.
        named_in_ids: an id that begins with another language's name is passed over: TyDiQA's own
            files hold all languages, `korean-3543942044825767374-0`.

    Raises:
        ValueError: as `questions_in`.
    """
    rows = (row for path in paths for row in rows_of(path, (), language=language))
    prefix = f"{name_of(language).lower()}-" if named_in_ids else ""
    return questions_in(rows, ", ".join(map(str, paths)), prefix=prefix)


def questions_in(rows: Iterable[Row], source: str, *, prefix: str = "") -> Read:
    """The questions of rows, each of them one question, or an article of SQuAD's.

    Args:
        rows: as parsed.
        source: where they are from, for messages.
        prefix: of the ids of this language, where ids name it.

    Raises:
        ValueError: a value is missing or of another kind, an id stands twice, or no question stays.
    """
    dropped: Counter[str] = Counter()
    questions = [
        _question(flat, dropped)
        for row in rows
        for flat in _flat(row)
        if _of_language(flat, prefix) and not _impossible(flat, dropped)
    ]
    labelled = any(one.answers for one in questions)
    if labelled:
        answered = [one for one in questions if one.answers]
        dropped[IMPOSSIBLE] += len(questions) - len(answered)
        questions = answered
    if not questions:
        whose = f" whose id begins with {prefix!r}" if prefix else ""
        told = "".join(f"; {count} × {reason}" for reason, count in (+dropped).items())
        raise ValueError(f"{source}: no question to answer in it{whose}{told}. Fill it.")
    _check_ids(questions, source)
    return Read(examples=questions, labelled=labelled, dropped=dict(+dropped))


# Shapes


def _flat(row: Row) -> Iterator[Row]:
    """The questions of an article of SQuAD's, each as a row of a table; any other row as it is."""
    if "paragraphs" not in row.values:
        yield row
        return
    for number, paragraph in enumerate(_list(row, "paragraphs"), start=1):
        within = _inner(paragraph, f"{row.place}, paragraph {number}")
        for place, asked in enumerate(_list(within, "qas"), start=1):
            one = _inner(asked, f"{within.place}, question {place}")
            yield Row(place=one.place, values={**one.values, "context": within.need("context")})


def _inner(values: Any, place: str) -> Row:
    if not isinstance(values, Mapping):
        raise ValueError(f"{place} is no object with values by name, but {values!r:.40}.")
    return Row(place=place, values=values)


def _list(row: Row, name: str) -> list[Any]:
    values = row.need(name)
    if not isinstance(values, list):
        raise ValueError(f"{row.place}: {name} is no list, but {values!r:.40}.")
    return values


# One question


def _of_language(row: Row, prefix: str) -> bool:
    """Whether its id names the language, or none."""
    return not prefix or "-" not in (name := _text(row, "id")) or name.startswith(prefix)


def _impossible(row: Row, dropped: Counter[str]) -> bool:
    found = bool(row.first("is_impossible"))
    dropped[IMPOSSIBLE] += found
    return found


def _question(row: Row, dropped: Counter[str]) -> Question:
    context = _text(row, "context")
    return Question(
        id=_text(row, "id"),
        question=_text(row, "question"),
        context=context,
        answers=tuple(
            _placed(text, start, context, dropped) for text, start in _answers(row) if text.strip()
        ),
    )


def _text(row: Row, name: str) -> str:
    value = row.need(name)
    if not isinstance(value, str):
        raise ValueError(f"{row.place}: {name} is no text, but {value!r:.40}: put it in quotes.")
    return value


def _answers(row: Row) -> list[tuple[str, int]]:
    """Texts with where they begin: of a list of both together, or two lists side by side."""
    given = row.first("answers")
    if given is None:
        return []
    try:
        if isinstance(given, Mapping):
            pairs = list(zip(given["text"], given["answer_start"], strict=True))
        else:
            pairs = [(one["text"], one["answer_start"]) for one in given]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{row.place}: its answers are neither a list of objects with text and answer_start "
            f"nor an object with two lists of these of one length ({error!r})."
        ) from error
    for text, start in pairs:
        if not isinstance(text, str) or not isinstance(start, int):
            raise ValueError(
                f"{row.place}: an answer's text is {text!r:.40}, its answer_start {start!r:.40}: "
                "give a text and a whole number."
            )
    return pairs


def _placed(text: str, start: int, context: str, dropped: Counter[str]) -> tuple[str, int | None]:
    """An answer without white space at its ends, and where it begins, if it does."""
    words = text.strip()
    if start < 0 or not context.startswith(text, start):
        dropped[MISPLACED] += 1
        return words, None
    return words, start + text.index(words)


def _check_ids(questions: Sequence[Question], source: str) -> None:
    """No id stands twice.

    Bare numbers may: XTREME's script leaves no more of the ids of TyDiQA's training set. Where
    answers are kept by id, `Answer` refuses these too.
    """
    counts = Counter(one.id for one in questions)
    twice = [name for name, count in counts.items() if count > 1 and not name.isdecimal()]
    if twice:
        raise ValueError(
            f"{source}: {len(twice)} ids stand more than once, {twice[0]!r} first: an id must "
            "name one question."
        )
