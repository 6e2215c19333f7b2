"""The formats a corpus is read from: by which reader, how files are named, what they may be told.

```text
Source ─FORMATS[its format]─▶ Document, Document, …        what cannot be used: Drops
```
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.aligned import read_aligned
from erniem.corpus.sources.conllu import read_treebank
from erniem.corpus.sources.gettext import read_mo, read_po
from erniem.corpus.sources.hub import read_hub
from erniem.corpus.sources.jsonl import read_jsonl
from erniem.corpus.sources.parquet import read_parquet
from erniem.corpus.sources.plain import read_lines, read_texts
from erniem.corpus.sources.source import Source
from erniem.corpus.sources.tables import read_table
from erniem.corpus.sources.tmx import read_tmx
from erniem.corpus.sources.xliff import read_xliff
from erniem.corpus.sources.zips import read_zip

__all__ = ["DETAILS", "FORMATS", "Format", "Reader", "check_source", "details_of", "read"]

Reader = Callable[[Source, Drops], Iterator[Document]]
"""Reads a source, streamed; counts what it drops."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One way in which text is kept."""

    read: Reader
    """How it is read."""
    endings: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """How its files are named, and how many languages such a name may begin with."""
    sides: tuple[int, ...]
    """How many languages a source may have: 1 of sentences and texts, 2 of pairs."""
    options: tuple[str, ...] = ()
    """What it may be told."""


_COLUMNS = ("text", "language", "url", "translation", "first", "second")

DETAILS: Mapping[str, Format] = {
    "text": Format(read=read_lines, endings={".txt": (1,)}, sides=(1,)),
    "documents": Format(read=read_texts, endings={".txt": (1,)}, sides=(1,)),
    "tsv": Format(
        read=read_table, endings={".tsv": (2,)}, sides=(1, 2), options=("columns", "header")
    ),
    "jsonl": Format(read=read_jsonl, endings={".jsonl": (1, 2)}, sides=(1, 2), options=_COLUMNS),
    "parquet": Format(
        read=read_parquet, endings={".parquet": (1, 2)}, sides=(1, 2), options=_COLUMNS
    ),
    "hub": Format(read=read_hub, sides=(1, 2), options=("config", "split", "revision", *_COLUMNS)),
    "conllu": Format(read=read_treebank, endings={".conllu": (1,)}, sides=(1,)),
    "moses": Format(read=read_aligned, sides=(2,), options=("second",)),
    "opus": Format(
        read=read_zip,
        endings={".zip": (2,), ".txt.zip": (2,)},
        sides=(2,),
        options=("first", "second"),
    ),
    "tmx": Format(read=read_tmx, endings={".tmx": (2,)}, sides=(2,)),
    "po": Format(read=read_po, endings={".po": (2,)}, sides=(2,)),
    "mo": Format(read=read_mo, endings={".mo": (2,)}, sides=(2,)),
    "xliff": Format(read=read_xliff, endings={".xlf": (2,), ".xliff": (2,)}, sides=(2,)),
}
"""All there are, by name."""

FORMATS: Mapping[str, Reader] = {name: one.read for name, one in DETAILS.items()}
"""The reader of each."""


def details_of(name: str, path: str) -> Format:
    """A format by name.

    Raises:
        ValueError: no such format; the error names the path.
    """
    if name not in DETAILS:
        raise ValueError(f"{path}: {name!r} is no format; take one of {', '.join(DETAILS)}.")
    return DETAILS[name]


def check_source(source: Source) -> None:
    """Whether a source says what its format needs.

    Raises:
        ValueError: no such format or option, or too many or too few languages.
    """
    details = details_of(source.format, source.path)
    if len(source.languages) not in details.sides:
        kinds = ("", "sentences of one language", "pairs of two languages")
        held = " or ".join(kinds[count] for count in sorted(details.sides))
        raise ValueError(
            f"{source.path}: {source.format} holds {held}; languages are "
            f"{', '.join(source.languages) or 'not given'}."
        )
    if unknown := sorted(set(source.options) - set(details.options)):
        raise ValueError(
            f"{source.path}: {source.format} has no option {', '.join(unknown)}; it has "
            f"{', '.join(details.options) or 'none'}."
        )


def read(source: Source, drops: Drops) -> Iterator[Document]:
    """The documents of a source, in its order; memory does not grow with its size.

    Args:
        source: what is read.
        drops: counts what could not be used.

    Raises:
        ValueError: it cannot be read to its end, or holds nothing that can be used.
    """
    check_source(source)
    before = _dropped(source, drops)
    some = False
    for document in FORMATS[source.format](source, drops):
        some = True
        yield document
    if not some:
        after = _dropped(source, drops)
        reasons = ", ".join(f"{after[why] - before.get(why, 0):,} {why}" for why in after)
        raise ValueError(
            f"{source.path} has nothing that can be used as {source.format} of {source.label} "
            f"(dropped: {reasons or 'nothing'}): mend it or take it away."
        )


def _dropped(source: Source, drops: Drops) -> dict[str, int]:
    """Counts of what was dropped of a source, by reason."""
    return {
        reason: count
        for (reason, name, label), count in drops.counts.items()
        if (name, label) == (source.name, source.label)
    }
