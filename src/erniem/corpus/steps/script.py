"""Texts in another script than their language's."""

from dataclasses import dataclass

from erniem.corpus.document import Document, languages_of, sides_of
from erniem.corpus.steps.rule import Filter
from erniem.writing import script_share

__all__ = ["Script"]


@dataclass(frozen=True, kw_only=True)
class Script(Filter):
    """Drops texts of whose letters too few are in the scripts of their language.

    OpusFilter's `CharacterScoreFilter` asks for all letters (Aulamo et al., 2020, section 3); names
    of products and people, formulas and quotations stay in their own script in honest text, so a
    third is asked here: half would drop one pair in a hundred of manuals, nearly all of them good.
    Letters that belong to no script of their own (`ー`, `ʼ`) count for neither. A language whose
    scripts are not known passes.
    """

    least: float = 1 / 3
    """Smallest share of the letters."""

    def __post_init__(self) -> None:
        """Raises ValueError: a share outside 0 to 1."""
        if not 0 <= self.least <= 1:
            raise ValueError(f"A share is between 0 and 1, not {self.least}.")

    def why_drop(self, document: Document) -> str | None:
        """`another script`, or None."""
        for text, code in zip(sides_of(document), languages_of(document), strict=True):
            if script_share(text, code) < self.least:
                return "another script"
        return None
