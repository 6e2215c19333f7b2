"""Web and e-mail addresses: texts that are little else, and pages of hosts that nobody wants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from erniem.corpus.document import Document, url_of
from erniem.corpus.steps.sides import SideFilter

__all__ = ["Addresses"]

_ADDRESS = re.compile(
    r"(?:https?://|ftp://|\bwww\.)[!#-;=?-~]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII | re.I
)
"""ASCII alone: Chinese and Thai text may follow, and stand before, without a space."""


@dataclass(frozen=True, kw_only=True)
class Addresses(SideFilter):
    """Drops texts with too many web or e-mail addresses, and all that stood on a blocked host.

    A web address begins with `http://`, `https://`, `ftp://` or `www.`: `etc.and` is none.
    """

    most_addresses: int = 3
    """Addresses in a text. Ours: Bicleaner's hard rules allow one or none (`no_urls`, off unless
    asked for), and references at the end of a sentence often come in twos."""
    most_share: float = 0.5
    """Share of the characters that is in addresses. Ours: what is mostly address is no prose."""
    blocked_hosts: str = ""
    """File with a host a line; it blocks its subdomains too, and `#` begins a comment. RefinedWeb
    (Penedo et al. 2023) and FineWeb (2024) took UT1's lists. Documents without an address stay."""

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The blocked hosts."""
        return (self.blocked_hosts,) if self.blocked_hosts else ()

    def why_drop(self, document: Document) -> str | None:
        """A blocked host, then the sides.

        Raises:
            OSError: the file cannot be read.
            ValueError: a line of it is no host.
        """
        if self.blocked_hosts and (url := url_of(document)):
            hosts = _hosts_of(self.blocked_hosts)
            if any(domain in hosts for domain in _domains(url)):
                return "blocked host"
        return super().why_drop(document)

    def why_drop_side(self, text: str, language: str) -> str | None:
        """Too many addresses, or little else."""
        if not ("@" in text or "://" in text or "ww." in text or "WW." in text):
            return None
        found = _ADDRESS.findall(text)
        if len(found) > self.most_addresses:
            return "too many addresses"
        return "mostly addresses" if sum(map(len, found)) > self.most_share * len(text) else None


def _domains(url: str) -> Iterator[str]:
    """The host of an address, and what it is part of: `a.b.example`, `b.example`, `example`."""
    try:
        host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:  # brackets without an end, as some pages have
        return
    host = host.rstrip(".")
    while host:
        yield host
        host = host.partition(".")[2]


@cache
def _hosts_of(path: str) -> frozenset[str]:
    hosts = set()
    with Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            host = line.partition("#")[0].strip().lower().strip(".")
            if re.search(r"[\s/:]", host):
                raise ValueError(
                    f"{path}, line {number}: {host!r} is no host: write one a line, as shop.example"
                )
            hosts.add(host)
    return frozenset(hosts - {""})
