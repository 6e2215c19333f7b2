"""The folder a corpus is built in: what each task leaves for the next stage, under one roof.

```text
CORPUS.work/
  plan.json                      what is being built, of which files
  clean/  compare/  encode/  join/   datatrove's marks of finished tasks, a folder a stage
  documents/00007.parquet        cleaned documents of task 7
  keys/00007                     their keys
  cleaned/00007.json             counts, drops, candidates to hold out
  repeated/00003                 what bucket 3 found to be repeated
  parts/00007/                   shards of task 7
  corpus/                        the corpus, until it is whole
```
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erniem.alone import alone_in

__all__ = ["Work", "check_same", "state_of"]


@dataclass(frozen=True)
class Work:
    """Names of what lies in the folder."""

    folder: Path
    """The folder."""

    def stage(self, name: str) -> Path:
        """Where the marks of a stage's finished tasks are."""
        return self.folder / name

    def documents(self, rank: int) -> Path:
        """Cleaned documents of a task."""
        return self._of_task("documents", rank, ".parquet")

    def keys(self, rank: int) -> Path:
        """Keys of its documents."""
        return self._of_task("keys", rank)

    def cleaned(self, rank: int) -> Path:
        """Counts and drops of a task that cleaned."""
        return self._of_task("cleaned", rank, ".json")

    def rejected(self, rank: int, why: str) -> Path:
        """All that a task dropped while it cleaned, or left out when it encoded."""
        return self._of_task(f"corpus/rejected/{why}", rank, ".jsonl")

    def repeated(self, bucket: int) -> Path:
        """What a bucket found to be repeated."""
        return self._of_task("repeated", bucket)

    def parts(self, rank: int) -> Path:
        """Folder of a task's shards."""
        return self._of_task("parts", rank)

    def encoded(self, rank: int) -> Path:
        """Counts and drops of a task that encoded."""
        return self._of_task("encoded", rank, ".json")

    def joined(self, rank: int) -> Path:
        """Names, sizes and hashes of the files of a data set."""
        return self._of_task("joined", rank, ".json")

    @property
    def corpus(self) -> Path:
        """The corpus, until it is whole."""
        return self.folder / "corpus"

    def _of_task(self, kind: str, rank: int, ending: str = "") -> Path:
        path = self.folder / kind / f"{rank:05d}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def begun(self, plan: dict[str, Any]) -> Iterator[None]:
        """The folder, opened for a plan, and kept from other builds meanwhile.

        Raises:
            ValueError: another plan is being built there, or this one by another process.
        """
        with alone_in(self.folder):
            self._begin(plan)
            yield

    def _begin(self, plan: dict[str, Any]) -> None:
        """Opens the folder for a plan, or goes on with one.

        A file may have been mended that no finished task has read.

        Raises:
            ValueError: another plan is being built there.
        """
        path = self.folder / "plan.json"
        if path.exists():
            old = json.loads(path.read_text(encoding="utf-8"))
            check_same(self._with_mended(old, plan["files"]), plan, self.folder)
        partial = path.with_name(path.name + ".partial")
        partial.write_text(json.dumps(plan, indent=1, ensure_ascii=False), encoding="utf-8")
        partial.replace(path)

    def _with_mended(self, plan: dict[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
        """A plan with the new states of those files whose task has not been finished."""
        if len(files) != len(plan["files"]):
            return plan
        new = [
            now if now["path"] == before["path"] and not self._is_cleaned(rank) else before
            for rank, (before, now) in enumerate(zip(plan["files"], files, strict=True))
        ]
        return plan | {"files": new}

    def _is_cleaned(self, rank: int) -> bool:
        """Whether datatrove has marked the task that cleans a file as finished."""
        return (self.stage("clean") / "completions" / f"{rank:05d}").exists()


def check_same(old: dict[str, Any], new: dict[str, Any], folder: Path) -> None:
    """Raises ValueError if a folder was built, or is being built, by another plan."""
    if old == new:
        return
    changed = [key for key in old["recipe"] if old["recipe"][key] != new["recipe"].get(key)]
    before, after = (
        {one["path"]: one for one in [*plan["files"], *plan.get("beside", [])]}
        for plan in (old, new)
    )
    files = [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]
    what = ", ".join([*changed, *files[:3], *(["…"] if len(files) > 3 else [])]) or "erniem itself"
    raise ValueError(
        f"{folder} was made by another recipe or from other files (changed: {what}): delete it, "
        "or choose another output."
    )


def state_of(path: str) -> dict[str, Any]:
    """By what a file is known to be as it was: size and time of change, where that can be told.

    Of a folder: of all its files together, and the last of their times.
    """
    place = Path(path)
    files = [one for one in place.rglob("*") if one.is_file()] if place.is_dir() else [place]
    try:
        facts = [one.stat() for one in files]
    except OSError:  # elsewhere, or several files: its name must do
        return {}
    changed = max((one.st_mtime_ns for one in facts), default=0)
    return {"bytes": sum(one.st_size for one in facts), "changed": changed}
