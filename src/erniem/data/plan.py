"""From data sets and languages to the files to bring.

```text
DataSet, Label ─▶ address ─▶ Download        hub:OWNER/NAME@REVISION/FOLDER/*.x ─listing─▶ several
```
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from erniem.data.dataset import DataSet, Part, Unpacking
from erniem.data.labels import Label, labels_of
from erniem.data.web import BROKEN, PassingError, Web

__all__ = ["Download", "HubFile", "downloads", "hub_files"]

HUB = "https://huggingface.co"


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """A file of a Hub repository."""

    path: str
    """In the repository."""
    size: int
    """Bytes."""
    sha256: str | None
    """Checksum; None of small files, which the Hub keeps in Git."""


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file to bring, and what is made of it."""

    data_set: DataSet
    """Whose."""
    label: Label | None
    """The language or pair; None if all come together."""
    url: str
    """The publisher's address."""
    target: str
    """Below the output: a file, or a folder with `/` at the end."""
    unpacking: Unpacking = ""
    """What becomes of it."""
    members: str = ""
    """Of an archive, which members count."""
    sha256: str | None = None
    """Checksum that it must have, if known."""
    size: int | None = None
    """Its bytes, if known."""


Listing = Callable[[str, str, str], Sequence[HubFile]]
"""(repository, revision, folder) → the files in it."""


def downloads(
    data_sets: Sequence[DataSet], languages: Sequence[str] | None, listing: Listing
) -> Iterator[Download]:
    """All files of data sets in languages.

    Raises:
        ValueError: a corpus without languages, a Hub folder without files of the kind.
    """
    for data_set in data_sets:
        labels = labels_of(data_set, languages)
        for part in data_set.parts:
            for label in labels if part.by_language else (None,):
                yield from _of(data_set, part, label, listing)


def _of(data_set: DataSet, part: Part, label: Label | None, listing: Listing) -> Iterator[Download]:
    address = part.address if label is None else label.filled(part.address)
    # What is joined by language keeps its braces: an archive's members say which languages.
    target = part.target if label is None else label.filled(part.target)
    if not address.startswith("hub:"):
        yield Download(
            data_set=data_set,
            label=label,
            url=address,
            target=target,
            unpacking=part.unpacking,
            members=part.members,
            sha256=part.sha256,
        )
        return
    match = re.fullmatch(r"hub:([^@]+)@([^/]+)/(?:(.*)/)?([^/]+)", address)
    assert match is not None, address
    repository, revision, folder, pattern = match.groups(default="")
    found = [one for one in listing(repository, revision, folder) if _fits(one, pattern)]
    if not found:
        raise ValueError(f"{HUB}/datasets/{repository}/tree/{revision}/{folder} has no {pattern}.")
    for one in found:
        yield Download(
            data_set=data_set,
            label=label,
            url=f"{HUB}/datasets/{repository}/resolve/{revision}/{quote(one.path)}",
            target=target + one.path.rpartition("/")[2],
            sha256=one.sha256,
            size=one.size,
        )


def _fits(file: HubFile, pattern: str) -> bool:
    return fnmatchcase(file.path.rpartition("/")[2], pattern)


def hub_files(web: Web, repository: str, revision: str, folder: str) -> list[HubFile]:
    """The files in a folder of a Hub repository, by the Hub's own listing.

    Raises:
        OSError: no network, or the list broke off.
        ValueError: no such folder.
    """
    url: str | None = f"{HUB}/api/datasets/{repository}/tree/{revision}/{quote(folder)}"
    found: list[HubFile] = []
    while url:
        entries, url = _page(web, url)
        found += [_file(entry) for entry in entries if entry.get("type") == "file"]
    return found


def _page(web: Web, url: str) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a listing, and the address of the next."""
    with web.open(url) as answer:
        try:
            entries = json.loads(answer.read())
        except BROKEN as error:
            raise PassingError(f"{url} broke off ({error}); run again.") from None
        except ValueError as error:
            raise ValueError(f"{url} is not the Hub's list of files: {error}.") from error
        following = re.search(r'<([^>]+)>; *rel="next"', answer.headers.get("Link") or "")
    if not isinstance(entries, list):
        raise ValueError(f"{url} is not the Hub's list of files.")
    return entries, following[1] if following else None


def _file(entry: Mapping[str, Any]) -> HubFile:
    large = entry.get("lfs") or {}
    return HubFile(path=entry["path"], size=entry["size"], sha256=large.get("oid"))
