"""Words of a text and the pieces that they are made of.

```text
text    Der Hund schläft.            我喜欢咖啡。
pieces  ▁Der ▁H und ▁sch läft .      ▁我 喜欢 咖啡 。
words   Der  Hund   schläft   .      我  喜欢 咖啡 。
```

A word is what stands between spaces and punctuation; where a script has no spaces, it is a piece.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex
from transformers import PreTrainedTokenizerFast

__all__ = ["Word", "words_of"]

_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_WORD = regex.compile(
    rf"(?P<unspaced>[{_UNSPACED}][{_UNSPACED}\p{{M}}ー]*)"
    rf"|[[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+"
    rf"(?:['’״׳\-·\u200c][[\p{{L}}\p{{M}}\p{{N}}]--[{_UNSPACED}]]+)*"
    r"|[^\s]",
    flags=regex.V1,
)
"""A run of a script without spaces; letters and digits, with what joins them; any other sign."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word of a text."""

    text: str
    """As it is written."""
    start: int
    """Its first character's place in the text."""
    pieces: tuple[int, ...]
    """Places of its pieces among those of the text, special ones counted if there are any."""


def words_of(tokenizer: PreTrainedTokenizerFast, text: str, *, special: bool) -> list[Word]:
    """The words of a text, in its order; each piece of text belongs to one.

    Args:
        tokenizer: gives the pieces and their characters.
        text: a sentence.
        special: count special tokens among the pieces, as the encoder reads them.

    Example: with pieces `▁Der ▁H und` → words `Der` of piece 0 and `Hund` of pieces 1 and 2.
    """
    spans = _spans(tokenizer, text, special)
    starts = sorted(_starts(text, list(spans.values())))
    words = []
    for start, end in pairwise([*starts, len(text)]):
        pieces = tuple(place for place, (first, _) in spans.items() if start <= first < end)
        if pieces:
            words.append(Word(text=text[start:end].strip(), start=start, pieces=pieces))
    return words


def _spans(
    tokenizer: PreTrainedTokenizerFast, text: str, special: bool
) -> dict[int, tuple[int, int]]:
    """Characters of each piece of text, without the spaces around them."""
    found = tokenizer(
        text,
        add_special_tokens=special,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        verbose=False,
    )
    spans = {}
    for place, (start, end) in enumerate(found.offset_mapping):
        part = text[start:end]
        # [UNK] may be marked as special where it stands for text: those have characters.
        if found.special_tokens_mask[place] and not part:
            continue
        begin = start + len(part) - len(part.lstrip())
        spans[place] = (min(begin, max(start, end - 1)), end)
    return spans


def _starts(text: str, pieces: Sequence[tuple[int, int]]) -> set[int]:
    """Where words begin: never inside a piece."""
    starts: set[int] = set()
    for match in _WORD.finditer(text):
        starts.add(match.start())
        if match["unspaced"]:
            starts |= {first for first, _ in pieces if match.start() < first < match.end()}
    inside = {place for first, end in pieces for place in range(first + 1, end)}
    return starts - inside
