"""A `tokenizers.Tokenizer` that segments as ERNIE-M does: fast for all that it splits right alone.

```text
text ─▶ tokenizers ─▶ Encoding ─▶ right already? ─yes──────────────────────────▶ Encoding
                                       └─no─▶ exact text ─▶ pieces ─▶ parts ─────────┘
```

Not right are an encoding with a piece that the segmentation splits, or with an unknown one, and a
text whose marks `tokenizers` would join otherwise than SentencePiece.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tokenizers import Encoding, Tokenizer

from erniem.tokenization.normalization import SPACE, Normalizer
from erniem.tokenization.segmentation import Segmentation, segmentation_named

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
        ("tokenizer", "normalization", "segmentation", "unknown", "suspects", "model", "vocabulary")
    )

    def __init__(
        self,
        tokenizer: Tokenizer,
        normalization: Normalizer,
        segmentation: Segmentation,
        unknown: int,
    ) -> None:
        tokenizer.normalizer = normalization.backend
        self.tokenizer = tokenizer
        self.normalization = normalization
        self.segmentation = segmentation
        self.unknown = unknown
        self.model = tokenizer.model
        self.model._resize_cache(REMEMBERED)
        self.vocabulary: dict[str, int] = tokenizer.get_vocab(with_added_tokens=False)
        changing = (
            self.vocabulary[piece]
            for piece in segmentation.suspects(self.vocabulary)
            if piece in self.vocabulary
        )
        self.suspects = frozenset((*changing, unknown))
        """Ids that may not stay as they are."""

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

    def encode_batch(
        self, inputs: Sequence[Any], is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> list[Encoding]:
        """As `Tokenizer.encode_batch`: truncated, framed, padded."""
        padding = self.tokenizer.padding
        if padding:
            self.tokenizer.no_padding()  # lengths are final only below
        try:
            encodings: list[Encoding] = self.tokenizer.encode_batch(
                inputs, is_pretokenized=is_pretokenized, add_special_tokens=add_special_tokens
            )
            for place, encoding in enumerate(encodings):
                if not self._is_right(inputs[place], encoding):
                    sides = _sides(inputs[place], is_pretokenized)
                    encodings[place] = self._exact(sides, add_special_tokens)
        finally:
            if padding:
                self.tokenizer.enable_padding(**padding)
        if padding:
            _pad(encodings, **padding)
        return encodings

    def _is_right(self, text: Any, encoding: Encoding) -> bool:
        if not self.suspects.isdisjoint(encoding.ids):
            return False
        if isinstance(text, str):
            if not self.normalization.is_native(text):
                return False
        elif not all(map(self.normalization.is_native, _strings(text))):
            return False
        return not self.tokenizer.truncation or all(
            self.suspects.isdisjoint(more.ids) for more in encoding.overflowing
        )

    def _exact(self, sides: Sequence[Text], add_special_tokens: bool) -> Encoding:
        first, *second = map(self._encoding, sides)
        pair = second[0] if second else None
        return self.tokenizer.post_process(first, pair, add_special_tokens)

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
        added = self.tokenizer.get_added_tokens_decoder()
        if not any(token.normalized or token.content in text for token in added.values()):
            return []
        truncation = self.tokenizer.truncation
        self.tokenizer.no_truncation()
        raw = self.tokenizer.encode(text, add_special_tokens=False)
        if truncation:
            self.tokenizer.enable_truncation(**truncation)
        found = map(Token, raw.ids, raw.tokens, *zip(*raw.offsets, strict=True), raw.word_ids)
        return [
            token
            for token in found
            if token.id in added
            and (token.id != self.unknown or token.text.strip() == added[token.id].content)
        ]

    def _between(self, text: str, start: int, end: int, before: list[Token]) -> list[Token]:
        """The tokens of a stretch of ordinary text."""
        normalized, starts, ends = self.normalization.normalize(text[start:end])
        pieces = list(self._pieces(normalized))
        found: list[Token] = []
        at, word = 0, _next_word(before) - 1
        for place, piece in enumerate(pieces):
            word += piece[0] == SPACE
            kept = at
            for part in self._parts(pieces, place):
                # All that is ever left out of a piece is the ▁ that it begins with.
                kept += not piece.startswith(part, kept - at)
                number = self.vocabulary.get(part, self.unknown)
                last = kept + len(part) - 1
                found.append(Token(number, part, start + starts[kept], start + ends[last], word))
                kept = last + 1
            at += len(piece)
        return found

    def _parts(self, pieces: Sequence[str], at: int) -> Sequence[str]:
        if self.vocabulary.get(pieces[at], self.unknown) not in self.suspects:
            return (pieces[at],)
        return self.segmentation.parts(pieces, at, self._encode)

    def _encode(self, text: str) -> list[str]:
        return list(self._pieces(SPACE + text))

    def _pieces(self, normalized: str) -> Iterator[str]:
        """The pieces of a normalised text, unknown characters in a row as one."""
        for word in normalized.split(SPACE)[1:]:
            for token in self.model.tokenize(SPACE + word):
                yield token.value


def _again(
    tokenizer: Tokenizer, normalization: Normalizer, segmentation: str, unknown: int
) -> SegmentingBackend:
    return SegmentingBackend(tokenizer, normalization, segmentation_named(segmentation), unknown)


def _next_word(tokens: list[Token]) -> int:
    return tokens[-1].word + 1 if tokens else 0


def _sides(item: Any, is_pretokenized: bool) -> tuple[Text, ...]:
    """One text or two, each a string or words."""
    if isinstance(item, str):
        return (item,)
    if is_pretokenized and (not item or isinstance(item[0], str)):
        return (item,)
    return tuple(item)


def _strings(item: Any) -> Iterator[str]:
    if isinstance(item, str):
        yield item
    else:
        for part in item:
            yield from _strings(part)


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
