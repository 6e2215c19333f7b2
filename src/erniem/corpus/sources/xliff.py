"""XLIFF 1.2 and 2.0, what translators' tools exchange."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.xmlreader import AttributesImpl

from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.codes import known_code
from erniem.corpus.sources.markup import Marked, parsed
from erniem.corpus.sources.paired import pair_of
from erniem.corpus.sources.source import Source

__all__ = ["read_xliff"]

UNFINISHED = ("new", "needs-", "initial")
"""How states begin of a translation that is not yet one (1.2: state of `target`; 2.0: of
`segment`, where a state that is not stated counts as finished: many tools state none)."""


@dataclass(kw_only=True)
class _Unit:
    """A segment."""

    tags: tuple[str, str]
    state: str
    source: str = ""
    target: str = ""


class _Exchange(Marked):
    """Units are `trans-unit` (1.2) and `segment` (2.0), without proposals of other translations."""

    holders = frozenset({"source", "target"})
    native = frozenset({"bpt", "ept", "it", "ph"})

    def __init__(self) -> None:
        super().__init__()
        self._tags = ("", "")
        self._unit: _Unit | None = None
        self._proposals = 0

    def begins(self, name: str, attributes: AttributesImpl) -> None:
        """Notes languages and states."""
        one = attributes.get("source-language") or attributes.get("srcLang")
        other = attributes.get("target-language") or attributes.get("trgLang")
        if one or other:
            self._tags = (one or "", other or "")
        state = attributes.get("state") or ""
        if name in ("trans-unit", "segment"):
            self._unit = _Unit(tags=self._tags, state=state)
        elif name in ("alt-trans", "match"):
            self._proposals += 1
        elif name == "target" and self._unit is not None and not self._proposals:
            self._unit.state = self._unit.state or state

    def has_text(self, name: str, text: str) -> None:
        """Keeps it."""
        if self._unit is not None and not self._proposals:
            setattr(self._unit, name, text)

    def ends(self, name: str) -> None:
        """Makes a unit."""
        if name in ("alt-trans", "match"):
            self._proposals -= 1
        elif name in ("trans-unit", "segment") and self._unit is not None:
            self.units.append(self._unit)
            self._unit = None


def read_xliff(source: Source, drops: Drops) -> Iterator[Document]:
    """The translated segments, in the order of the source's languages, whichever way they went.

    Raises:
        ValueError: the file cannot be read, is not well-formed, declares entities, or is of other
            languages.
    """
    for unit in parsed(source.path, _Exchange()):
        sides = (unit.source, unit.target)
        if _is_reversed(unit, source):
            sides = sides[::-1]
        reason = _why_drop(unit)
        if reason is not None:
            drops.add(reason, source.name, source.label, unit.source)
        elif (document := pair_of(sides, source, drops)) is not None:
            yield document


def _is_reversed(unit: _Unit, source: Source) -> bool:
    codes = [known_code(tag) or tag for tag in unit.tags]
    wrong = [code for code in codes if code and code not in source.languages]
    if wrong:
        raise ValueError(
            f"{source.path} is of {'-'.join(codes)}, not of {source.label}: give its languages."
        )
    one, other = source.languages
    return codes[0] == other or codes[1] == one


def _why_drop(unit: _Unit) -> str | None:
    if not unit.target:
        return "untranslated"
    return "fuzzy" if unit.state.startswith(UNFINISHED) else None
