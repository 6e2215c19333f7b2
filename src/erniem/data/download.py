"""One file from the network: resumed where it broke off, tried again, checked, then named.

```text
NAME.part, NAME.part.json ─Range, If-Range─▶ the rest ─size, sha256─▶ NAME      or NAME.wrong
```

Nothing stands under its final name before it is whole.
"""

import errno
import hashlib
import http.client
import json
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from erniem.data.web import BROKEN, BeyondEndError, NoNetworkError, PassingError, Web

__all__ = ["PAUSES", "Arrived", "StoppedError", "download", "sha256_of"]

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between tries that bring nothing; after the last one we give up."""

CHUNK = 2**18
"""Bytes read at once."""


class StoppedError(Exception):
    """Another download failed in a way that ends them all."""


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A file that is there and checked."""

    bytes: int
    """Its size."""
    sha256: str
    """Its checksum."""
    etag: str
    """What the server calls this version of it; empty if it does not say."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What has come so far of a file."""

    path: Path
    """`NAME.part`, beside it `NAME.part.json`."""

    @property
    def note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def etag(self) -> str:
        """The version that it is of; empty if that is not known."""
        try:
            return str(json.loads(self.note.read_text(encoding="utf-8"))["etag"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def begin(self, etag: str) -> None:
        self.path.unlink(missing_ok=True)
        self.note.write_text(json.dumps({"etag": etag}), encoding="utf-8")

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def download(
    url: str,
    path: Path,
    *,
    web: Web,
    sha256: str | None = None,
    size: int | None = None,
    pauses: Sequence[float] = PAUSES,
    stop: threading.Event | None = None,
    say: Callable[[str], None] = print,
) -> Arrived:
    """Brings a file, going on with what an earlier call left.

    Args:
        url: the publisher's address.
        path: where the file will stand.
        web: how the network is reached.
        sha256: checksum that it must have, if one is known.
        size: number of bytes that it must have, if known.
        pauses: seconds between tries; a try that brought something starts them anew.
        stop: when set, the download ends where it is.
        say: told when a file begins anew, or a try failed.

    Raises:
        NoNetworkError: the host cannot be reached, and nothing came from it in this call.
        OSError: the disk is full, or the last try failed too; what came is kept.
        ValueError: the server has no such file, or it is not the one expected; that is kept aside.
        StoppedError: `stop` was set.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(path=path.with_name(path.name + ".part"))
    patience = _Patience(pauses, stop or threading.Event(), say)
    while True:
        before = part.size
        try:
            _bring(url, part, web, size, patience)
            return _checked(url, part, path, sha256)
        except BeyondEndError as error:
            if before and error.total == before:  # all of it had come
                return _checked(url, part, path, sha256)
            if not before:
                raise
            part.forget()
            say(f"{url} is smaller on the server than what had come of it; beginning anew")
        except (PassingError, NoNetworkError) as error:
            patience.after(error, part, grown=part.size > before)
        except OSError as error:
            raise _full(error, part, path) from None


class _Patience:
    """When to try again, and when to give up."""

    def __init__(
        self, pauses: Sequence[float], stop: threading.Event, say: Callable[[str], None]
    ) -> None:
        self._pauses = self._left = tuple(pauses)
        self._reached = False
        self.stop = stop
        self.say = say

    def after(self, error: PassingError | NoNetworkError, part: _Part, *, grown: bool) -> None:
        """Waits before the next try; a try that brought something starts the pauses anew.

        Raises:
            OSError: no try is left, or the host was never reached.
            StoppedError: meanwhile.
        """
        self._reached = self._reached or grown
        if isinstance(error, NoNetworkError) and not self._reached:
            raise error
        self._left = self._pauses if grown else self._left
        if not self._left:
            raise OSError(f"{error}; {_kept(part)}") from None
        pause, self._left = self._left[0], self._left[1:]
        self.say(f"{error}; trying again")
        if self.stop.wait(max(pause, getattr(error, "wait", 0.0))):
            raise StoppedError from None


def _full(error: OSError, part: _Part, path: Path) -> OSError:
    """The error to raise: of a full disk, one that says what is kept."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return error
    return OSError(error.errno, f"the disk is full at {path}; make room: {_kept(part)}")


def _kept(part: _Part) -> str:
    return f"{part.size:,} bytes are kept in {part.path}, run again to go on."


def _bring(
    url: str,
    part: _Part,
    web: Web,
    size: int | None,
    patience: _Patience,
) -> None:
    """One try to bring what lacks of a file."""
    etag = part.etag()
    start = part.size if etag else 0
    if start and start == size:
        return
    with web.open(url, _range(start, etag)) as answer:
        total = _total(answer)
        new = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
        if size is not None and total is not None and total != size:
            raise ValueError(f"{url} has {total:,} bytes, the publisher's list says {size:,}.")
        changed = bool(new) and new != etag
        if changed or not _goes_on(answer, start):
            if start:
                patience.say(f"{url}: {_why_anew(answer, changed)}; beginning anew")
            part.begin(new)
            if answer.status == 206:
                raise PassingError(f"{url}: the server sent another piece than asked for")
        _copy(answer, part, patience.stop)
    if total is not None and part.size != total:
        raise PassingError(f"{url} broke off at {part.size:,} of {total:,} bytes")


def _range(start: int, etag: str) -> dict[str, str]:
    """What asks for the rest. A weak tag promises no equal bytes, so it is only compared."""
    if not start:
        return {}
    asked = {"Range": f"bytes={start}-"}
    return asked if etag.startswith("W/") else {**asked, "If-Range": etag}


def _why_anew(answer: http.client.HTTPResponse, changed: bool) -> str:
    if changed:
        return "changed on the server since the first part came"
    return f"the server cannot go on in the middle (it answers {answer.status})"


def _goes_on(answer: http.client.HTTPResponse, start: int) -> bool:
    """Whether the answer begins where we are, in the middle."""
    content = answer.headers.get("Content-Range") or ""
    return start > 0 and answer.status == 206 and content.startswith(f"bytes {start}-")


def _total(answer: http.client.HTTPResponse) -> int | None:
    """Bytes of the whole file, if the server says."""
    if answer.status == 206:
        match = re.search(r"/(\d+)$", answer.headers.get("Content-Range") or "")
        return int(match[1]) if match else None
    length = answer.headers.get("Content-Length")
    return int(length) if length else None


def _copy(answer: http.client.HTTPResponse, part: _Part, stop: threading.Event) -> None:
    """Writes what comes; what was written stays when it breaks off."""
    with part.path.open("ab") as file:
        while True:
            if stop.is_set():
                raise StoppedError
            try:
                chunk = answer.read(CHUNK)
            except BROKEN as error:
                raise PassingError(f"{answer.url}: {error or type(error).__name__}") from None
            if not chunk:
                return
            file.write(chunk)


def _checked(url: str, part: _Part, path: Path, sha256: str | None) -> Arrived:
    """Gives a whole file its name, if it is the one expected."""
    found, size, etag = sha256_of(part.path), part.size, part.etag()
    if sha256 is not None and found != sha256:
        aside = path.with_name(path.name + ".wrong")
        part.path.replace(aside)
        part.forget()
        raise ValueError(
            f"{url} has the checksum {found}, expected was {sha256}: the file is kept as {aside}. "
            "Fetch again if the way was at fault; if its publisher changed it, look what changed "
            "and take its entry out of data.lock.json."
        )
    part.path.replace(path)
    part.forget()
    return Arrived(bytes=size, sha256=found, etag=etag)


def sha256_of(path: Path) -> str:
    """The checksum of a file, read once."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
