"""Fetches data sets into a folder, once: licences first, then what lacks, a few files at a time.

```text
names, languages ─▶ licences ─accepted─▶ Downloads ─what lacks─▶ files ─unpacked─▶ OUTPUT/
                                                                    └▶ data.lock.json, sources.yaml
OUTPUT/monolingual/NAME/XX…   OUTPUT/parallel/NAME/XX-YY…   OUTPUT/xtreme/TASK/…
```
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from erniem.alone import alone_in
from erniem.data.archives import join_by_language, unpack_members, write_pairs
from erniem.data.catalogue import data_sets_named
from erniem.data.dataset import DataSet
from erniem.data.download import PAUSES, StoppedError, download
from erniem.data.labels import labels_of, refuse_unknown
from erniem.data.lock import Lock
from erniem.data.plan import Download, HubFile, downloads, hub_files
from erniem.data.sources import write_sources
from erniem.data.web import NoNetworkError, Web

__all__ = ["Fetched", "fetch"]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What a call brought."""

    new: int
    """Files that came."""
    there: int
    """Files that were there already."""
    bytes: int
    """Of the files that came, as they came."""


def fetch(
    names: Sequence[str],
    *,
    languages: Sequence[str] | None = None,
    output: Path = Path("data"),
    mirror: str | None = None,
    accept_licences: bool = False,
    jobs: int = 4,
    pauses: Sequence[float] = PAUSES,
    ask: Callable[[str], bool] | None = None,
    say: Callable[[str], None] = print,
) -> Fetched:
    """Brings data sets, leaving out what is there.

    Args:
        names: of data sets, or `xtreme` for all that it needs.
        languages: codes (`de`; of parallel text with English) or pairs (`de-fr`); None for all,
            which only benchmarks give.
        output: folder; what was fetched before stays.
        mirror: see `Web.mirror`; the variable ERNIEM_MIRROR if None.
        accept_licences: the licences are known and accepted.
        jobs: files at a time.
        pauses: see `download`.
        ask: puts the question of the licences; None where nobody can be asked.
        say: told what goes on.

    Raises:
        ValueError: an unknown name or language, a licence not accepted, a file that is not there or
            not what it should be.
        OSError: no network, or the disk is full.
    """
    data_sets = data_sets_named(names)
    refuse_unknown(data_sets, languages)
    data_sets = _with_languages(data_sets, languages, say)
    web = Web(mirror=os.environ.get("ERNIEM_MIRROR", "") if mirror is None else mirror)
    with alone_in(output):
        lock = Lock(output)
        _settle_licences(data_sets, lock, accept_licences, ask, say)
        wanted = list(downloads(data_sets, languages, _Listing(web, lock)))
        lacking = [one for one in wanted if not lock.has(one)]
        there = len(wanted) - len(lacking)
        if not lacking:
            say(f"nothing to do: {output} has it all (files: {there:,}).")
            return Fetched(new=0, there=there, bytes=0)
        say(_announced(lacking, there))
        _bring_all(lacking, output, lock, web, jobs, pauses, say)
        write_sources(output, lock)
        brought = sum(lock.entries[one.url].bytes for one in lacking)
        say(f"files fetched: {len(lacking):,}, {_size(brought)}, in {output}.")
    return Fetched(new=len(lacking), there=there, bytes=brought)


def _with_languages(
    data_sets: Sequence[DataSet], languages: Sequence[str] | None, say: Callable[[str], None]
) -> list[DataSet]:
    """Those that have any of the languages."""
    kept = []
    for one in data_sets:
        if one.whole or labels_of(one, languages):
            kept.append(one)
        else:
            say(f"{one.name}: nothing in {', '.join(languages or ())}; left out")
    if not kept:
        raise ValueError(
            f"nothing to fetch in {', '.join(languages or ())}; of parallel text a language alone "
            "means its pair with English."
        )
    return kept


def _settle_licences(
    data_sets: Sequence[DataSet],
    lock: Lock,
    accept: bool,
    ask: Callable[[str], bool] | None,
    say: Callable[[str], None],
) -> None:
    """Shows what was not accepted here before, and goes on only if it is.

    Raises:
        ValueError: it is not.
    """
    new = [one for one in data_sets if not lock.accepted(one)]
    if not new:
        return
    for one in new:
        say(f"{one.name} ({one.version})\n    licence: {one.licence}\n    see {one.homepage}")
        if one.note:
            say(f"    note: {one.note}")
    if not accept:
        if ask is None:
            raise ValueError(
                "nothing was fetched: read the licences above and give --accept-licences (--yes)."
            )
        if not ask("Do you accept these licences? [y/N] "):
            raise ValueError("nothing was fetched: the licences were not accepted.")
    lock.accept(new)


@dataclass(frozen=True)
class _Listing:
    """The Hub's lists of files, each asked for once: a revision never changes."""

    web: Web
    lock: Lock

    def __call__(self, repository: str, revision: str, folder: str) -> Sequence[HubFile]:
        place = f"{repository}@{revision}/{folder}"
        found = self.lock.listing(place)
        if found is None:
            found = hub_files(self.web, repository, revision, folder)
            self.lock.list(place, found)
        return found


def _announced(lacking: Sequence[Download], there: int) -> str:
    known = sum(one.size or 0 for one in lacking)
    unknown = sum(one.size is None for one in lacking)
    size = f", {_size(known)}" if known else ""
    size += f" and {unknown:,} files of unknown size" if known and unknown else ""
    return f"files to fetch: {len(lacking):,}{size}; there already: {there:,}"


def _bring_all(
    lacking: Sequence[Download],
    output: Path,
    lock: Lock,
    web: Web,
    jobs: int,
    pauses: Sequence[float],
    say: Callable[[str], None],
) -> None:
    """Brings files, a few at a time; what one file lacks does not keep the others.

    Raises:
        OSError: no network or no room; nothing more is tried.
        ValueError: files that failed, after all others came.
    """
    stop = threading.Event()

    def bring(one: Download) -> None:
        try:
            _bring(one, output, lock, web, pauses, stop, say)
        except OSError as error:
            if _ends_all(error):
                stop.set()
            raise

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        running = [pool.submit(bring, one) for one in lacking]
        try:
            wait(running)
        finally:
            stop.set()
    _sweep(output / ".archives")
    _raise_first(running)


def _sweep(archives: Path) -> None:
    """Takes away folders that are empty, when no thread may still be about to write in one."""
    for folder in (*archives.glob("*"), archives):
        with suppress(OSError):  # what came of an archive is kept
            folder.rmdir()


def _ends_all(error: BaseException) -> bool:
    """Whether the next file would fare no better: no network, or the system's own errors."""
    return isinstance(error, NoNetworkError) or getattr(error, "errno", None) is not None


def _raise_first(done: Sequence[Future[None]]) -> None:
    """Raises what went wrong: what ended all, or else what each file lacks."""
    errors = [error for one in done if (error := one.exception()) is not None]
    errors = [error for error in errors if not isinstance(error, StoppedError)]
    if not errors:
        return
    fatal = [
        error for error in errors if _ends_all(error) or not isinstance(error, OSError | ValueError)
    ]
    if fatal or len(errors) == 1:
        raise (fatal or errors)[0]
    told = "\n".join(f"  {error}" for error in errors)
    raise ValueError(f"{len(errors)} files could not be fetched, the others are there:\n{told}")


def _bring(
    one: Download,
    output: Path,
    lock: Lock,
    web: Web,
    pauses: Sequence[float],
    stop: threading.Event,
    say: Callable[[str], None],
) -> None:
    """Brings a file, makes of it what is to be made, and records it."""
    if stop.is_set():
        raise StoppedError
    archive = output / ".archives" / one.data_set.name / one.url.rpartition("/")[2]
    path = archive if one.unpacking else output / one.target
    arrived = download(
        one.url,
        path,
        web=web,
        sha256=lock.sha256(one),
        size=one.size,
        pauses=pauses,
        stop=stop,
        say=say,
    )
    made = _unpacked(one, path, output) if one.unpacking else [path]
    lock.add(one, arrived, made)
    if one.unpacking:
        archive.unlink()
    say(f"{one.target}  {_size(arrived.bytes)}")


def _unpacked(one: Download, archive: Path, output: Path) -> list[Path]:
    """What an archive holds, written."""
    if one.unpacking == "members":
        return unpack_members(archive, one.members, output / one.target)
    if one.unpacking == "pairs":
        assert one.label is not None
        write_pairs(archive, one.label, output / one.target)
        return [output / one.target]
    codes = {one.data_set.spellings.get(code, code): code for code in one.data_set.languages}

    def target(theirs: str) -> Path | None:
        return output / one.target.format(code=codes[theirs]) if theirs in codes else None

    return join_by_language(archive, one.members, target)


def _size(count: int) -> str:
    """Bytes for people: `1,234 MB`."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} bytes"
