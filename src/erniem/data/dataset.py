"""What a data set is: where its files lie, under which licence, and where they go here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["DataSet", "Kind", "Part", "Unpacking", "codes"]

Kind = Literal["monolingual", "parallel", "benchmark"]
"""Sentences or documents of a language; pairs of two; something to measure with."""

Unpacking = Literal["", "members", "joined", "pairs"]
"""What becomes of a file: it stays as it is; an archive's members become files of a folder, or are
joined to one file a language; a Moses archive's two sides become one table of pairs."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """An address of a data set: one file, or the files of a Hub folder; for each language or all.

    Words in braces stand for a language (of pairs, for both): `{code}` ours, `en-de`; `{theirs}`
    as the publisher spells it, `de-en`; `{iso3}`, `{name}` its code of three letters and English
    name. An address without any holds all languages.
    """

    address: str
    """`https://…`, or `hub:OWNER/NAME@REVISION/FOLDER/*.parquet`."""
    target: str
    """Where it goes below the output: a file, or a folder with `/` at the end."""
    unpacking: Unpacking = ""
    """What becomes of it."""
    members: str = ""
    """Of an archive: pattern of the members that count; its group `file` is their path in the
    target, its group `theirs` the language they are joined by."""
    sha256: str | None = None
    """Checksum of the file; None where the publisher tells none. The Hub tells it with each file;
    otherwise the first download's is kept in `data.lock.json`, and counts from then on."""

    @property
    def by_language(self) -> bool:
        """Whether each language has its own."""
        return "{" in self.address


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """A corpus or a benchmark that can be fetched."""

    name: str
    """By which one asks for it; benchmarks have the names of the tasks."""
    kind: Kind
    """What its files hold."""
    what: str
    """A line about it."""
    licence: str
    """As its publisher states it, or that none is stated."""
    homepage: str
    """Where to read more, the licence first."""
    version: str
    """The release, or what the revision is of."""
    parts: tuple[Part, ...]
    """All of its addresses."""
    languages: tuple[str, ...]
    """Codes it can be had in; of pairs, all codes that make a pair if the publisher has it."""
    spellings: Mapping[str, str] = field(default_factory=dict)
    """How the publisher spells a language where it is not our code."""
    note: str = ""
    """What one must know before training on it."""
    tried: bool = False
    """Whether we have fetched it from its own host; False: addresses and licences were read in the
    publishers' and other people's documents, and no more."""

    @property
    def whole(self) -> bool:
        """Whether all languages come together."""
        return not any(part.by_language for part in self.parts)


def codes(text: str) -> tuple[str, ...]:
    """`"de en"` → `("de", "en")`: a table's languages."""
    return tuple(text.split())
