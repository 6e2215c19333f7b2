"""Between the network and the page: who may ask, how much, and that the page fetches nothing."""

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

BODY = 256 * 1024
"""Bytes of a request at most: sixty times the longest text that a tab takes."""

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; form-action 'self'"
)
"""A page loads nothing from elsewhere, even if a library in it tried."""


class Guard:
    """Refuses requests that are too large or name no length, and says what a page may load.

    Args:
        app: what answers all others.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if refused := _refused(scope):
            await refused(scope, receive, send)
            return

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self.app(scope, receive, with_policy)


def _refused(scope: Scope) -> PlainTextResponse | None:
    """Why a request is not taken."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return None
    length = dict(scope["headers"]).get(b"content-length", b"")
    if not length.isdigit():
        return PlainTextResponse("Say how long the request is.", status_code=411)
    if int(length) > BODY:
        return PlainTextResponse(f"More than {BODY:,} bytes: shorten it.", status_code=413)
    return None
