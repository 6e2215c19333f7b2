"""A `tokenizers.Tokenizer` that segments as ERNIE-M does: with ids of SentencePiece, and places.

```text
text ─┬▶ SentencePiece ─▶ ids                                      that is all, if no more is asked
      └▶ tokenizers ─▶ Encoding ─▶ the same ids? ─yes────────────────────────────▶ Encoding
                                       └─no─▶ exact text ─▶ pieces ─▶ parts ──────────┘
```

An encoding is made the exact way too if it has an unknown piece, or its text holds an added token,
or marks that `tokenizers` would join otherwise than SentencePiece.

Letters: n texts, T pieces of all.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int
from tokenizers import Encoding, Tokenizer

from erniem.packing import replaced
from erniem.tokenization.framing import Frame
from erniem.tokenization.normalization import SPACE, Normalizer
from erniem.tokenization.pieces import Splitter
from erniem.tokenization.segmentation import Segmentation, segmentation_named
from erniem.tokenization.vocabulary import vocabulary_of

__all__ = ["SegmentingBackend"]

Text = str | Sequence[str]
"""A text, or its words."""


REMEMBERED = 131_072
"""Words whose pieces are kept: the 10,000 of `tokenizers` are soon full in many languages."""


class Token(NamedTuple):
    """A part of a piece, the characters of the text that it came from, and the word it is in."""

    id: int
    text: str
    start: int
    end: int
    word: int


class SegmentingBackend:
    """All that a `Tokenizer` is, but `encode_batch` segments.

    Args:
        tokenizer: splits into SentencePiece's pieces.
        normalization: what happens to a text before; the tokenizer is given it too.
        segmentation: what happens to the pieces afterwards.
        unknown: the id of a piece that the vocabulary lacks.
    """

    OWN = frozenset(
        ("tokenizer", "normalization", "segmentation", "unknown", "special", "splitter")
    )

    def __init__(
        self,
        tokenizer: Tokenizer,
        normalization: Normalizer,
        segmentation: Segmentation,
        unknown: int,
    ) -> None:
        tokenizer.normalizer = normalization.backend
        tokenizer.model._resize_cache(REMEMBERED)
        self.tokenizer = tokenizer
        self.normalization = normalization
        self.segmentation = segmentation
        self.unknown = unknown
        added = tokenizer.get_added_tokens_decoder().values()
        self.special = tuple(token.content for token in added)

    @cached_property
    def splitter(self) -> Splitter:
        """SentencePiece's half, made for the first text: opening takes half the time without."""
        vocabulary = replace(vocabulary_of(self.tokenizer), special=self.special)
        return Splitter(vocabulary, self.unknown, self.normalization, self.segmentation)

    def __reduce__(self) -> tuple[Any, ...]:
        """Made again around a copy of the tokenizer."""
        return _again, (
            self.tokenizer,
            self.normalization,
            self.segmentation.name,
            self.unknown,
        )

    def __getattr__(self, name: str) -> Any:
        if name in self.OWN:
            raise AttributeError(name)
        return getattr(self.tokenizer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.OWN:
            super().__setattr__(name, value)
        else:
            setattr(self.tokenizer, name, value)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without frame."""
        rows = self.splitter.ids(texts)
        for at, row in self._with_added(texts).items():
            rows[at] = row
        return rows

    def end_to_end(
        self, texts: Sequence[str]
    ) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " n"]]:
        """The same ids, end to end, and how many each text has."""
        return replaced(*self.splitter.end_to_end(texts), self._with_added(texts))

    def _with_added(self, texts: Sequence[str]) -> dict[int, list[int]]:
        """The ids of those texts that hold an added token, by their places."""
        holds = self._holds_added()
        if not holds(SPACE.join(texts)):
            return {}
        return {
            at: [token.id for token in self._tokens(text)]
            for at, text in enumerate(texts)
            if holds(text)
        }

    def frame(self, sides: int, *, framed: bool) -> Frame:
        """What goes around a text, or around two; nothing if they are not framed."""
        first, second = (_encoding([Token(self.unknown, "", 0, 0, 0)]) for _ in range(2))
        process = self.tokenizer.post_processor.process
        return Frame(process(first, second if sides == 2 else None, framed))

    def encode_batch(
        self, inputs: Sequence[Any], is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> list[Encoding]:
        """As `Tokenizer.encode_batch`: truncated, framed, padded."""
        sides = [_sides(item, is_pretokenized) for item in inputs]
        padding = self.tokenizer.padding
        if padding:
            self.tokenizer.no_padding()  # lengths are final only below
        try:
            bare = iter(self._bare([side for each in sides for side in each], is_pretokenized))
            encodings = [
                self.tokenizer.post_process(
                    next(bare),
                    _as_second(next(bare)) if len(each) == 2 else None,
                    add_special_tokens,
                )
                for each in sides
            ]
        finally:
            if padding:
                self.tokenizer.enable_padding(**padding)
        if padding:
            _pad(encodings, **padding)
        return encodings

    def _bare(self, sides: Sequence[Text], are_words: bool) -> list[Encoding]:
        """The encodings of texts, or of words, neither truncated nor framed."""
        with _whole(self.tokenizer):
            encodings: list[Encoding] = self.tokenizer.encode_batch(
                sides, is_pretokenized=are_words, add_special_tokens=False
            )
        texts: list[Any] = [*chain.from_iterable(sides)] if are_words else [*sides]
        holds = self._holds_added()
        rows = zip(texts, self.splitter.ids(texts), strict=True)
        plain = ((text, None if holds(text) else row) for text, row in rows)
        for place, encoding in enumerate(encodings):
            parts = list(islice(plain, len(sides[place]) if are_words else 1))
            if not self._is_right(encoding, parts):
                encodings[place] = self._encoding(sides[place])
        return encodings

    def _is_right(self, encoding: Encoding, parts: list[tuple[str, list[int] | None]]) -> bool:
        """Whether an encoding has the ids of its texts, none of them unknown, and their places."""
        ids: list[int] = []
        for text, row in parts:
            if row is None or self.unknown in row or not self.normalization.is_native(text):
                return False
            ids += row
        return encoding.ids == ids

    def _encoding(self, text: Text) -> Encoding:
        """An encoding without frame, from the exact text on."""
        if isinstance(text, str):
            return _encoding(self._tokens(text))
        words = enumerate(map(self._tokens, text))
        return _encoding([token._replace(word=place) for place, word in words for token in word])

    def _tokens(self, text: str) -> list[Token]:
        """The tokens of a text, what stands between two added tokens by itself."""
        found: list[Token] = []
        done = 0
        for added in self._added(text):
            found += self._between(text, done, added.start, found)
            found.append(added._replace(word=_next_word(found)))
            done = added.end
        return found + self._between(text, done, len(text), found)

    def _added(self, text: str) -> list[Token]:
        """The added tokens of a text, as `tokenizers` finds them."""
        if not self._holds_added()(text):
            return []
        added = self.tokenizer.get_added_tokens_decoder()
        with _whole(self.tokenizer):
            raw = self.tokenizer.encode(text, add_special_tokens=False)
        found = map(Token, raw.ids, raw.tokens, *zip(*raw.offsets, strict=True), raw.word_ids)
        return [
            token
            for token in found
            if token.id in added
            and (token.id != self.unknown or token.text.strip() == added[token.id].content)
        ]

    def _holds_added(self) -> Callable[[str], bool]:
        """A function that tells whether a text holds an added token."""
        added = self.tokenizer.get_added_tokens_decoder().values()
        found = _any_of(frozenset(token.content for token in added)).search
        normalized = [token.content for token in added if token.normalized]
        if not normalized:
            return lambda text: found(text) is not None
        normal = self.normalization.backend.normalize_str
        inner = _any_of(frozenset(map(normal, normalized))).search
        return lambda text: found(text) is not None or inner(normal(text)) is not None

    def _between(self, text: str, start: int, end: int, before: list[Token]) -> list[Token]:
        """The tokens of a stretch of ordinary text."""
        _, starts, ends = self.normalization.normalize(text[start:end])
        pieces = self.splitter.pieces(text[start:end])
        found: list[Token] = []
        at, word = 0, _next_word(before) - 1
        for place, piece in enumerate(pieces):
            word += piece[0] == SPACE
            kept = at
            for part in self.splitter.parts(pieces, place):
                # All that is ever left out of a piece is the ▁ that it begins with.
                kept += not piece.startswith(part, kept - at)
                number = self.splitter.numbers.get(part, self.unknown)
                last = kept + len(part) - 1
                found.append(Token(number, part, start + starts[kept], start + ends[last], word))
                kept = last + 1
            at += len(piece)
        return found


def _again(
    tokenizer: Tokenizer, normalization: Normalizer, segmentation: str, unknown: int
) -> SegmentingBackend:
    return SegmentingBackend(tokenizer, normalization, segmentation_named(segmentation), unknown)


@contextmanager
def _whole(tokenizer: Tokenizer) -> Iterator[None]:
    """Neither cut nor padded inside, whatever the last call asked for."""
    truncation, padding = tokenizer.truncation, tokenizer.padding
    tokenizer.no_truncation()
    tokenizer.no_padding()
    try:
        yield
    finally:
        if truncation:
            tokenizer.enable_truncation(**truncation)
        if padding:
            tokenizer.enable_padding(**padding)


@lru_cache(maxsize=16)
def _any_of(contents: frozenset[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, contents)) or "(?!)")


def _next_word(tokens: list[Token]) -> int:
    return tokens[-1].word + 1 if tokens else 0


def _sides(item: Any, is_pretokenized: bool) -> tuple[Text, ...]:
    """One text or two, each a string or words."""
    if isinstance(item, str):
        return (item,)
    if is_pretokenized and (not item or isinstance(item[0], str)):
        return (item,)
    return tuple(item)


def _encoding(tokens: list[Token]) -> Encoding:
    encoding = Encoding()
    zeros = [0] * len(tokens)
    state = {
        "ids": [token.id for token in tokens],
        "type_ids": zeros,
        "tokens": [token.text for token in tokens],
        "words": [token.word for token in tokens],
        "offsets": [(token.start, token.end) for token in tokens],
        "special_tokens_mask": zeros,
        "attention_mask": [1] * len(tokens),
        "overflowing": [],
        "sequence_ranges": {},
    }
    encoding.__setstate__(json.dumps(state, ensure_ascii=False).encode())
    return encoding


def _as_second(encoding: Encoding) -> Encoding:
    """An encoding that does not say it is a first one.

    One of `tokenizers` does, and beside another in a pair it would hide whose tokens the first are.
    """
    second = Encoding()
    # Its JSON is not read, which would take as long as all else; `":` ends no string, but a name.
    second.__setstate__(RANGES.sub(rb'"sequence_ranges":{}', encoding.__getstate__()))
    return second


RANGES = re.compile(rb'"sequence_ranges":\{("\d+":\{[^{}]*\},?)*\}')


def _pad(
    encodings: list[Encoding],
    *,
    length: int | None,
    pad_to_multiple_of: int | None,
    **how: Any,
) -> None:
    """As `tokenizers` pads a batch: to a length, or to its longest."""
    longest = (
        max((len(encoding) for encoding in encodings), default=0) if length is None else length
    )
    step = pad_to_multiple_of or 1
    for encoding in encodings:
        encoding.pad(-(-longest // step) * step, **how)
