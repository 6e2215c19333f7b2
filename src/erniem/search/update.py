"""Sentences come into an index or go out of it; readers notice nothing.

```text
new entries ─ checked, encoded ─▶ adding/part ─┐
ids that go ───────────────────────────────────┴─ publish ─▶ the next version ─ sweep
```

Files that a manifest names never change. Whoever has a version open keeps it: its files lose their
names when the next version holds, not their content. Whoever is killed leaves the old version.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from erniem.search.encoder import Encodes
from erniem.search.entries import Entry
from erniem.search.manifest import (
    MANIFEST,
    Manifest,
    ModelFacts,
    check_sizes,
    read_manifest,
)
from erniem.search.part import Part, write_vectors
from erniem.search.parts import Parts
from erniem.search.place import ADDING, changing, sweep
from erniem.search.publish import Change, publish
from erniem.search.settings import IndexSettings
from erniem.search.staging import Checked, Counts, encoded, stage

__all__ = ["Added", "add_entries", "check_model", "remove_ids"]


@dataclass(frozen=True, kw_only=True)
class Added:
    """What an addition changed."""

    counts: Counts
    """Of the entries."""
    manifest: Manifest
    """The version that holds now."""


def add_entries(
    folder: Path,
    entries: Iterable[Entry],
    encoder: Encodes,
    model: ModelFacts,
    settings: IndexSettings | None = None,
    *,
    replace: bool = False,
    progress: bool = False,
) -> Added:
    """Adds sentences to an index, or makes one.

    Args:
        folder: of the index; absent or empty: a new one.
        entries: what is to be found. An id that is there with the same text is passed over.
        encoder: makes the vectors; the one that made the index.
        model: what the index is to know of it.
        settings: of a new index; None: the usual, or the index's own.
        replace: let another text for an id take the place of the old one; otherwise it is refused.
        progress: show a bar.

    Raises:
        ValueError: nothing to index, an id that stands for two texts, another encoder or other
            settings than the index's, a folder that is no index.
        OSError: it cannot be written; the version that was there holds.
    """
    with changing(folder):
        old = _old(folder, model, settings)
        parts = Parts.of(folder, old) if old else None
        sweep(folder, old, adding=False)
        checked = Checked(parts, list(old.languages) if old else [], replace=replace)
        staged = folder / ADDING / "part"
        shutil.rmtree(staged, ignore_errors=True)
        stage(entries, staged, checked)
        if not checked.counts.added:
            sweep(folder, old, adding=True)
            if old is None:
                raise ValueError(f"there is nothing to index in {folder}: give it a sentence.")
            return Added(counts=checked.counts, manifest=old)
        write_vectors(staged, encoded(staged, encoder, folder / ADDING, progress=progress))
        change = Change(
            old=old,
            stay=_without(parts, checked.replaced),
            new=Part(staged, encoder.width),
            width=encoder.width,
            model=model,
            settings=settings or (old.settings if old else IndexSettings()),
            languages=checked.languages,
        )
        manifest = publish(folder, change)
        sweep(folder, manifest, adding=True)
        return Added(counts=checked.counts, manifest=manifest)


def remove_ids(folder: Path, ids: Iterable[str]) -> Manifest:
    """Takes sentences out of an index; all that are named or none.

    Raises:
        ValueError: an id that is not there, nothing would be left, no index, one id in the place
            of several.
        OSError: it cannot be written; the version that was there holds.
    """
    if isinstance(ids, str):  # or the sentence of each letter would go
        raise ValueError(f"ids is one id, {ids!r}: give a list.")
    old = read_manifest(folder)
    with changing(folder):
        old = read_manifest(folder)
        parts = Parts.of(folder, old)
        sweep(folder, old, adding=False)
        change = Change(
            old=old,
            stay=_without(parts, [_row(parts, name, folder) for name in ids]),
            new=None,
            width=old.width,
            model=old.model,
            settings=old.settings,
            languages=old.languages,
        )
        if not change.total:
            raise ValueError(f"nothing would be left of {folder}: take the folder away instead.")
        manifest = publish(folder, change)
        sweep(folder, manifest, adding=False)
        return manifest


def check_model(manifest: Manifest, fingerprint: str, folder: Path) -> None:
    """Whether vectors of an encoder can be compared with those of an index.

    Raises:
        ValueError: they come from another.
    """
    if manifest.model.fingerprint != fingerprint:
        raise ValueError(
            f"{folder} was made by another model or other vector settings "
            f"({manifest.model.folder or 'unnamed'}, fingerprint "
            f"{manifest.model.fingerprint[:12]}; this is {fingerprint[:12]}): take that one, or "
            "make a new index."
        )


def _old(folder: Path, model: ModelFacts, settings: IndexSettings | None) -> Manifest | None:
    """The version that holds, if there is one, and whether it can take what comes."""
    if not (folder / MANIFEST).is_file():
        return None
    old = read_manifest(folder)
    check_sizes(folder, old)
    check_model(old, model.fingerprint, folder)
    if settings not in (None, old.settings):
        raise ValueError(f"{folder} has {old.settings}, not {settings}: leave them out, or build.")
    return old


def _row(parts: Parts, name: str, folder: Path) -> int:
    row = parts.row_of(name)
    if row is None:
        raise ValueError(f"id {name!r} is not in {folder}: nothing was removed.")
    return row


def _without(parts: Parts | None, rows: Sequence[int]) -> list[Part]:
    """The parts with rows taken off."""
    if parts is None:
        return []
    places = [parts.place(row) for row in rows]
    return [
        part.without(row for other, row in places if other is part) if rows else part
        for part in parts.parts
    ]
