"""Makes pairs of what a file gives, or drops and counts what is none."""

from collections.abc import Sequence

from erniem.corpus.document import Document, Drops, pair
from erniem.corpus.sources.lines import LONGEST
from erniem.corpus.sources.source import Source

__all__ = ["one_line", "pair_of", "why_unusable"]


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
    sides = [side.strip() for side in sides]
    reasons = [reason for side in sides if (reason := why_unusable(side))]
    if not reasons:
        return pair(*sides, languages=source.languages, source=source.name)
    reason = "empty side" if reasons[0] == "empty" else reasons[0]
    example = "\t".join(side[:100] for side in sides).replace("\0", " ")
    drops.add(reason, source.name, source.label, example.encode("utf-8", "replace").decode())
    return None
