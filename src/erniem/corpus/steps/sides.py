"""A filter that judges a text by itself: a sentence, or either side of a pair."""

from abc import abstractmethod

from erniem.corpus.document import Document, languages_of, sides_of
from erniem.corpus.steps.rule import Filter

__all__ = ["SideFilter"]


class SideFilter(Filter):
    """A filter that looks at each side alone: a pair goes as soon as one of its sides would."""

    @abstractmethod
    def why_drop_side(self, text: str, language: str) -> str | None:
        """Why a text of this language is dropped, in a few words; None to keep it."""

    def why_drop(self, document: Document) -> str | None:
        """The reason of the first side that has one."""
        for text, language in zip(sides_of(document), languages_of(document), strict=True):
            reason = self.why_drop_side(text, language)
            if reason is not None:
                return reason
        return None
