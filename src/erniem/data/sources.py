"""What was fetched, as a corpus recipe names its sources: `OUTPUT/sources.yaml`."""

from pathlib import Path

import yaml

from erniem.data.catalogue import CATALOGUE
from erniem.data.lock import Entry, Lock

__all__ = ["write_sources"]


def write_sources(output: Path, lock: Lock) -> None:
    """Writes an entry for each data set and language or pair: path, languages, name, licence.

    Benchmarks are no sources and left out. Of a folder of parquet files the entry says the
    language, as their names do not.
    """
    entries = {}
    for entry in lock.entries.values():
        known = CATALOGUE.get(entry.data_set)
        if known is not None and known.kind != "benchmark":
            place = str(_place(output.resolve(), entry))
            languages = {"languages": entry.label.split("-")} if entry.label else {}
            told = {"name": entry.data_set, "licence": entry.licence}
            entries[place] = {"path": place, **languages, **told}
    content = {"sources": [entries[place] for place in sorted(entries)]}
    path = output / "sources.yaml"
    partial = path.with_name(path.name + ".partial")
    partial.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
    partial.replace(path)


def _place(output: Path, entry: Entry) -> Path:
    """A file that is named for its language, or else the folder."""
    path = output / min(entry.made)
    return path if path.name.startswith(f"{entry.label}.") else path.parent
