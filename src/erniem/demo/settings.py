"""Settings of the page, and how much text it takes."""

from dataclasses import dataclass
from pathlib import Path

from erniem.embed import VectorSettings

__all__ = ["LINES", "PARAGRAPH", "SENTENCE", "DemoSettings", "checked", "checked_lines"]

SENTENCE = 400
"""Characters of a sentence at most where its words are looked at, or it is drawn."""
PARAGRAPH = 4000
"""Characters of a text at most where it is one vector, or spans of it are looked for."""
LINES = 20
"""Sentences of one's own on the map at most."""


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """How the page is served, and what it searches."""

    host: str = "127.0.0.1"
    """Address to listen on: this machine alone."""
    port: int = 7860
    """To listen on; 0: any that is free."""
    index: Path | None = None
    """Folder of an index, whose sentences are searched."""
    texts: tuple[str, ...] = ()
    """Files of sentences that are searched and mapped; none: our own example sentences."""
    vectors: VectorSettings | None = None
    """How a sentence becomes a vector; None: as the folder says."""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ValueError(f"port {self.port}: give 1 to 65535, or 0 for any that is free.")
        if self.index is not None and self.texts:
            raise ValueError("an index and texts: give one of them, that is to be searched.")


def checked(text: str | None, most: int = SENTENCE, what: str = "sentence") -> str:
    """A text of the page, without the white space around it.

    Raises:
        ValueError: it is empty or too long; the message is for the page.
    """
    found = (text or "").strip()
    if not found:
        raise ValueError(f"The {what} is empty. Write one, or take an example.")
    if len(found) > most:
        raise ValueError(
            f"The {what} has {len(found):,} characters; this page takes {most:,}. Shorten it."
        )
    return found


def checked_lines(text: str | None) -> list[str]:
    """The sentences of a text, one a line; none of no text.

    Raises:
        ValueError: too many, or one that is too long.
    """
    if len(text or "") > LINES * (SENTENCE + 2):
        raise ValueError(f"This is too much text. Write up to {LINES} sentences, one a line.")
    lines = [line for line in (text or "").splitlines() if line.strip()]
    if len(lines) > LINES:
        raise ValueError(f"There are {len(lines)} sentences; this map takes {LINES} of your own.")
    return [checked(line) for line in lines]
