"""What a file's name tells: its format, its languages, and which file stands beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from erniem.compressed import PACKED, unpacked_name
from erniem.corpus.sources.formats import DETAILS
from erniem.corpus.sources.listing import exists

__all__ = ["Told", "told_by"]

TAG = r"[a-z]{2,3}(?:_[A-Za-z]{2,8}|-[A-Z]{2}|-[A-Z][a-z]{3})*"
"""A language and what narrows it, behind a hyphen a region or a script: `pt_BR`, `pt-BR`."""
LABEL = re.compile(rf"({TAG})(?:-({TAG}))?")
"""`de`, `en-de`, `pt_BR-zh_Hans`, `en-zh-Hans`."""
ALIGNED = re.compile(rf"(?:.+\.)?({TAG})-({TAG})")
"""`en-de`, `news.en-de`: what both files of two aligned ones begin with."""

ENDINGS = {
    ending: name for name, details in reversed(list(DETAILS.items())) for ending in details.endings
}
"""Which format a name tells: of several with one ending, the first."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a name and an entry together tell of a file."""

    format: str
    """A key of `FORMATS`."""
    tags: tuple[str, ...]
    """Its languages, as they are written."""
    options: Mapping[str, str]
    """The entry's, and what follows from the name."""


def told_by(
    path: str, kind: str, tags: tuple[str, ...] | None, options: Mapping[str, str]
) -> Told | None:
    """What a file holds; None if neither its name nor what is stated tells.

    Args:
        path: of the file.
        kind: the format that is stated, or `auto`.
        tags: the languages that are stated, if they are.
        options: those that are stated.
    """
    name = unpacked_name(PurePath(path).name)
    ending = _ending_of(name, kind)
    if kind == "moses" or (kind == "auto" and not ending):
        return _aligned(path, name, tags if kind == "moses" else None, options)
    kind = ENDINGS.get(ending, "") if kind == "auto" else kind
    tags = tags or _tags_of(name, ending, kind)
    return Told(format=kind, tags=tags, options=options) if kind and tags else None


def _ending_of(name: str, kind: str) -> str:
    """The end of a name that one format, or any, knows; empty if none does."""
    endings = ENDINGS if kind == "auto" else DETAILS[kind].endings
    return max((one for one in endings if name.endswith(one)), key=len, default="")


def _tags_of(name: str, ending: str, kind: str) -> tuple[str, ...]:
    """The languages that a name begins with; empty if it names none, or too many or few."""
    match = LABEL.fullmatch(name.removesuffix(ending) if ending else name.split(".")[0])
    tags = tuple(filter(None, match.groups())) if match else ()
    fits = DETAILS[kind].endings.get(ending, DETAILS[kind].sides)
    return tags if len(tags) in fits else ()


def _aligned(
    path: str, name: str, tags: tuple[str, ...] | None, options: Mapping[str, str]
) -> Told | None:
    """The first of two aligned files; None if it is the second, or none."""
    beginning, _, tag = name.rpartition(".")
    match = ALIGNED.fullmatch(beginning)
    tags = tags or (match.groups() if match else ())
    if len(tags) != 2 or ("second" not in options and tag != tags[0]):
        return None
    if "second" not in options:
        folder = path[: -len(PurePath(path).name)]
        options = {**options, "second": _beside(path, f"{folder}{beginning}.{tags[1]}")}
    return Told(format="moses", tags=tags, options=options)


def _beside(path: str, second: str) -> str:
    """The other file, packed or not.

    Raises:
        ValueError: it is not there.
    """
    for ending in PACKED:
        if exists(second + ending):
            return second + ending
    raise ValueError(f"{path} stands alone: put {PurePath(second).name} beside it.")
