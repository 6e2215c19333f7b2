"""Texts that stand in an evaluation set, and must not be trained on."""

from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from unicodedata import normalize
from zlib import crc32

import numpy as np
import regex
from jaxtyping import UInt8, UInt64

from erniem.corpus.document import Document, sides_of
from erniem.corpus.steps.evaluation import KEYS, texts_in
from erniem.corpus.steps.rule import Filter

__all__ = ["Fingerprints", "Unseen", "read_fingerprints"]

WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
UNSPACED = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}"
    r"\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]"
)
LONGEST = 128
FACTORS = np.random.default_rng(13).integers(1, 2**64, LONGEST, np.uint64) | np.uint64(1)
"""Of the places of a sequence: odd, drawn once and for all."""


@dataclass(frozen=True, kw_only=True)
class Unseen(Filter):
    """Drops what stands in evaluation sets: whole, or with a long enough stretch in common.

    Whole: equal after NFKC, in letters and digits alone, whatever the case. A stretch: one sequence
    of 13 words, as GPT-3 was cleaned (Brown et al., 2020, appendix C, which allows 8 to 13;
    datatrove's decontamination takes 12). Where no spaces stand between words, 26 letters, a
    Chinese or Japanese word having about two. A text that is shorter is only compared whole.

    Both sides of a pair are looked at. A process reads the sets once, when the first text comes,
    and keeps eight bytes and one of each text and stretch.
    """

    sets: tuple[str, ...]
    """Files or folders of evaluation sets, such as `xtreme/xnli`; the last part is the name."""
    words: int = 13
    """Words of a stretch."""
    characters: int = 26
    """Letters and digits of a stretch, where no spaces stand between words."""

    def __post_init__(self) -> None:
        """Raises ValueError: no set, or a stretch of no sensible length."""
        if not self.sets:
            raise ValueError("No evaluation set is named: give `sets`, or leave this step out.")
        for size in (self.words, self.characters):
            if not 2 <= size <= LONGEST:
                raise ValueError(f"A stretch has 2 to {LONGEST} words or letters, not {size}.")

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The sets."""
        return self.sets

    def why_drop(self, document: Document) -> str | None:
        """`stands in xnli`, or None."""
        known = read_fingerprints(self.sets, self.words, self.characters)
        for text in sides_of(document):
            if (name := known.find(text)) is not None:
                return f"stands in {name}"
        return None


@dataclass(frozen=True, kw_only=True)
class Fingerprints:
    """64-bit hashes of texts and of their stretches, in order."""

    keys: UInt64[np.ndarray, " K"]
    """The hashes."""
    owners: UInt8[np.ndarray, " K"]
    """The set that each came from first."""
    names: tuple[str, ...]
    """Names of the sets."""
    words: int
    """Words of a stretch."""
    characters: int
    """Letters of a stretch."""

    def find(self, text: str) -> str | None:
        """The name of a set that a text, or a stretch of it, stands in."""
        sought = _keys(text, self.words, self.characters)
        at = np.searchsorted(self.keys, sought)
        at[at == len(self.keys)] = 0
        (found,) = np.nonzero(self.keys[at] == sought)
        return self.names[self.owners[at[found[0]]]] if len(found) else None


@cache
def read_fingerprints(sets: tuple[str, ...], words: int, characters: int) -> Fingerprints:
    """Reads evaluation sets; once a process.

    Raises:
        ValueError: more than 255 sets, or one that cannot be read or has no text.
    """
    if len(sets) > 255:
        raise ValueError(f"{len(sets)} evaluation sets are too many: name folders above them.")
    paths = [Path(each) for each in sets]
    keys = [_all_keys(path, words, characters) for path in paths]
    together, first = np.unique(np.concatenate(keys), return_index=True)
    owners = np.repeat(np.arange(len(keys), dtype=np.uint8), [len(each) for each in keys])
    return Fingerprints(
        keys=together,
        owners=owners[first],
        names=tuple(path.name.split(".")[0] for path in paths),
        words=words,
        characters=characters,
    )


def _all_keys(path: Path, words: int, characters: int) -> UInt64[np.ndarray, " K"]:
    found = [_keys(text, words, characters) for text in texts_in(path)]
    if not any(map(len, found)):
        raise ValueError(
            f"{path} has no text of an evaluation set: fill it, or leave it out; of JSON, "
            f"{', '.join(KEYS)} are read."
        )
    return np.unique(np.concatenate(found))


def _keys(text: str, words: int, characters: int) -> UInt64[np.ndarray, " K"]:
    """Hashes of the whole text and of each stretch; none without letters and digits."""
    parts = WORD.findall(normalize("NFKC", text).casefold())
    whole = "".join(parts)
    if not whole:
        return np.zeros(0, np.uint64)
    key = np.frombuffer(blake2b(whole.encode("utf-8", "replace"), digest_size=8).digest(), "<u8")
    if len(whole) >= characters and 2 * len(UNSPACED.findall(whole)) > len(whole):
        codes = np.frombuffer(whole.encode("utf-32-le", "replace"), "<u4").astype(np.uint64)
        return np.concatenate([key, _stretches(codes, characters)])
    if len(parts) >= words:
        codes = np.array([crc32(word.encode("utf-8", "replace")) for word in parts], np.uint64)
        return np.concatenate([key, _stretches(codes, words)])
    return key.astype(np.uint64)


def _stretches(codes: UInt64[np.ndarray, " L"], size: int) -> UInt64[np.ndarray, " K"]:
    """A hash of each run of so many codes."""
    return np.convolve(codes, FACTORS[:size], "valid")
