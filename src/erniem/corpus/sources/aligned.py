"""Two files whose line i says the same (Moses): `name.en-sw.en` beside `name.en-sw.sw`."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from erniem.corpus.document import Document, Drops
from erniem.corpus.sources.lines import Unusable, every_line
from erniem.corpus.sources.paired import pair_of
from erniem.corpus.sources.source import Source

__all__ = ["read_aligned", "side_by_side"]

Line = str | Unusable


def read_aligned(source: Source, drops: Drops) -> Iterator[Document]:
    """A pair a line; the second file is the option `second`, which `find_sources` fills in.

    Raises:
        ValueError: a file cannot be read, or one has more lines than the other.
    """
    paths = (source.path, source.options["second"])
    return side_by_side(every_line(paths[0]), every_line(paths[1]), paths, source, drops)


def side_by_side(
    first: Iterable[Line],
    second: Iterable[Line],
    names: tuple[str, str],
    source: Source,
    drops: Drops,
) -> Iterator[Document]:
    """The pairs of two files' lines; one without text takes the other with it.

    Raises:
        ValueError: a side has more lines than the other; found at the end, and told by `names`.
    """
    lines = [0, 0]
    for one, other in zip_longest(first, second):
        lines[0] += one is not None
        lines[1] += other is not None
        if one is not None and other is not None:
            document = _pair(one, other, source, drops)
            if document is not None:
                yield document
    if lines[0] != lines[1]:
        raise ValueError(
            f"{names[0]} has {lines[0]:,} lines, {names[1]} has {lines[1]:,}: line i must be the "
            "translation of line i; fetch both again."
        )


def _pair(one: Line, other: Line, source: Source, drops: Drops) -> Document | None:
    for line in (one, other):
        if isinstance(line, Unusable):
            drops.add(line.reason, source.name, source.label, line.example)
            return None
    return pair_of((str(one), str(other)), source, drops)
