"""What is indexed: a sentence with its id and, if known, its language."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, repeat

__all__ = ["Entry", "entries_of"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence to be found."""

    id: str
    """What it is known by, once in an index."""
    text: str
    """The sentence."""
    language: str = ""
    """Its code; empty if it is not known."""


def entries_of(
    texts: Iterable[str],
    ids: Sequence[str] | None,
    languages: Sequence[str] | str | None,
    *,
    first: int,
) -> Iterator[Entry]:
    """Texts as entries.

    Args:
        texts: sentences.
        ids: of each; None: numbers, counted from `first`.
        languages: of each, or of all; None: not known.
        first: the number of the first.

    Raises:
        ValueError: more or fewer ids or languages than texts.

    Example: `entries_of(["Hallo"], None, "de", first=7)` → `Entry("7", "Hallo", "de")`.
    """
    names = map(str, count(first)) if ids is None else iter(ids)
    known = repeat(languages or "") if isinstance(languages, str | None) else iter(languages)
    for text in texts:
        try:
            yield Entry(next(names), text, next(known))
        except StopIteration:
            raise ValueError("there are more texts than ids or languages: give one each.") from None
    if ids is not None and next(names, None) is not None:
        raise ValueError("there are more ids than texts: give one each.")
