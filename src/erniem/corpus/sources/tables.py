"""Tab-separated columns: two for pairs, one for sentences.

```text
columns: "1,2"              counted from 1; without it, lines have exactly as many as languages
columns: "english,swahili"  by the names in the first line
header: "yes"               the first line holds names
```
"""

from collections.abc import Iterator, Sequence

from erniem.corpus.document import Document, Drops, sentence
from erniem.corpus.sources.lines import lines_of
from erniem.corpus.sources.paired import pair_of
from erniem.corpus.sources.source import Source

__all__ = ["read_table"]


def read_table(source: Source, drops: Drops) -> Iterator[Document]:
    """A document a line; lines with too few columns or an empty one are dropped and counted.

    Raises:
        ValueError: the file cannot be read, or has no such columns.
    """
    lines = lines_of(source, drops)
    chosen = [name.strip() for name in source.options.get("columns", "").split(",") if name.strip()]
    if chosen and len(chosen) != len(source.languages):
        raise ValueError(
            f"{source.path}: columns are {', '.join(chosen)}, languages {source.label}: give a "
            "column for each language."
        )
    named = not all(name.isdecimal() for name in chosen)
    if named or _has_header(source):
        header = next(lines, "").split("\t")
        chosen = [_place(name, header, source) for name in chosen] if named else chosen
    places = [int(place) - 1 for place in chosen]
    if min(places, default=0) < 0:
        raise ValueError(f"{source.path}: columns are counted from 1, not from 0.")
    for line in lines:
        document = _document(line.split("\t"), places, source, drops)
        if document is not None:
            yield document


def _has_header(source: Source) -> bool:
    said = source.options.get("header", "no")
    if said not in ("yes", "no"):
        raise ValueError(f"{source.path}: header is {said!r}; write yes or no, in quotes.")
    return said == "yes"


def _place(name: str, header: Sequence[str], source: Source) -> str:
    names = [one.strip() for one in header]
    if name not in names:
        raise ValueError(
            f"{source.path} has no column {name!r}; its first line names {', '.join(names)}."
        )
    return str(names.index(name) + 1)


def _document(
    columns: list[str], places: Sequence[int], source: Source, drops: Drops
) -> Document | None:
    wanted = len(source.languages)
    if places:
        columns = [columns[place] for place in places if place < len(columns)]
    if len(columns) != wanted:
        reason = f"not {('one column', 'two columns')[wanted - 1]}"
        drops.add(reason, source.name, source.label, "\t".join(columns))
        return None
    if wanted == 2:
        return pair_of(columns, source, drops)
    if text := columns[0].strip():
        return sentence(text, language=source.languages[0], source=source.name)
    drops.add("empty", source.name, source.label)
    return None
