"""CoNLL-U: the sentences of treebanks, as they were written.

```text
# text = Vamos al mar.            if it is there; else the words, joined:
2-3  al    _ …  _                 a word of several tokens, instead of the tokens 2 and 3
4    mar   _ …  SpaceAfter=No     no space behind it
```
"""

import re
from collections.abc import Iterable, Iterator

from erniem.corpus.document import Document, Drops, sentence
from erniem.corpus.sources.lines import blocks_of
from erniem.corpus.sources.source import Source

__all__ = ["read_treebank"]

TEXT = re.compile(r"#\s*text\s*=\s*(\S.*)")
PLACE = re.compile(r"(\d+)(?:-(\d+))?")
"""Of a token, or of a word that is several; empty nodes (`8.1`) are not in the text."""


def read_treebank(source: Source, drops: Drops) -> Iterator[Document]:
    """A document a sentence.

    Raises:
        ValueError: the file cannot be read.
    """
    (language,) = source.languages
    for block in blocks_of(source, drops):
        text = _text(block.lines)
        if text:
            yield sentence(text, language=language, source=source.name)
        elif not all(line.startswith("#") for line in block.lines):
            drops.add("not CoNLL-U", source.name, language, "\n".join(block.lines[:3]))


def _text(lines: Iterable[str]) -> str:
    """The sentence; empty if the lines are no CoNLL-U."""
    for line in lines:
        if match := TEXT.match(line):
            return match[1].strip()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    if any(len(row) != 10 for row in rows):
        return ""
    return "".join(_words(rows)).strip()


def _words(rows: Iterable[list[str]]) -> Iterator[str]:
    """The words, with a space behind those that have one."""
    joined_until = 0
    for place, word, *_, more in rows:
        match = PLACE.fullmatch(place)
        if match is None or int(match[1]) <= joined_until:
            continue
        if match[2]:
            joined_until = int(match[2])
        yield word if "SpaceAfter=No" in more.split("|") else f"{word} "
