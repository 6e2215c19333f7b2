"""What a step is: documents in, documents out; what is dropped is counted with its reason."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from erniem.corpus.document import Document, Drops, sides_of, with_sides

__all__ = ["Filter", "Rewrite", "Rule"]


class Rule(ABC):
    """A step."""

    @property
    def depends_on(self) -> tuple[str, ...]:
        """Files and folders that it reads: if one changes, it is another step."""
        return ()

    @abstractmethod
    def apply(self, documents: Iterable[Document], drops: Drops) -> Iterator[Document]:
        """The documents that go on, in their order."""


class Filter(Rule):
    """A step that keeps a document as it is, or drops it."""

    @abstractmethod
    def why_drop(self, document: Document) -> str | None:
        """Why a document is dropped, in a few words; None to keep it."""

    def apply(self, documents: Iterable[Document], drops: Drops) -> Iterator[Document]:
        """The documents that are kept."""
        for document in documents:
            reason = self.why_drop(document)
            if reason is None:
                yield document
            else:
                drops.drop(document, reason)


class Rewrite(Rule):
    """A step that changes the text of each side; a document with a side left empty is dropped."""

    @abstractmethod
    def rewritten(self, text: str) -> str:
        """The text as it should be."""

    def apply(self, documents: Iterable[Document], drops: Drops) -> Iterator[Document]:
        """The documents with their new texts."""
        for document in documents:
            before = sides_of(document)
            after = tuple(map(self.rewritten, before))
            if not all(after):
                drops.drop(document, "empty")
            else:
                yield document if after == before else with_sides(document, after)
