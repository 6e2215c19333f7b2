"""What a corpus is read from: a source, and what a recipe says of some."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Source", "SourceEntry"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file, two aligned ones or one stream: what one task reads."""

    path: str
    """A path, a URL that fsspec opens, or `hub:owner/name`."""
    format: str
    """A key of `FORMATS`."""
    languages: tuple[str, ...]
    """One code for sentences and longer texts, two for pairs."""
    name: str
    """What it counts as."""
    licence: str = ""
    """As it was stated."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the format may be told: `DETAILS` says what."""

    @property
    def label(self) -> str:
        """`de`, or `en-de`."""
        return "-".join(self.languages)


@dataclass(frozen=True, kw_only=True)
class SourceEntry:
    """What a recipe says of sources: where they are, and what their names do not tell."""

    path: str
    """A file, a folder (searched to its depths) or a pattern such as `news/*.jsonl.gz`, local or a
    URL that fsspec opens; `hub:owner/name` for a data set of the Hub."""
    format: str = "auto"
    """A key of `FORMATS`; `auto`: by the end of the name."""
    languages: tuple[str, ...] | None = None
    """One code, or two of pairs; None: a file's name says it (`de.txt`, `en-de.tsv`), and files of
    a folder whose names say nothing are passed over."""
    name: str = ""
    """What they count as; if empty, each as its folder is called."""
    licence: str = ""
    """Under which the text may be used."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the format is told, such as `text: content` for the column of a jsonl file."""
