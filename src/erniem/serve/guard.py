"""The guard before all routes: reads a body whole or not at all, minds the clock and the client.

```text
head ─▶ name? token? room? ─▶ body, counted as it comes ─▶ route ─▶ answer, in pieces
                                                             ▲ dropped if the client hangs up
                                                             └ 504 if it takes too long
```
"""

import asyncio
import logging
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erniem.serve.errors import Refusal
from erniem.serve.gate import Gate, Hold, stopping

__all__ = ["Guard", "HungUp"]

logger = logging.getLogger(__name__)

PIECE = 64 * 1024
"""Bytes of an answer that are handed on at once: a client that does not read holds up no more."""


class HungUp(Exception):  # noqa: N818  the client's right
    """The client is no longer there."""


class Guard:
    """ASGI middleware, see above."""

    def __init__(self, app: ASGIApp, *, gate: Gate) -> None:
        self.app, self.gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A request; whatever happens, it gets an answer or has hung up.

        Raises:
            HungUp: for whoever keeps the log.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = Pieces(send)
        try:
            await self._answer(scope, receive, answer)
        except Refusal as refusal:
            await _refuse(refusal, scope, receive, answer)
        except HungUp:
            raise
        except Exception as error:
            logger.error("request failed", exc_info=error)
            failed = Refusal(500, "failed", "the server failed at this; its log says where.")
            await _refuse(failed, scope, receive, answer)

    async def _answer(self, scope: Scope, receive: Receive, send: "Pieces") -> None:
        path, headers = scope["path"], Headers(scope=scope)
        self.gate.check(path, headers)
        with self.gate.entered(path), self.gate.holding() as hold:
            body = await self._read(headers, receive, hold)
            await self._run(scope, receive, send, body)

    async def _read(self, headers: Mapping[str, str], receive: Receive, hold: Hold) -> bytes:
        try:
            async with asyncio.timeout(self.gate.limits.read_seconds):
                return await _body(headers, receive, hold)
        except TimeoutError as error:
            raise Refusal(
                408, "too_slow", "the request did not come in time.",
                headers={"Connection": "close"},
            ) from error  # fmt: skip

    async def _run(self, scope: Scope, receive: Receive, send: "Pieces", body: bytes) -> None:
        """The route, until it has answered, the client has gone, or the time is over."""
        route = asyncio.ensure_future(self.app(scope, _once(body), send))
        gone = asyncio.create_task(_gone(receive))
        over = asyncio.create_task(self.gate.over.wait())
        try:
            await asyncio.wait(
                {route, gone, over},
                timeout=self.gate.limits.seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if route.done() or send.finished:
                await route
            elif gone.done():
                raise HungUp
            elif over.done():
                raise stopping()
            else:
                raise Refusal(504, "timeout", "not done in time: send less at once, or come again.")
        finally:
            for task in (route, gone, over):
                task.cancel()
            await asyncio.gather(route, gone, over, return_exceptions=True)


class Pieces:
    """Sends an answer a piece at a time, and knows how far it has come."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.started = self.finished = False

    async def __call__(self, message: Message) -> None:
        """Waits until the client has taken most of what was sent before."""
        self.started = True
        body = message.get("body", b"")
        for start in range(0, max(len(body) - PIECE, 0), PIECE):
            await self.send({**message, "body": body[start : start + PIECE], "more_body": True})
        if len(body) > PIECE:
            message = {**message, "body": body[-((len(body) - 1) % PIECE + 1) :]}
        await self.send(message)
        self.finished = message["type"] == "http.response.body" and not message.get("more_body")


async def _body(headers: Mapping[str, str], receive: Receive, hold: Hold) -> bytes:
    """The whole body, in memory that is counted before it is taken."""
    length = headers.get("content-length", "")
    if length.isdecimal():
        hold.grow(int(length))
    pieces: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HungUp
        piece = message.get("body", b"")
        total += len(piece)
        hold.grow(total)
        pieces.append(piece)
        if not message.get("more_body"):
            return b"".join(pieces)


def _once(body: bytes) -> Receive:
    """Gives the body to whoever reads it, and then nothing, ever: the guard minds hang-ups."""
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            await asyncio.Event().wait()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _gone(receive: Receive) -> None:
    """Returns when the client has hung up, or has its answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Pieces) -> None:
    """Answers, unless the answer has begun: then it ends where it is."""
    scope.setdefault("state", {})["refused"] = refusal.code
    if send.started:
        raise HungUp from refusal
    await refusal.response()(scope, receive, send)
