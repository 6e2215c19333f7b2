"""Texts too short or too long, and words of a length that no language has."""

from dataclasses import dataclass

from erniem.corpus.steps.sides import SideFilter
from erniem.corpus.steps.words import words_between_spaces, writes_spaces

__all__ = ["Length"]


@dataclass(frozen=True, kw_only=True)
class Length(SideFilter):
    """Keeps texts of a sensible length, by characters and, where spaces are written, by words.

    Thai, Chinese, Japanese, Lao, Khmer, Burmese, Tibetan and their like are measured by characters
    alone. White space at the ends counts: `Repair` comes before.

    The rules for documents (Gopher, Rae et al. 2021, A.1.1: 50 to 100,000 words; C4, Raffel et
    al. 2020, section 2.2: lines of five words) would leave no sentence of most corpora.
    """

    least_characters: int = 3
    """Bicleaner's hard rules ask this of Chinese, Japanese and Korean. NLLB's filters have 10
    (stopes, `min_chars`), which a sentence of two Chinese words does not reach."""
    most_characters: int = 1024
    """Bicleaner's hard rules (`not_too_long`). NLLB's have 500."""
    least_words: int = 1
    """OpusFilter's `LengthFilter` (`min_length`). Bicleaner's hard rules have 3, which whole
    sentences of Turkish, Korean or Swahili do not reach."""
    most_words: int = 150
    """OpusFilter's `LengthFilter` has 100 (`max_length`), which is a third less in Vietnamese,
    that puts spaces between syllables."""
    least_mean_word: float = 1.5
    """Characters of a word, on average; finds l e t t e r s apart. OpusFilter's
    `AverageWordLengthFilter` has 2, below which good Korean sentences are; Gopher 3 (A.1.1)."""
    most_mean_word: float = 30.0
    """Finds text that has lost its spaces. OpusFilter's `AverageWordLengthFilter` has 20, which
    Malayalam sentences of one word pass; Gopher 10 (A.1.1)."""

    def why_drop_side(self, text: str, language: str) -> str | None:
        """Too short, too long, or odd words."""
        if len(text) < self.least_characters:
            return "too few characters"
        if len(text) > self.most_characters:
            return "too many characters"
        return self.why_drop_words(text) if writes_spaces(language) else None

    def why_drop_words(self, text: str) -> str | None:
        """The same by words, of a text that has spaces."""
        words = words_between_spaces(text)
        if len(words) < self.least_words:
            return "too few words"
        if len(words) > self.most_words:
            return "too many words"
        mean = sum(map(len, words)) / max(len(words), 1)
        if mean < self.least_mean_word:
            return "words too short"
        return "words too long" if mean > self.most_mean_word else None
