"""Texts that are no prose by their characters: digits, marks, symbols, capitals."""

import re
from dataclasses import dataclass

from erniem.corpus.steps.kinds import Kinds, kinds_of
from erniem.corpus.steps.sides import SideFilter
from erniem.corpus.steps.words import num_words

__all__ = ["Symbols"]

_FEW = 2
"""So many hashes and ellipses are always allowed: a sentence has fewer words than a document."""
_ELLIPSIS = re.compile(r"…+|\.{3,}")


@dataclass(frozen=True, kw_only=True)
class Symbols(SideFilter):
    """Drops what has too few letters, too many of other characters, or capitals only.

    Shares are of the characters that are no white space. Vowel signs and other combining marks are
    letters; an ideograph, kana or syllable of Hangul is two; the dots between Tibetan syllables
    and Ethiopic words are white space. So the shares are as just to one script as to another.
    """

    least_letters: float = 0.5
    """Share of letters. OpusFilter's `AlphabetRatioFilter` has 0.75, Bicleaner's hard rules 0.1
    (`no_only_symbols`). A text without a letter is dropped whatever this is."""
    most_digits: float = 0.2
    """Share of digits: NLLB's filters (stopes, `max_number_ratio`). Bicleaner's have 0.5."""
    most_punctuation: float = 0.3
    """Share of punctuation. NLLB's filters have 0.2 (`max_punct_ratio`, of all characters), which
    short direct speech passes with its quotes."""
    most_symbols: float = 0.1
    """Share of symbols, of mathematics, money, emoji: NLLB's filters (`max_emoji_ratio`)."""
    most_hashes: float = 0.1
    """`#` by words, if there are more than two: Gopher (Rae et al. 2021, appendix A.1.1)."""
    most_ellipses: float = 0.1
    """`…` and `...` by words, if there are more than two: Gopher too."""
    least_capitals: int = 10
    """Texts of capitals alone are dropped if they have so many: fewer are a name or a sign. Ours,
    after Bicleaner's `no_titles`; scripts without capitals, and texts that are mostly of one, such
    as Japanese with an abbreviation, are never touched."""

    def why_drop_side(self, text: str, language: str) -> str | None:
        """The first of its settings that a text offends."""
        kinds = kinds_of(text)
        if kinds.broken:
            return "broken characters"
        if not kinds.letters:
            return "no letter"
        if kinds.letters < kinds.seen:
            reason = self._why_drop_kinds(kinds) or self._why_drop_marks(text, language)
            if reason is not None:
                return reason
        return "capitals only" if self._shouts(text, kinds.letters) else None

    def _why_drop_kinds(self, kinds: Kinds) -> str | None:
        seen = kinds.seen
        if kinds.letters < self.least_letters * seen:
            return "too few letters"
        if kinds.digits > self.most_digits * seen:
            return "too many digits"
        if kinds.marks > self.most_punctuation * seen:
            return "too much punctuation"
        return "too many symbols" if kinds.symbols > self.most_symbols * seen else None

    def _why_drop_marks(self, text: str, language: str) -> str | None:
        hashes, ellipses = text.count("#"), len(_ELLIPSIS.findall(text))
        if hashes > _FEW and hashes > self.most_hashes * num_words(text, language):
            return "too many hashes"
        if ellipses > _FEW and ellipses > self.most_ellipses * num_words(text, language):
            return "too many ellipses"
        return None

    def _shouts(self, text: str, letters: int) -> bool:
        if not text.isupper():  # true of Japanese around one Latin capital, so count
            return False
        capitals = sum(map(str.isupper, text))
        return capitals >= self.least_capitals and capitals > letters / 2
