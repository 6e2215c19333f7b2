"""Makes pairs of what a file gives, or drops and counts what is none."""

from collections.abc import Sequence

from erniem.corpus.document import Document, Drops, pair
from erniem.corpus.sources.lines import LONGEST
from erniem.corpus.sources.source import Source

__all__ = ["one_line", "pair_of", "shown", "why_unusable"]

SHOWN = 100
"""Characters of a side that are shown as an example."""


def one_line(text: str) -> str:
    """A text without line ends and runs of spaces, as catalogues and XML wrap them."""
    return " ".join(text.split())


def why_unusable(text: str) -> str | None:
    """Why a text that did not come as a line of UTF-8 cannot be used; None if it can."""
    if len(text) > LONGEST:
        return "too long a text"
    if "\0" in text:
        return "zero bytes"
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON may spell half a character: "\\ud800"
        return "not UTF-8"
    return None if text.strip() else "empty"


def pair_of(sides: Sequence[str], source: Source, drops: Drops) -> Document | None:
    """A pair of the source's languages; None, and counted, if a side is empty or unusable."""
    first, second = (side.strip() for side in sides)
    reason = why_unusable(first) or why_unusable(second)
    if reason is None:
        return pair(first, second, languages=source.languages, source=source.name)
    reason = "empty side" if reason == "empty" else reason
    drops.add(reason, source.name, source.label, shown(f"{first[:SHOWN]}\t{second[:SHOWN]}"))
    return None


def shown(text: str) -> str:
    """A text as an example of what was dropped, whatever it holds."""
    return text[: 2 * SHOWN].replace("\0", " ").encode("utf-8", "replace").decode()
