"""Who is let in: how many at once, with how much, by which name and token. No I/O."""

import asyncio
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from erniem.serve.errors import Refusal
from erniem.serve.settings import Limits, ServerSettings

__all__ = ["Gate", "Hold", "stopping"]

LOOPBACK = ("127.0.0.1", "localhost", "::1")

OPEN = ("/", "/docs", "/openapi.json", "/health", "/health/live", "/health/ready")
"""Paths that need no token and are answered to the last: the description, and the state."""

SCRAPED = "/metrics"
"""Needs the token, and is answered even when there is no room."""


class Gate:
    """Counts who is inside; refuses who may not come in.

    Args:
        limits: how many, how much.
        settings: token, host and names.
    """

    def __init__(self, limits: Limits, settings: ServerSettings) -> None:
        self.limits = limits
        self.requests = self.bytes = 0
        self.closing = False
        self.over = asyncio.Event()
        """The time that a stopping server gave to what ran."""
        self._token = None if settings.token is None else settings.token.strip().encode()
        local = settings.host in LOOPBACK
        self._names = {*LOOPBACK, *map(str.lower, settings.allow_hosts)} if local else None

    def check(self, path: str, headers: Mapping[str, str]) -> None:
        """Refuses a request by what its head says.

        Raises:
            Refusal: 421 for a name that is not ours, as of a page elsewhere whose name was made to
                lead here (DNS rebinding); 401 without the token; 503 if the server is stopping.
        """
        if self._names is not None and _name(headers.get("host", "")) not in self._names:
            raise Refusal(
                421,
                "unknown_host",
                f"this server is not called {_name(headers.get('host', ''))[:80]!r}: call it "
                "localhost, or start it with --allow-host and its name.",
            )
        if path in OPEN:
            return
        if self._token is not None and not self._known(headers.get("authorization", "")):
            raise Refusal(
                401,
                "invalid_api_key",
                "give the server's token: `Authorization: Bearer TOKEN`.",
                headers={"WWW-Authenticate": "Bearer"},
            )
        if self.closing and path != SCRAPED:
            raise stopping()

    @contextmanager
    def entered(self, path: str) -> Iterator[None]:
        """A request is inside.

        Raises:
            Refusal: 429 if too many are.
        """
        if path in OPEN or path == SCRAPED:
            yield
            return
        if self.requests >= self.limits.requests:
            raise _busy(f"{self.requests} requests are being answered")
        self.requests += 1
        try:
            yield
        finally:
            self.requests -= 1

    @contextmanager
    def holding(self) -> Iterator["Hold"]:
        """The bytes of a request's body, for as long as it is being answered."""
        hold = Hold(self)
        try:
            yield hold
        finally:
            self.bytes -= hold.bytes

    def _known(self, authorization: str) -> bool:
        """Whether the token is right, in a time that does not tell how much of it is."""
        kind, _, given = authorization.partition(" ")
        assert self._token is not None
        right = hmac.compare_digest(given.strip().encode(), self._token)
        return kind.lower() == "bearer" and right


class Hold:
    """Bytes of one body."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.bytes = 0

    def grow(self, total: int) -> None:
        """The body has so many bytes now, or says that it will have.

        Raises:
            Refusal: 413 if that is too much, 429 if it is too much beside the others.
        """
        limits = self.gate.limits
        if total > limits.body_bytes:
            raise Refusal(
                413,
                "body_too_large",
                f"the body is over {limits.body_bytes:,} bytes: send less at once.",
                headers={"Connection": "close"},
            )
        more = max(0, total - self.bytes)
        if self.gate.bytes + more > limits.bodies_bytes:
            raise _busy("the requests being answered fill the memory that is set aside for them")
        self.bytes += more
        self.gate.bytes += more


def stopping() -> Refusal:
    """What is answered by a server that is stopping."""
    return Refusal(
        503, "stopping", "the server is stopping: ask another.",
        headers={"Connection": "close", "Retry-After": "5"},
    )  # fmt: skip


def _busy(why: str) -> Refusal:
    return Refusal(429, "busy", f"{why}: come again.", headers={"Retry-After": "1"})


def _name(host: str) -> str:
    """`localhost:8000` → `localhost`, `[::1]:8000` → `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
