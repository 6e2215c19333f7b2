"""Pairs whose sides differ too much in length to be translations of each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from erniem.corpus.document import Document, is_pair, languages_of, sides_of
from erniem.corpus.steps.rule import Filter
from erniem.writing import CHARACTERS, is_spaced

__all__ = ["LengthRatio"]


@dataclass(frozen=True, kw_only=True)
class LengthRatio(Filter):
    """Drops pairs whose longer side is more than so many times the shorter, by characters or words.

    Gale and Church (1993, section 2.2) found that a translation's length varies with the length of
    the text, so that a ratio says little of a short one: both lengths are first made longer by an
    allowance. Characters count by how many a language needs (NLLB's length factors; NLLB Team,
    2022, section 5); words only where both languages put spaces between them.

    Default: 3, as Bicleaner's hard rule `length_ratio` (Ramírez-Sánchez et al., 2020, section 2,
    and the programme's defaults). OpusFilter's examples take 3 too (Aulamo et al., 2020, section
    3), stopes' of NLLB 9.
    """

    most: float = 3.0
    """Largest ratio of lengths, the longer side by the shorter."""
    allowance: int = 10
    """Characters by which both sides are made longer first."""
    word_allowance: int = 3
    """Words by which both sides are made longer first."""
    characters: Mapping[str, float] = field(default_factory=lambda: dict(CHARACTERS))
    """Characters of a language for one of English; 1 for a language that is not named."""

    def __post_init__(self) -> None:
        """Raises ValueError: a ratio below 1, or a factor that is not positive."""
        if self.most < 1:
            raise ValueError(f"A ratio of lengths is 1 or more, not {self.most}.")
        for code, factor in self.characters.items():
            if factor <= 0:
                raise ValueError(
                    f"Characters for one of English are above 0, not {factor} ({code})."
                )

    def why_drop(self, document: Document) -> str | None:
        """`lengths differ`, or None."""
        if not is_pair(document):
            return None
        one, other = sides_of(document)
        codes = languages_of(document)
        first, second = (
            len(text) / self.characters.get(code, 1.0)
            for text, code in zip((one, other), codes, strict=True)
        )
        if self._differ(first, second, self.allowance):
            return "lengths differ"
        if all(map(is_spaced, codes)) and self._differ(
            len(one.split()), len(other.split()), self.word_allowance
        ):
            return "lengths differ"
        return None

    def _differ(self, first: float | int, second: float | int, allowance: int) -> bool:
        short, long = sorted((first, second))
        return long + allowance > self.most * (short + allowance)
