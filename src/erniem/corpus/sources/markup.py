"""XML read piece by piece: the texts of some elements, without the mark-up inside them.

Nothing outside the file is fetched, whatever its DTD says, and a file that declares entities is
refused (defusedxml).
"""

from collections.abc import Iterator
from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_external_ges
from xml.sax.xmlreader import AttributesImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from erniem.corpus.sources.lines import LONGEST
from erniem.corpus.sources.opened import opened
from erniem.corpus.sources.paired import one_line

__all__ = ["Marked", "parsed"]

CHUNK = 2**16
"""Bytes at a time."""


class Marked(ContentHandler):
    """Follows a file's elements; what a unit of it is, a format says by the three methods."""

    holders: frozenset[str]
    """Elements whose text is wanted."""
    native: frozenset[str]
    """Elements inside them that hold another format's code, which is no text."""

    def __init__(self) -> None:
        super().__init__()
        self.units: list[Any] = []
        self._text: list[str] | None = None
        self._size = 0
        self._inside_native = 0

    def begins(self, name: str, attributes: AttributesImpl) -> None:
        """An element begins that is not inside a text."""

    def ends(self, name: str) -> None:
        """An element ends that is not inside a text."""

    def has_text(self, name: str, text: str) -> None:
        """A text ends."""

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """As SAX calls it."""
        name = name.rpartition(":")[2]
        if self._text is None:
            self.begins(name, attrs)
            if name in self.holders:
                self._text, self._size = [], 0
        elif self._inside_native or name in self.native:
            self._inside_native += 1

    def characters(self, content: str) -> None:
        """As SAX calls it; a text that is too long is not held whole, and dropped later."""
        if self._text is not None and not self._inside_native and self._size <= LONGEST:
            self._text.append(content)
            self._size += len(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        """As SAX calls it."""
        name = name.rpartition(":")[2]
        if self._inside_native:
            self._inside_native -= 1
        elif self._text is None:
            self.ends(name)
        elif name in self.holders:
            text, self._text = one_line("".join(self._text)), None
            self.has_text(name, text)

    def skippedEntity(self, name: str) -> None:  # noqa: N802
        """As SAX calls it for what only a DTD elsewhere declares."""
        raise SAXException(f"&{name}; is declared outside the file, which is never fetched")


def parsed(path: str, handler: Marked) -> Iterator[Any]:
    """The units that a handler makes of a file.

    Raises:
        ValueError: the file cannot be read, is not well-formed, or declares entities.
    """
    # The reference to a DTD is passed over; entities, from outside too, are forbidden by default.
    parser = DefusedExpatParser(forbid_external=False)
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(handler)
    some = False
    with opened(path) as file:
        while chunk := file.read(CHUNK):
            some = True
            _feed(parser, chunk, path)
            yield from handler.units
            handler.units.clear()
    if not some:
        raise ValueError(f"{path} is empty: fill it or take it away.")
    _feed(parser, None, path)


def _feed(parser: Any, chunk: bytes | None, path: str) -> None:
    try:
        if chunk is None:
            parser.close()
        else:
            parser.feed(chunk)
    except DefusedXmlException as error:
        raise ValueError(
            f"{path}, line {parser.getLineNumber()}: declares the entity {error.name!r}; entities "
            "are never resolved: write what they stand for, and take the declaration away."
        ) from error
    except SAXParseException as error:
        raise ValueError(
            f"{path}, line {error.getLineNumber()}: {error.getMessage()}; the XML is cut short or "
            "not well-formed: fetch it again or mend it."
        ) from error
    except (SAXException, LookupError, ValueError) as error:
        raise ValueError(
            f"{path}, line {parser.getLineNumber()}: {error}: convert it to plain UTF-8."
        ) from error
