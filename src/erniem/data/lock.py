"""What a folder holds and where it came from: `data.lock.json`, written after every file.

The first download of a file whose checksum nobody publishes sets the checksum for all later ones.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from erniem.data.dataset import DataSet
from erniem.data.download import Arrived
from erniem.data.plan import Download, HubFile

__all__ = ["Entry", "Lock"]

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file that was fetched."""

    data_set: str
    """Whose."""
    label: str
    """Language or pair; empty if all came together."""
    licence: str
    """As it was shown."""
    target: str
    """Where it went, see `Part.target`."""
    bytes: int
    """Size of the file as it came."""
    sha256: str
    """Its checksum."""
    etag: str
    """What the server called this version."""
    fetched: str
    """Day and time, UTC."""
    made: dict[str, int]
    """Files that are there because of it, below the output: bytes by path."""


class Lock:
    """The lock file of a folder.

    Raises:
        ValueError: it is damaged, or of a later format.
    """

    def __init__(self, output: Path) -> None:
        self._output = output
        self._path = output / "data.lock.json"
        self._writing = threading.Lock()
        told = self._read()
        self.entries = {url: Entry(**one) for url, one in told.get("files", {}).items()}
        self._listings: dict[str, list[dict[str, Any]]] = told.get("listings", {})
        self._accepted: dict[str, str] = told.get("accepted", {})

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            found = told["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{self._path} is damaged ({error}): take it away to fetch everything again."
            ) from error
        if found != FORMAT:
            raise ValueError(f"{self._path} has the format {found}, this erniem knows {FORMAT}.")
        return dict(told)

    def has(self, one: Download) -> bool:
        """Whether a file was fetched and all that was made of it is still there."""
        entry = self.entries.get(one.url)
        if entry is None or entry.target != one.target or not entry.made:
            return False
        return all(
            (path := self._output / name).is_file() and path.stat().st_size == size
            for name, size in entry.made.items()
        )

    def sha256(self, one: Download) -> str | None:
        """The checksum that a file must have: the publisher's, or that of the first download."""
        entry = self.entries.get(one.url)
        return one.sha256 or (entry.sha256 if entry else None)

    def add(self, one: Download, arrived: Arrived, made: Sequence[Path]) -> None:
        """Records a file that was fetched, and what was made of it."""
        entry = Entry(
            data_set=one.data_set.name,
            label=one.label.code if one.label else "",
            licence=one.data_set.licence,
            target=one.target,
            bytes=arrived.bytes,
            sha256=arrived.sha256,
            etag=arrived.etag,
            fetched=datetime.now(UTC).isoformat(timespec="seconds"),
            made={str(path.relative_to(self._output)): path.stat().st_size for path in made},
        )
        with self._writing:
            self.entries[one.url] = entry
            self._write()

    def accepted(self, data_set: DataSet) -> bool:
        """Whether its licence was accepted here before, in the same words."""
        return self._accepted.get(data_set.name) == data_set.licence

    def accept(self, data_sets: Sequence[DataSet]) -> None:
        """Records that licences were accepted."""
        with self._writing:
            self._accepted |= {one.name: one.licence for one in data_sets}
            self._write()

    def listing(self, place: str) -> list[HubFile] | None:
        """What the Hub said of a folder, at a revision that never changes."""
        found = self._listings.get(place)
        return None if found is None else [HubFile(**one) for one in found]

    def list(self, place: str, files: Sequence[HubFile]) -> None:
        """Records it."""
        with self._writing:
            self._listings[place] = [asdict(one) for one in files]
            self._write()

    def _write(self) -> None:
        content = {
            "format": FORMAT,
            "accepted": self._accepted,
            "files": {url: asdict(one) for url, one in sorted(self.entries.items())},
            "listings": self._listings,
        }
        self._output.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_name(self._path.name + ".partial")
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        partial.replace(self._path)
