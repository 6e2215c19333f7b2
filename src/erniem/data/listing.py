"""The catalogue as text: what there is, under which licence, and what a folder has of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from erniem.data.catalogue import CATALOGUE, GROUPS, data_sets_named
from erniem.data.dataset import DataSet
from erniem.data.lock import Lock

__all__ = ["listed"]

UNTRIED = "not tried from its own host by us"


def listed(names: Sequence[str] = (), *, output: Path = Path("data")) -> Iterator[str]:
    """Lines about all data sets, or everything about some.

    Args:
        names: of data sets or groups; all if there are none.
        output: folder of earlier fetches; what it has is marked.

    Raises:
        ValueError: an unknown name.
    """
    lock = Lock(output)
    if names:
        for one in data_sets_named(names):
            yield from _everything(one, lock)
        return
    kind = ""
    for one in CATALOGUE.values():
        if one.kind != kind:
            kind = one.kind
            yield f"{kind}"
        mark = "*" if _files(one, lock) else " "
        yield f"{mark} {one.name:<20} {one.what}\n{'':22} {one.licence}"
    for group, members in GROUPS.items():
        yield f"{group} = {' '.join(members)}"
    untried = sum(not one.tried for one in CATALOGUE.values())
    yield f"* {output} has files of it. {untried} of {len(CATALOGUE)}: {UNTRIED}."
    yield "erniem data list NAME: languages, addresses, version, notes"


def _files(one: DataSet, lock: Lock) -> int:
    return sum(entry.data_set == one.name for entry in lock.entries.values())


def _everything(one: DataSet, lock: Lock) -> Iterator[str]:
    yield f"{one.name} ({one.kind}): {one.what}"
    yield f"  licence    {one.licence}"
    yield f"  homepage   {one.homepage}"
    yield f"  version    {one.version}"
    for part in one.parts:
        yield f"  address    {part.address}"
        yield f"  goes to    {part.target}"
        yield f"  sha256     {part.sha256 or _whence(part.address)}"
    yield f"  languages  {' '.join(one.languages)}"
    if one.note:
        yield f"  note       {one.note}"
    if not one.tried:
        yield f"  {UNTRIED}"
    yield f"  fetched    {_files(one, lock)} files"


def _whence(address: str) -> str:
    if address.startswith("hub:"):
        return "as the Hub tells it with each file"
    return "None published: the first download's counts from then on"
