"""A server in a thread of this process, on a free port of loopback, and clients of it."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from erniem.serve.app import create_app
from erniem.serve.run import Stopping, bound, server_of
from erniem.serve.serving import Serving
from erniem.serve.settings import Limits, ServerSettings

__all__ = ["Live", "code_of", "living", "slow_down"]


@dataclass(frozen=True, kw_only=True)
class Live:
    """A server that runs."""

    client: httpx.Client
    port: int
    server: Stopping
    serving: Serving
    thread: threading.Thread

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return self.client.post(path, json=body, **more)

    def socket(self) -> "closing[socket.socket]":
        """A connection of one's own, to misbehave on."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return closing(connection)

    def until(self, what: Any, seconds: float = 10) -> None:
        """Waits for something to be so."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, "it never came to be"
            time.sleep(0.005)


@contextmanager
def living(folder: Path, limits: Limits | None = None, **settings: Any) -> Iterator[Live]:
    """A folder, served until the end of the block."""
    chosen = ServerSettings(port=0, **settings)
    limits = limits or Limits(stop_seconds=2.0)
    with closing(bound(chosen)) as listening:
        port = listening.getsockname()[1]
        app = create_app(folder, chosen, limits)
        server = server_of(app, limits)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            live = Live(
                client=client,
                port=port,
                server=server,
                serving=app.state.serving,
                thread=thread,
            )
            try:
                live.until(lambda: server.started)
                yield live
            finally:
                server.handle_exit(15, None)
                thread.join(10)
                assert not thread.is_alive(), "the server did not stop"


def code_of(response: httpx.Response) -> tuple[int, str]:
    """An error's status and code; it has OpenAI's shape."""
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return response.status_code, error["code"]


def slow_down(server: Live, seconds: float) -> None:
    """Has each batch of sentence vectors take longer."""
    work = server.serving.worker.works["embedding"]
    run = work.run

    def slowly(rows: Sequence[list[int]]) -> Sequence[Any]:
        time.sleep(seconds)
        return run(rows)

    work.run = slowly  # type: ignore[method-assign]
