"""Opens addresses, at the publisher's or at a mirror, and tells apart what can go wrong."""

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

__all__ = ["BROKEN", "BeyondEndError", "NoNetworkError", "PassingError", "Web"]

BROKEN = (OSError, http.client.HTTPException)
"""What reading an answer raises that breaks off."""

PASSING = (408, 425, 429)
"""Answers of a server that may be another soon, beside its own faults (5xx)."""

LONGEST_WAIT = 120.0
"""Seconds that we let a server tell us to wait."""


class NoNetworkError(OSError):
    """A host that cannot be reached at all."""


class PassingError(OSError):
    """What may be gone at the next try."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait
        """Seconds that the server asks us to wait first."""


class BeyondEndError(OSError):
    """Bytes were asked for that the file does not have."""

    def __init__(self, message: str, total: int | None) -> None:
        super().__init__(message)
        self.total = total
        """How many it has, if the server says."""


@dataclass(frozen=True, kw_only=True)
class Web:
    """How the network is reached."""

    mirror: str = ""
    """Address that stands in for all hosts: `https://a/b` is looked for at `MIRROR/a/b`."""
    timeout: float = 60.0
    """Seconds without a byte after which a connection counts as broken."""

    def __post_init__(self) -> None:
        if self.mirror and not self.mirror.startswith(("http://", "https://")):
            raise ValueError(f"a mirror is an address, http://… or https://…, not {self.mirror!r}.")

    def at(self, url: str) -> str:
        """Where an address is looked for.

        Example: with the mirror `http://ours/data`, `https://host/file` →
        `http://ours/data/host/file`.
        """
        if not self.mirror or url.startswith(self.mirror):
            return url
        return f"{self.mirror.rstrip('/')}/{url.split('://', 1)[1]}"

    def open(self, url: str, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
        """The answer to a GET; to be closed.

        Raises:
            NoNetworkError: no such host, or nobody there.
            PassingError: the server is busy or has a fault, or the connection broke.
            BeyondEndError: a range that the file does not have.
            ValueError: the server will not give it: not there, forbidden, gone.
        """
        sent = {"User-Agent": "erniem", "Accept-Encoding": "identity"}
        try:
            answer = urlopen(
                Request(self.at(url), headers={**sent, **(headers or {})}), timeout=self.timeout
            )
        except HTTPError as error:
            error.close()
            raise _refused(error, self.at(url)) from None
        except URLError as error:
            raise _unreached(error.reason, self.at(url)) from None
        except BROKEN as error:
            raise PassingError(f"{self.at(url)}: {error or type(error).__name__}") from None
        assert isinstance(answer, http.client.HTTPResponse)
        return answer


def _refused(error: HTTPError, url: str) -> Exception:
    """What an answer other than 2xx means."""
    said = f"{url}: the server says {error.code} {error.reason}"
    if error.code == 416:
        total = error.headers.get("Content-Range", "").rpartition("/")[2]
        return BeyondEndError(said, int(total) if total.isdigit() else None)
    if error.code >= 500 or error.code in PASSING:
        wait = error.headers.get("Retry-After", "")
        return PassingError(said, min(float(wait), LONGEST_WAIT) if wait.isdigit() else 0.0)
    return ValueError(
        f"{said}; the publisher may not have this language, or may have moved it: see the "
        "homepage in `erniem data list NAME`, or give a mirror (--mirror)."
    )


def _unreached(reason: object, url: str) -> OSError:
    """What a connection that did not come about means."""
    if isinstance(reason, TimeoutError | ConnectionResetError | ConnectionAbortedError):
        return PassingError(f"{url}: {reason}")
    host = url.split("/")[2]
    said = "its name is not known here" if isinstance(reason, socket.gaierror) else str(reason)
    return NoNetworkError(
        f"no network: {host} cannot be reached ({said}); connect, or give a mirror (--mirror)."
    )
