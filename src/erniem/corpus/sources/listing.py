"""Files that a path stands for: itself, those of a folder, those that fit a pattern."""

from collections.abc import Sequence
from pathlib import Path

from erniem.compressed import elsewhere, is_url

__all__ = ["WILD", "exists", "is_folder", "listed"]

WILD = frozenset("*?[")
"""What makes a pattern of a path."""


def exists(path: str) -> bool:
    """Whether there is such a file or folder, here or elsewhere."""
    if not is_url(path):
        return Path(path).exists()
    storage, place = elsewhere(path)
    return bool(storage.exists(place))


def is_folder(path: str) -> bool:
    """Whether it is a folder, here or elsewhere."""
    if not is_url(path):
        return Path(path).is_dir()
    storage, place = elsewhere(path)
    return bool(storage.isdir(place))


def listed(path: str) -> list[str]:
    """The files a path stands for, sorted.

    Raises:
        ValueError: there are none.
    """
    found = sorted(_elsewhere_listed(path) if is_url(path) else _here_listed(path))
    if not found:
        raise ValueError(f"{path} is no file, no folder with files, and no pattern that fits any.")
    return found


def _here_listed(path: str) -> list[str]:
    place = Path(path)
    if place.is_dir():
        return [str(one) for one in place.rglob("*") if one.is_file()]
    if place.exists():
        return [path]
    if WILD.isdisjoint(path):
        return []
    root = Path(place.anchor)
    pattern = str(place.relative_to(root))
    return [str(one) for one in root.glob(pattern) if one.is_file()]


def _elsewhere_listed(path: str) -> Sequence[str]:
    storage, place = elsewhere(path)
    found = storage.find(place) if WILD.isdisjoint(place) else storage.glob(place)
    return [storage.unstrip_protocol(one) for one in found if not storage.isdir(one)]
