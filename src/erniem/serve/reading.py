"""Texts as rows of pieces, in one thread: a tokenizer is changed by each call, and bears no second.

Letters: N texts.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from transformers import PreTrainedTokenizerFast

from erniem.embed.rows import encoded
from erniem.serve.errors import Refusal
from erniem.serve.settings import Limits

__all__ = ["Reader", "check_texts"]

TEXTS = 256
"""Encoded at a time, so that a long request lets short ones through."""
CHARACTERS = 100_000
"""The same of long texts."""

Rows = list[list[int]]
T = TypeVar("T")


def check_texts(
    texts: Sequence[str],
    limits: Limits,
    param: str = "input",
    *,
    numbers: Sequence[int] | None = None,
) -> None:
    """Refuses texts that are too many, too long, or none.

    Args:
        texts: of a request.
        limits: how much is taken.
        param: the part of the request that they are.
        numbers: of each in that part; None: they are all of it.

    Raises:
        Refusal: 400, with the number of the text.
    """
    if not texts:
        raise Refusal(400, "no_texts", f"{param} is empty: give at least one text.", param=param)
    if len(texts) > limits.texts:
        raise Refusal(
            400,
            "too_many_texts",
            f"{param} has {len(texts):,} texts, and {limits.texts:,} are taken at once: "
            "send them in parts.",
            param=param,
        )
    for number, text in zip(_numbers(texts, numbers), texts, strict=True):
        if (wrong := _wrong(text, limits)) is not None:
            code, message = wrong
            raise Refusal(400, code, f"text {number} {message}", param=param)


def _numbers(texts: Sequence[object], given: Sequence[int] | None) -> Sequence[int]:
    return range(len(texts)) if given is None else given


def _wrong(text: str, limits: Limits) -> tuple[str, str] | None:
    """The code and the end of the message for a text that is not taken."""
    if not text.strip():
        return "empty_text", "is empty."
    if len(text) > limits.characters:
        said = f"has {len(text):,} characters, and {limits.characters:,} are taken: cut it."
        return "text_too_long", said
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return "invalid_text", f"is no Unicode: half a surrogate pair at {error.start}."
    return None


class Reader:
    """Encodes texts for the network.

    Args:
        tokenizer: is used by nobody else meanwhile.
        limit: tokens of a text at most, special ones counted.
        cut: whether to cut longer texts; they are refused otherwise.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, limit: int, *, cut: bool) -> None:
        self.tokenizer, self.limit, self.cut = tokenizer, limit, cut
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tokenizer")

    async def rows(
        self, texts: Sequence[str], *, param: str = "input", numbers: Sequence[int] | None = None
    ) -> Rows:
        """Pieces of each text, special ones around.

        Args:
            texts: any number.
            param, numbers: see `check_texts`.

        Raises:
            Refusal: 400, a text with too many.
        """
        rows: Rows = []
        numbers = _numbers(texts, numbers)
        for some in _slices(texts):
            rows += await self.call(self._rows, some, numbers[len(rows) :], param)
        return rows

    async def pairs(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        param: str = "input",
        numbers: Sequence[int] | None = None,
    ) -> Rows:
        """Pieces of two texts read together; the longer of the two is cut.

        Args:
            pairs: any number.
            param, numbers: see `check_texts`.

        Raises:
            Refusal: 400, a pair with too many.
        """
        rows: Rows = []
        numbers = _numbers(pairs, numbers)
        for first in range(0, len(pairs), TEXTS):
            some = pairs[first : first + TEXTS]
            rows += await self.call(self._pairs, some, numbers[first:], param)
        return rows

    async def call(self, function: Callable[..., T], *values: object) -> T:
        """Something else with the tokenizer, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *values)

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(cancel_futures=True)

    def _rows(self, texts: Sequence[str], numbers: Sequence[int], param: str) -> Rows:
        if self.cut:
            return encoded(self.tokenizer, texts, self.limit).rows
        rows = encoded(self.tokenizer, texts, self.limit + 1).rows  # one more, to be told of it
        for number, row in zip(numbers, rows, strict=False):
            self.check_length(len(row), number, param)
        return rows

    def _pairs(self, pairs: Sequence[tuple[str, str]], numbers: Sequence[int], param: str) -> Rows:
        rows = self.tokenizer(
            [first for first, _ in pairs],
            [second for _, second in pairs],
            truncation=self.cut,
            max_length=self.limit if self.cut else None,
            return_attention_mask=False,
            verbose=False,
        ).input_ids
        for number, row in zip(numbers, rows, strict=False):
            self.check_length(len(row), number, param)
        return rows

    def check_length(self, tokens: int, number: int, param: str) -> None:
        """Refuses a text of too many tokens.

        Raises:
            Refusal: 400.
        """
        if tokens > self.limit:
            raise Refusal(
                400,
                "context_length_exceeded",
                f"text {number} has more than the {self.limit} tokens that this model reads: cut "
                "it, or have the server cut with --cut.",
                param=param,
            )


def _slices(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts, some at a time."""
    first = size = 0
    for number, text in enumerate(texts):
        size += len(text)
        if number + 1 - first == TEXTS or size >= CHARACTERS:
            yield texts[first : number + 1]
            first, size = number + 1, 0
    if first < len(texts):
        yield texts[first:]
