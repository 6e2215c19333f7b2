"""Pairs whose sides name different web or e-mail addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from erniem.corpus.document import Document, is_pair, sides_of
from erniem.corpus.steps.rule import Filter

__all__ = ["SameAddresses", "addresses_in"]

PAGE = re.compile(
    r"(?:(?:https?|ftp)://|(?<![\w.@])www\.)([\w.-]+)([^\s<>\"'“”«»，。、）（]*)", re.I
)
MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?!\w)", re.I)
LANGUAGE = re.compile(r"^(?:www|[a-z]{2,3}(?:-[a-z]{2,4})?)\.(?=[\w-]+\.[\w-])")
AROUND = ".,;:!?)]}'\"…/-"


@dataclass(frozen=True, kw_only=True)
class SameAddresses(Filter):
    """Drops pairs that name different web or e-mail addresses, or of which one side names none.

    Bicleaner's hard rule `no_urls` drops any line with an address (Ramírez-Sánchez et al., 2020,
    section 2; off by default since version 2.5); here a pair may have them, if both sides have the
    same. A page often has its like in each language, so that its host alone is compared by default,
    without a language in front of it: `en.example.org/Tree` and `de.example.org/Baum` are the same.
    """

    whole: bool = False
    """Whether all of a page's address must be the same, not only its host."""

    def why_drop(self, document: Document) -> str | None:
        """`addresses differ`, or None."""
        if not is_pair(document):
            return None
        one, other = (set(addresses_in(side, whole=self.whole)) for side in sides_of(document))
        return "addresses differ" if one != other else None


def addresses_in(text: str, *, whole: bool = False) -> Iterator[str]:
    """The addresses of a text, in lower case: e-mail, and of pages the host or all.

    Example: `"See https://de.example.org/Baum."` → `"example.org"`.
    """
    if "@" in text:
        yield from (address.casefold() for address in MAIL.findall(text))
    if "://" in text or "www." in text.casefold():
        for host, path in PAGE.findall(text):
            address = host + path if whole else LANGUAGE.sub("", host.casefold())
            yield address.casefold().strip(AROUND)
