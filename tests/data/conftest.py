"""A publisher's server on loopback, with the faults that servers have."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Publisher:
    """What a server has, how it misbehaves, and what it was asked for."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    """By path, without the first slash."""
    faults: dict[str, list[int | str]] = field(default_factory=dict)
    """For the next requests of a path: a status; `cut` or `hang` in the middle."""
    ranges: bool = True
    tags: bool = True
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    """More headers, by path."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and range of each request."""
    sent: int = 0
    """Bytes of files."""
    over: threading.Event = field(default_factory=threading.Event)
    """Set at the end of a test."""

    def tag(self, path: str) -> str:
        return f'"{hash(self.files[path]) & 0xFFFFFFFF:x}"'


class Handler(BaseHTTPRequestHandler):
    publisher: Publisher

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        us, path = self.publisher, self.path[1:]
        us.asked.append((path, self.headers.get("Range", "")))
        fault = us.faults[path].pop(0) if us.faults.get(path) else None
        if isinstance(fault, int) or path not in us.files:
            self.send_error(fault if isinstance(fault, int) else 404)
            return
        content, start = us.files[path], self._start(path)
        if start is not None and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200 if start is None else 206)
        if start is not None:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        body = content[start or 0 :]
        self.send_header("Content-Length", str(len(body)))
        if us.tags:
            self.send_header("ETag", us.tag(path))
        for name, value in us.headers.get(path, {}).items():
            self.send_header(name, value)
        self.end_headers()
        body = body[: len(body) // 2] if fault in ("cut", "hang") else body
        us.sent += len(body)
        self.wfile.write(body)
        if fault == "hang":
            us.over.wait(20)
        self.close_connection = True

    def _start(self, path: str) -> int | None:
        """Where an answer in pieces begins; None for the whole file."""
        asked = self.headers.get("Range")
        tag = self.headers.get("If-Range")
        if not self.publisher.ranges or not asked or (tag and tag != self.publisher.tag(path)):
            return None
        return int(asked.removeprefix("bytes=").removesuffix("-"))


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    us = Publisher()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ours", (Handler,), {"publisher": us}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    us.address = f"http://127.0.0.1:{server.server_port}"
    yield us
    us.over.set()
    server.shutdown()
    thread.join()
    server.server_close()
