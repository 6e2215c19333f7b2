"""`erniem serve`: a socket, the application, and a stop that finishes what runs.

```text
socket ─▶ checkpoint ─▶ ready ─SIGTERM─▶ new requests 503, old ones finish ─▶ end
```

The socket is bound first: a port that is taken is told before a checkpoint is read.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from erniem.serve.app import create_app
from erniem.serve.connection import patient_for
from erniem.serve.gate import LOOPBACK, Gate
from erniem.serve.logs import log_as_json
from erniem.serve.settings import Limits, ServerSettings

__all__ = ["Stopping", "bound", "serve", "server_of"]

logger = logging.getLogger(__name__)

LOOKS = 0.05
"""Seconds between two looks whether the last request is done."""


def serve(
    folder: Path, settings: ServerSettings | None = None, limits: Limits | None = None
) -> None:
    """Serves a checkpoint until it is told to stop by SIGTERM or SIGINT.

    Args:
        folder: a checkpoint with its tokenizer, of any kind that `erniem.Encoder` reads.
        settings: what is served, and where.
        limits: how much is taken.

    Raises:
        ValueError: a folder that cannot be read.
        OSError: an address that cannot be listened on.
    """
    settings, limits = settings or ServerSettings(), limits or Limits()
    with contextlib.closing(bound(settings)) as listening:
        app = create_app(folder, settings, limits)
        log_as_json()
        server = server_of(app, limits, told=lambda: _announce(app, listening, settings))
        server.run(sockets=[listening])
        logger.info("stopped")


def server_of(app: FastAPI, limits: Limits, told: Callable[[], None] = lambda: None) -> "Stopping":
    """A server of what `create_app` made; `told` is called when it takes requests."""
    return Stopping(_config(app, limits), app.state.serving.gate, limits.stop_seconds, told)


class Stopping(uvicorn.Server):
    """A server that answers 503 while it finishes what runs, and then ends.

    uvicorn by itself closes the door at once: whoever comes then is told nothing.
    """

    def __init__(
        self, config: uvicorn.Config, gate: Gate, seconds: float, told: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self.gate, self.seconds, self.told = gate, seconds, told

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, and says so."""
        await super().startup(sockets)
        if self.started:
            self.told()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal lets what runs finish; a second does not."""
        if self.gate.closing:
            self.should_exit = self.force_exit = True
        self.gate.closing = True

    async def main_loop(self) -> None:
        """Until a signal has come, and what ran then is done, or its time is over."""
        serving = asyncio.ensure_future(super().main_loop())
        while not self.gate.closing and not serving.done():
            await asyncio.sleep(LOOKS)
        logger.info("stopping", extra={"facts": {"requests": self.gate.requests}})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                while self.gate.requests and not self.should_exit:
                    await asyncio.sleep(LOOKS)
        self.gate.over.set()
        self.should_exit = True
        await serving


def bound(settings: ServerSettings) -> socket.socket:
    """A socket on the address, which nobody else has.

    Raises:
        OSError: an address that cannot be listened on.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise OSError(f"{settings.host} is no address of this machine: {error}") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise OSError(_why(error, settings)) from error
    return bound


def _why(error: OSError, settings: ServerSettings) -> str:
    place = f"port {settings.port} of {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{place} is taken: stop what listens there, or give another --port (0: any)."
    return f"{place} cannot be listened on: {error.strerror}."


def _config(app: FastAPI, limits: Limits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=patient_for(limits.read_seconds),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
    )


def _announce(app: FastAPI, listening: socket.socket, settings: ServerSettings) -> None:
    """Says in the log what is served where."""
    host, port = listening.getsockname()[:2]
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    serving = app.state.serving
    facts = {
        "url": f"http://{place}",
        "model": serving.name,
        "work": sorted(serving.worker.works),
        "token": settings.token is not None,
    }
    logger.info("serving", extra={"facts": facts})
    if settings.host not in LOOPBACK and settings.token is None:
        logger.warning("open to the network without a token: give --token or ERNIEM_TOKEN")
