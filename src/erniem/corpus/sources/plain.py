"""Plain text: a line is a sentence or a longer text; or texts with blank lines between them."""

from collections.abc import Iterator

from erniem.corpus.document import Document, Drops, sentence
from erniem.corpus.sources.lines import blocks_of, lines_of
from erniem.corpus.sources.source import Source

__all__ = ["read_lines", "read_texts"]


def read_lines(source: Source, drops: Drops) -> Iterator[Document]:
    """A document a line; empty lines are dropped and counted.

    Raises:
        ValueError: the file cannot be read.
    """
    (language,) = source.languages
    for line in lines_of(source, drops):
        if text := line.strip():
            yield sentence(text, language=language, source=source.name)
        else:
            drops.add("empty", source.name, language)


def read_texts(source: Source, drops: Drops) -> Iterator[Document]:
    """A document is what stands between blank lines; its line ends are kept.

    Raises:
        ValueError: the file cannot be read.
    """
    (language,) = source.languages
    for block in blocks_of(source, drops):
        text = "\n".join(line.strip() for line in block.lines)
        yield sentence(text, language=language, source=source.name)
