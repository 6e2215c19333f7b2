"""From text to the characters that are split: exact, with the part of the text each one came from.

`tokenizers` reads the same rules as SentencePiece, but by grapheme, where SentencePiece takes the
longest rule that fits. Without marks that join letters the two are the same: `Normalizer.is_native`
says whether they are for a text, and `Normalizer.normalize` is SentencePiece's own answer.
"""

import json
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2
from tokenizers import normalizers

__all__ = ["SPACE", "Normalized", "Normalizer", "charsmap_of"]

SPACE = "▁"
CLEANED = ("Cc", "Cf", "Zs")
"""Categories of what becomes a space or nothing."""
ASCII = {"“": '"', "”": '"', "‘": "'", "’": "'", "—": "-"}
JOINING = (
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e"  # signs that stand before what they join
    "\u0e33\u0eb3\u1100-\u11ff\u200c\u200d\u3131-\u318e\ua960-\ua97c\ud7b0-\ud7fb\uff9e-\uffdc"
    "\U00010000-\U0010ffff"  # one range: many beyond 16 bits make a search slow
)
"""What joins characters to a grapheme and is no mark by its category."""


class Normalized(NamedTuple):
    """A normalised text, and the part of the text that each of its characters came from."""

    text: str
    """The characters, a `SPACE` before each word."""
    starts: list[int]
    ends: list[int]


class Normalizer:
    """What happens to a text before it is split.

    Args:
        charsmap: the compiled rules of a SentencePiece model; empty for none.
        clean: curly quotes and dashes to ASCII, control characters dropped, before the rules.
        lower: every character by itself in lower case, before all else.
    """

    def __init__(self, charsmap: bytes, *, clean: bool = False, lower: bool = False) -> None:
        self.charsmap, self.clean, self.lower = charsmap, clean, lower
        spec = sentencepiece_model_pb2.NormalizerSpec(  # type: ignore[attr-defined]
            precompiled_charsmap=charsmap
        )
        self._changes = _Changes(clean=clean, lower=lower)
        self._rules = spm.SentencePieceNormalizer(normalizer_spec=spec)
        self._drops = cache(self._is_nothing)
        self.backend = _backend(charsmap, clean=clean, lower=lower)
        """The same for `tokenizers`; see `is_native`."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Made again from its arguments: neither library's half is copied."""
        return _again, (self.charsmap, self.clean, self.lower)

    def changed(self, text: str) -> str:
        """The text that SentencePiece is given: in lower case, cleaned, or as it is."""
        if self.lower or (self.clean and _unclean().search(text)):
            return text.translate(self._changes)
        return text

    def all_changed(self, texts: Iterable[str]) -> list[str]:
        """The same for many texts, at half the price."""
        if self.lower or not self.clean:
            return list(map(self.changed, texts))
        changes, is_unclean = self._changes, _unclean().search
        return [text.translate(changes) if is_unclean(text) else text for text in texts]

    def is_native(self, text: str) -> bool:
        """Whether `tokenizers` normalises this text as SentencePiece does, places and all."""
        if "\0" in text or SPACE in text:
            return False
        if self._drops(text[:1]):
            return False  # what is dropped at the beginning stays in the place of what follows
        if text.isascii():
            return True
        joining = _joining()
        if joining.search(text) is None:
            return True
        changed = self.changed(text)
        normalized = self._rules.normalize(changed)
        if normalized == SPACE + text.replace(" ", SPACE):
            return True
        # Composed characters get other places than in `tokenizers`: then a mark is gone.
        return joining.findall(normalized) == joining.findall(changed) and (
            normalized == SPACE + SPACE.join(self.backend.normalize_str(text).split(" "))
        )

    def _is_nothing(self, char: str) -> bool:
        """Whether a character alone is dropped; white space is."""
        return char != "" and not self._rules.normalize(char.translate(self._changes))

    def normalize(self, text: str) -> Normalized:
        """The normalised text; a `SPACE` is in the place of the character that follows.

        Example: `"a ﬁ"` → `▁a▁fi`, starts 0 0 2 2 2, ends 1 1 3 3 3.
        """
        changed = self.changed(text)
        normalized, starts = self._rules.normalize(changed, with_offsets=True)
        ends = starts[1:]
        for at in reversed(range(len(normalized))):
            if normalized[at] == SPACE and at + 1 < len(normalized):
                starts[at], ends[at] = starts[at + 1], ends[at + 1]
            elif starts[at] == ends[at]:
                ends[at] = ends[at + 1]
            # SentencePiece counts what the rules drop to the character before.
            while ends[at] - starts[at] > 1 and self._drops(changed[ends[at] - 1]):
                ends[at] -= 1
        if changed != text:
            places = [at for at, char in enumerate(text) for _ in char.translate(self._changes)]
            starts = [places[start] for start in starts[: len(normalized)]]
            ends = [places[end - 1] + 1 for end in ends]
        return Normalized(normalized, starts, ends)


def charsmap_of(normalizer: normalizers.Normalizer | None) -> bytes:
    """The rules of a vocabulary in a normaliser of `tokenizers`: the charsmap that is not ours."""
    if normalizer is None:
        return b""
    state = json.loads(normalizer.__getstate__())
    steps = state["normalizers"] if state["type"] == "Sequence" else [state]
    for step in steps:
        if step["type"] == "Precompiled":
            charsmap = b64decode(step["precompiled_charsmap"])
            if charsmap != _cleaning_charsmap():
                return charsmap
    return b""


def _again(charsmap: bytes, clean: bool, lower: bool) -> Normalizer:
    return Normalizer(charsmap, clean=clean, lower=lower)


def _backend(charsmap: bytes, *, clean: bool, lower: bool) -> normalizers.Normalizer:
    steps: list[normalizers.Normalizer] = []
    if lower:
        steps.append(normalizers.Lowercase())
    if clean:
        steps.append(normalizers.Precompiled(_cleaning_charsmap()))
    if charsmap:
        steps.append(normalizers.Precompiled(charsmap))
    return normalizers.Sequence(steps)


class _Changes(dict[int, str]):
    """A table for `str.translate`, that learns characters as they come."""

    def __init__(self, *, clean: bool, lower: bool) -> None:
        super().__init__()
        self.clean, self.lower = clean, lower

    def __missing__(self, code: int) -> str:
        char = chr(code).lower() if self.lower else chr(code)
        self[code] = "".join(map(_cleaned, char)) if self.clean else char
        return self[code]


@cache
def _cleaned(char: str) -> str:
    """As the authors' code cleans: quotes, dash, control characters, white space."""
    category = unicodedata.category(char)
    if char in "\t\n\r" or category == "Zs":
        return " "
    return "" if category in CLEANED else ASCII.get(char, char)


@cache
def _cleaning_charsmap() -> bytes:
    """The cleaning, compiled. NUL cannot stand in a rule: `Normalizer.is_native` knows."""
    rules = [(char, _cleaned(char)) for char in _to_clean() if char != "\0"]
    spm.set_min_log_level(2)
    spec = spm.SentencePieceNormalizer(norm_map=rules).serialized_normalizer_spec()
    proto = sentencepiece_model_pb2.NormalizerSpec.FromString(spec)  # type: ignore[attr-defined]
    return bytes(proto.precompiled_charsmap)


@cache
def _unclean() -> re.Pattern[str]:
    """Any character that may be cleaned."""
    found = [char for char in _to_clean() if char < "\U00010000"]
    return re.compile(f"[{_ranges(found)}\U00010000-\U0010ffff]")


@cache
def _to_clean() -> list[str]:
    """The characters that are not left as they are, in order."""
    planes = (*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE1000))
    category = unicodedata.category  # by itself: `_cleaned` of each would take ten times as long
    some = [char for char in map(chr, planes) if char in ASCII or category(char) in CLEANED]
    return [char for char in some if _cleaned(char) != char]


@cache
def _joining() -> re.Pattern[str]:
    """Any character that may make a grapheme with another, or compose with it."""
    # What this Python's Unicode does not know yet may be a mark in that of `tokenizers`.
    marks = [
        char
        for char in map(chr, range(0x300, 0x10000))
        if unicodedata.category(char) in ("Mn", "Mc", "Me", "Cn")
    ]
    return re.compile(f"[{JOINING}{_ranges(marks)}]")


def _ranges(chars: list[str]) -> str:
    """Characters in order, as inside the brackets of a regular expression."""
    runs = groupby(enumerate(chars), key=lambda pair: ord(pair[1]) - pair[0])
    groups = ([char for _, char in run] for _, run in runs)
    return "".join(f"{re.escape(group[0])}-{re.escape(group[-1])}" for group in groups)
