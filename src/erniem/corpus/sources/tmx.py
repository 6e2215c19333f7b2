"""TMX, the exchange format of translation memories, of any version; also OPUS' `.tmx.gz`."""

from collections.abc import Iterator, Mapping
from xml.sax.xmlreader import AttributesImpl

from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.codes import known_code
from erniem.corpus.sources.markup import Marked, parsed
from erniem.corpus.sources.paired import pair_of
from erniem.corpus.sources.source import Source

__all__ = ["read_tmx"]


class _Memory(Marked):
    """Units are the texts of a `tu` by language; of several in one language the first."""

    holders = frozenset({"seg"})
    native = frozenset({"bpt", "ept", "it", "ph", "ut"})

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[str, str] = {}
        self._tag = ""

    def begins(self, name: str, attributes: AttributesImpl) -> None:
        """Notes the language of a `tuv`."""
        if name == "tu":
            self._texts = {}
        elif name == "tuv":
            self._tag = attributes.get("xml:lang") or attributes.get("lang") or ""

    def has_text(self, name: str, text: str) -> None:
        """Keeps it."""
        self._texts.setdefault(known_code(self._tag) or self._tag, text)

    def ends(self, name: str) -> None:
        """Makes a unit."""
        if name == "tu":
            self.units.append(self._texts)


def read_tmx(source: Source, drops: Drops) -> Iterator[Document]:
    """The pairs of two languages; a unit without one of them is dropped and counted.

    Raises:
        ValueError: the file cannot be read, is not well-formed, declares entities, or has no text
            in a language.
    """
    seen: dict[str, None] = {}
    for texts in parsed(source.path, _Memory()):
        if len(seen) < 100:
            seen |= dict.fromkeys(texts)
        sides = [texts.get(code) for code in source.languages]
        if None in sides:
            drops.add("a language is missing", source.name, source.label, _shown(texts))
        elif (document := pair_of(sides, source, drops)) is not None:
            yield document
    if missing := [code for code in source.languages if code not in seen]:
        there = ", ".join(seen) or "none"
        raise ValueError(f"{source.path} has no text in {', '.join(missing)}; it has {there}.")


def _shown(texts: Mapping[str, str]) -> str:
    return "\t".join(f"{code}: {text[:100]}" for code, text in texts.items())
