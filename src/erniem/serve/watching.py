"""What becomes of each request, for the log and the metrics: never what it says."""

import logging
import secrets
import string
import time
from collections.abc import Collection
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erniem.serve.guard import HungUp
from erniem.serve.metrics import Meters

__all__ = ["Watching", "tell"]

logger = logging.getLogger(__name__)

HUNG_UP = 499
"""As nginx logs a client that did not wait for its answer."""

QUIET = ("/health", "/health/live", "/health/ready", "/metrics")
"""Asked every few seconds by machines, and logged only if it goes wrong."""

SAFE = frozenset(string.ascii_letters + string.digits + "-_.")


class Watching:
    """ASGI middleware around all others.

    Args:
        app: that is watched.
        meters: count.
        routes: paths that are counted by name; all others are one.
    """

    def __init__(self, app: ASGIApp, *, meters: Meters, routes: Collection[str]) -> None:
        self.app, self.meters, self.routes = app, meters, frozenset(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.monotonic(), HUNG_UP
        number = _number(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = number
            await send(message)

        self.meters.in_flight.inc()
        try:
            await self.app(scope, receive, watched)
        except HungUp:
            status = HUNG_UP
        finally:
            self.meters.in_flight.dec()
            self._note(scope, status, time.monotonic() - start, number)

    def _note(self, scope: Scope, status: int, seconds: float, number: str) -> None:
        """One request in the metrics and in the log."""
        path = scope["path"]
        route = path if path in self.routes else "other"
        told: dict[str, Any] = scope["state"]
        self.meters.requests.labels(route, str(status)).inc()
        self.meters.seconds.labels(route).observe(seconds)
        if code := told.get("refused"):
            self.meters.refused.labels(code).inc()
        if route in QUIET and status < 400:
            return
        facts = {
            "id": number,
            "method": scope["method"][:10],
            "route": route,
            "status": status,
            "seconds": round(seconds, 4),
        }
        logger.info("request", extra={"facts": facts | told})


def tell(scope: Scope, **facts: int | str) -> None:
    """Adds to what the log says of a request, such as how many texts it had."""
    scope.setdefault("state", {}).update(facts)


def _number(given: str) -> str:
    """The request's id: the client's own, if it is harmless, or a new one."""
    if given and len(given) <= 64 and SAFE.issuperset(given):
        return given
    return secrets.token_hex(8)
