"""Windows: a question before as much of its context as fits, the next a stride further on.

```text
question ─▶ at most 64 pieces ─┐
context ─▶ pieces ─▶ windows ──┴─▶ [CLS] question [SEP] [SEP] window [SEP], as the tokeniser frames
answer's characters ─▶ first and last piece, in the windows that hold it whole; [CLS] in the others
```

The rules are those of SQuAD's published code, which XTREME's baselines and ERNIE-M's share, but for
two: what is a piece of an answer is told by characters, in every script, and never by words between
spaces; and windows never leave a gap, however long the question.

Letters: L tokens of a row, N tokens of a window, W windows, T tokens of a context.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int
from transformers import PreTrainedTokenizerFast

from erniem.tasks.answer.questions import Question

__all__ = ["Frame", "Window", "encode_questions", "frame_of", "most_context", "pieces_of", "starts"]

AT_ONCE = 1000
"""Texts that the tokeniser is given in one call."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """What a row of the network's holds of a context."""

    question: int
    """Number of the question."""
    first: int
    """Place of the window's first token in the row."""
    offsets: Int[np.ndarray, "N 2"]
    """First character of each token in the context, and the one after its last."""
    own: Bool[np.ndarray, " N"]
    """Which tokens have more context here than in other windows: answers begin with these."""


# Pure


def starts(tokens: int, room: int, stride: int) -> range:
    """Where the windows of a context begin, so that each token is in one.

    Args:
        tokens: of the context.
        room: tokens of a window.
        stride: from one window's beginning to the next's, as SQuAD's `doc_stride`; no more than
            `room`. (What fast tokenisers call so is the overlap.)

    Example: `(9, 6, 2)` → `[0, 2, 4]`.
    """
    step = min(stride, room)
    return range(0, max(tokens - room, 0) + step if tokens else 0, step)


def most_context(
    begins: Sequence[int], lengths: Sequence[int], tokens: int
) -> list[Bool[np.ndarray, " N"]]:
    """For each window, which of its tokens have their most context there.

    A token's context is what stands on the side where less does; then the longer window wins, a
    hundred tokens of length being worth one of context, then the first (BERT, `run_squad.py`).

    Example: windows of 4 at 0 and 2, of 6 tokens → `[1 1 1 0]`, `[0 1 1 1]`.
    """
    if not begins:
        return []
    first = np.array(begins)[:, None]
    length = np.array(lengths)[:, None]
    places = np.arange(tokens)
    context = np.minimum(places - first, first + length - 1 - places)
    best = np.where(context < 0, -1, 100 * context + length).argmax(axis=0)
    return [
        best[begin : begin + size] == number
        for number, (begin, size) in enumerate(zip(begins, lengths, strict=True))
    ]


def pieces_of(offsets: Int[np.ndarray, "T 2"], place: tuple[int, int]) -> tuple[int, int] | None:
    """The first and the last token that hold any of some characters; None if none does.

    Example: tokens of `ab cd` at `[[0, 2], [3, 5]]`, characters `(1, 4)` → `(0, 1)`.
    """
    first = int(np.searchsorted(offsets[:, 1], place[0], side="right"))
    last = int(np.searchsorted(offsets[:, 0], place[1], side="left")) - 1
    return (first, last) if first <= last else None


# Framed by the tokeniser


@dataclass(frozen=True, kw_only=True)
class Frame:
    """How a tokeniser puts two texts in one row."""

    before: list[int]
    """Special ids before the first text."""
    between: list[int]
    """Special ids between them."""
    after: list[int]
    """Special ids behind the second."""
    types: tuple[int, ...] | None
    """Token types of the five parts; None if the tokeniser gives none."""
    cls: int | None
    """Id of [CLS]; None if there is none."""

    @property
    def size(self) -> int:
        """Special tokens of a row."""
        return len(self.before) + len(self.between) + len(self.after)

    def around(self, question: list[int], context: list[int]) -> dict[str, list[int]]:
        """A row: `input_ids`, and `token_type_ids` if the tokeniser gives them."""
        parts = (self.before, question, self.between, context, self.after)
        row = {"input_ids": [one for part in parts for one in part]}
        if self.types is not None:
            typed = zip(self.types, parts, strict=True)
            row["token_type_ids"] = [kind for kind, part in typed for _ in part]
        return row

    def nowhere(self, row: dict[str, list[int]]) -> int:
        """The place that stands for no answer in a row: [CLS]'s, wherever it is, or the first."""
        ids = row["input_ids"]
        return ids.index(self.cls) if self.cls in ids else 0


def frame_of(tokenizer: PreTrainedTokenizerFast) -> Frame:
    """The frame, read off a pair of two short texts.

    Raises:
        ValueError: a tokeniser that does not put the first text first.
    """
    told = tokenizer("a", "a")
    sides = told.sequence_ids(0)
    question = [place for place, side in enumerate(sides) if side == 0]
    context = [place for place, side in enumerate(sides) if side == 1]
    if not question or not context or question[-1] > context[0]:
        raise ValueError(
            f"{type(tokenizer).__name__} frames a pair as {sides}: questions need one that puts "
            "the first text before the second."
        )
    ids = told["input_ids"]
    bounds = (0, question[0], question[-1] + 1, context[0], context[-1] + 1, len(ids))
    types = told.get("token_type_ids")
    kinds = None if types is None else [types[min(place, len(ids) - 1)] for place in bounds[:-1]]
    return Frame(
        before=ids[: bounds[1]],
        between=ids[bounds[2] : bounds[3]],
        after=ids[bounds[4] :],
        types=None if kinds is None else tuple(kinds),
        cls=tokenizer.cls_token_id,
    )


def encode_questions(
    questions: Sequence[Question],
    tokenizer: PreTrainedTokenizerFast,
    *,
    max_length: int,
    stride: int,
    max_question: int,
) -> Iterator[tuple[dict[str, Any], Window]]:
    """Rows for the network and what they hold, windows of a question in the order of its context.

    Rows of a question whose answer's place is known have `start_positions` and `end_positions`, the
    first and the last token of the answer, or [CLS] twice where the window does not hold all of it.
    A context without tokens has no window.

    Args:
        questions: with their contexts, of any length.
        tokenizer: a fast one, that frames a pair.
        max_length: tokens of a row at most, special ones counted.
        stride: see `starts`.
        max_question: tokens of a question that are read; half of the row at most.

    Raises:
        ValueError: `max_length` has no room for a question and a context, no stride.
    """
    frame = frame_of(tokenizer)
    if max_length < frame.size + 2 or stride < 1 or max_question < 1:
        raise ValueError(
            f"max_length {max_length}, stride {stride}, max_question {max_question}: the first "
            f"must be {frame.size + 2} at least, the others 1."
        )
    limit = min(max_question, (max_length - frame.size) // 2)
    asked = _ids([one.question for one in questions], tokenizer)
    contexts = _contexts(questions, tokenizer)
    for number, (one, pieces) in enumerate(zip(questions, asked, strict=True)):
        question = pieces[:limit]
        ids, offsets = contexts[one.context]
        answer = pieces_of(offsets, one.place) if one.place is not None else None
        room = max_length - frame.size - len(question)
        begins = starts(len(ids), room, stride)
        first = len(frame.before) + len(question) + len(frame.between)
        owned = most_context(begins, [min(room, len(ids) - begin) for begin in begins], len(ids))
        for begin, own in zip(begins, owned, strict=True):
            row = frame.around(question, ids[begin : begin + room])
            if answer is not None:
                row |= _labels(answer, begin, begin + len(own), first - begin, frame.nowhere(row))
            window = offsets[begin : begin + room]
            yield row, Window(question=number, first=first, offsets=window, own=own)


def _labels(
    answer: tuple[int, int], begin: int, end: int, shift: int, nowhere: int
) -> dict[str, Any]:
    """Places in the row of an answer's first and last token, if the window holds both."""
    whole = begin <= answer[0] and answer[1] < end
    places = (answer[0] + shift, answer[1] + shift) if whole else (nowhere, nowhere)
    return dict(zip(("start_positions", "end_positions"), places, strict=True))


def _ids(texts: list[str], tokenizer: PreTrainedTokenizerFast) -> Iterator[list[int]]:
    """The pieces of each text, without special ones."""
    for some in _batches(texts):
        yield from tokenizer(some, add_special_tokens=False, verbose=False)["input_ids"]


def _contexts(
    questions: Sequence[Question], tokenizer: PreTrainedTokenizerFast
) -> dict[str, tuple[list[int], Int[np.ndarray, "T 2"]]]:
    """The pieces of each distinct context and their characters; most are asked of often."""
    found = {}
    for some in _batches(list(dict.fromkeys(one.context for one in questions))):
        told = tokenizer(some, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        for text, ids, offsets in zip(some, told["input_ids"], told["offset_mapping"], strict=True):
            found[text] = (ids, np.array(offsets, dtype=np.int64).reshape(-1, 2))
    return found


def _batches(texts: list[str]) -> Iterator[list[str]]:
    """Of so many texts that what the tokeniser tells of them takes little memory."""
    return (texts[place : place + AT_ONCE] for place in range(0, len(texts), AT_ONCE))
