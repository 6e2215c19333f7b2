"""What is indexed: a sentence with its id and, if known, its language."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, repeat

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
        ValueError: more or fewer ids or languages than texts; one text in the place of several.

    Example: `entries_of(["Hallo"], None, "de", first=7)` → `Entry("7", "Hallo", "de")`.
    """
    for name, given in (("texts", texts), ("ids", ids)):
        if isinstance(given, str):
            raise ValueError(f"{name} is one text, {given[:40]!r}: give a list.")
    names = map(str, count(first)) if ids is None else iter(ids)
    for_all = isinstance(languages, str | None)
    known = repeat(languages or "") if isinstance(languages, str | None) else iter(languages)
    for text in texts:
        try:
            yield Entry(next(names), text, next(known))
        except StopIteration:
            raise ValueError("there are more texts than ids or languages: give one each.") from None
    left = chain([] if ids is None else names, [] if for_all else known)
    if next(left, None) is not None:
        raise ValueError("there are more ids or languages than texts: give one each.")
