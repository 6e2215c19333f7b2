"""Texts in another script than their language's."""

from dataclasses import dataclass
from functools import cache

import regex

from erniem.corpus.document import Document, languages_of, sides_of
from erniem.corpus.steps.rule import Filter
from erniem.writing import scripts_of

__all__ = ["Script", "script_share"]


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


def script_share(text: str, code: str) -> float:
    """Share of a text's letters that are in its language's scripts; 1 without any letter.

    Example: `script_share("Wi-Fi сеть", "ru")` → `0.5`.
    """
    scripts = scripts_of(code)
    if "Latin" in scripts and text.isascii():  # most lines of most corpora, at no cost
        return 1.0
    ours, foreign = _letters(scripts)
    others = _count(foreign, text)
    if not others:
        return 1.0
    own = _count(ours, text)
    return own / (own + others)


@cache
def _letters(scripts: tuple[str, ...]) -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    """Runs of letters in the scripts, and in any other; without scripts no letter is foreign."""
    if not scripts:
        return regex.compile(r"\p{L}+"), regex.compile(r"(?!)")
    named = "".join(rf"\p{{Script={script}}}" for script in scripts)
    own = regex.compile(rf"(?V1)[\p{{L}}&&[{named}]]+")
    return own, regex.compile(
        rf"(?V1)[\p{{L}}--[{named}\p{{Script=Common}}\p{{Script=Inherited}}]]+"
    )


def _count(letters: regex.Pattern[str], text: str) -> int:
    return sum(map(len, letters.findall(text)))
