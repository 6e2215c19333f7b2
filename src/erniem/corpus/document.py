"""What travels through the preparation of text: datatrove's `Document`, a sentence or a pair.

```text
sentence   text="Habari ya asubuhi."  metadata: language "sw", source "stories"
pair       text="Good morning."       metadata: language "en", source "stories",
                                      translation "Habari ya asubuhi.", translation_language "sw"
```

Whoever makes or reads a document does it by the functions below, and names no key of its metadata.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

from datatrove.data import Document

__all__ = [
    "Document",
    "Drops",
    "is_pair",
    "label_of",
    "languages_of",
    "pair",
    "sentence",
    "sides_of",
    "source_of",
    "url_of",
    "with_sides",
]

EXAMPLES = 5
"""So many dropped lines are kept as examples, for each reason, source and label."""
EXAMPLE_LENGTH = 300
"""Characters of an example, at most."""


def sentence(text: str, *, language: str, source: str, url: str = "") -> Document:
    """A sentence, or a longer text that is still to be split; `url`: where it stood, if known."""
    metadata = {"language": language, "source": source} | ({"url": url} if url else {})
    return Document(text=text, id="", metadata=metadata)


def pair(first: str, second: str, *, languages: Sequence[str], source: str) -> Document:
    """A sentence and its translation; `languages` are theirs, in this order."""
    one, other = languages
    return Document(
        text=first,
        id="",
        metadata={
            "language": one,
            "source": source,
            "translation": second,
            "translation_language": other,
        },
    )


def is_pair(document: Document) -> bool:
    """Whether a document is a pair."""
    return "translation" in document.metadata


def sides_of(document: Document) -> tuple[str, ...]:
    """The texts of a document: one of a sentence, two of a pair."""
    if is_pair(document):
        return document.text, document.metadata["translation"]
    return (document.text,)


def languages_of(document: Document) -> tuple[str, ...]:
    """The languages of the sides."""
    if is_pair(document):
        return document.metadata["language"], document.metadata["translation_language"]
    return (document.metadata["language"],)


def label_of(document: Document) -> str:
    """What the document counts as: `de` of a sentence, `en-de` of a pair."""
    return "-".join(languages_of(document))


def source_of(document: Document) -> str:
    """Name of the source it came from."""
    return str(document.metadata["source"])


def url_of(document: Document) -> str:
    """The address of the page it stood on; empty if unknown."""
    return str(document.metadata.get("url", ""))


def with_sides(document: Document, sides: Sequence[str]) -> Document:
    """The same document with other texts."""
    metadata = document.metadata
    if is_pair(document):
        text, translation = sides
        metadata = metadata | {"translation": translation}
    else:
        (text,) = sides
    return replace(document, text=text, metadata=metadata)


Reason = tuple[str, str, str]
"""Reason, source, label (`de` or `en-de`)."""


@dataclass
class Drops:
    """What was dropped: how much by reason, source and label, and a few examples of each."""

    counts: Counter[Reason] = field(default_factory=Counter)
    """The counts."""
    examples: dict[Reason, list[str]] = field(default_factory=dict)
    """The first few texts of each, sides with a tab between, cropped."""
    beside: Path | None = None
    """A file that takes all that is dropped, a line of JSON each; None to keep examples alone."""

    def add(self, reason: str, source: str, label: str, example: str = "") -> None:
        """Counts one dropped line."""
        key = (reason, source, label)
        self.counts[key] += 1
        if example and self.counts[key] <= EXAMPLES:
            self.examples.setdefault(key, []).append(example[:EXAMPLE_LENGTH])
        if self.beside is not None:
            names = ("reason", "source", "label", "text")
            line = json.dumps(dict(zip(names, (*key, example), strict=True)), ensure_ascii=False)
            self._file.write(f"{line}\n")

    def drop(self, document: Document, reason: str) -> None:
        """Counts a dropped document."""
        self.add(reason, source_of(document), label_of(document), "\t".join(sides_of(document)))

    def merge(self, plain: Mapping[str, Any]) -> None:
        """Adds what another counted, as its `plain` tells it."""
        for *key, count in plain["dropped"]:
            self.counts[tuple(key)] += count
        for *key, texts in plain["examples"]:
            known = self.examples.setdefault(tuple(key), [])
            known += texts[: EXAMPLES - len(known)]

    def plain(self) -> dict[str, Any]:
        """Counts and examples, as JSON has them."""
        return {
            "dropped": [[*key, count] for key, count in sorted(self.counts.items()) if count],
            "examples": [[*key, texts] for key, texts in sorted(self.examples.items())],
        }

    def by_reason(self) -> dict[str, int]:
        """Counts by reason alone."""
        total: Counter[str] = Counter()
        for (reason, _, _), count in self.counts.items():
            total[reason] += count
        return dict(total)

    @cached_property
    def _file(self) -> TextIO:
        assert self.beside is not None
        self.beside.parent.mkdir(parents=True, exist_ok=True)
        return self.beside.open("w", encoding="utf-8")

    def close(self) -> None:
        """Finishes the file that takes what is dropped."""
        if self.beside is not None:
            self._file.close()
