"""A server as clients and operators meet it: on a socket, with signals, with misbehaviour."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from erniem.cli import main
from erniem.serve.settings import Limits, ServerSettings
from live_server import Live, code_of, living, slow_down

ASKED = {"model": "tiny", "input": "ba de"}
HEAD = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def test_a_port_in_use_is_told_in_a_line_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(tmp_path / "none"), "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert said == (
        f"erniem: port {port} of 127.0.0.1 is taken: stop what listens there, or give another "
        "--port (0: any).\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "70000"], "port 70000: give 0 to 65535"),
        (["--host", "203.0.113.7"], "port 0 of 203.0.113.7 cannot be listened on"),
        (["--texts", "0"], "texts 0: give at least 1"),
        (["--token", " "], "the token is empty"),
        (["--threads", "0"], "threads 0"),
        ([], "is no folder"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_line(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(tmp_path / "none"), "--port", "0", *arguments]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_the_token_comes_from_the_environment_unless_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[ServerSettings] = []
    monkeypatch.setattr("erniem.serve.run.serve", lambda _, settings, limits: seen.append(settings))
    monkeypatch.setenv("ERNIEM_TOKEN", "of-the-environment")
    assert main(["serve", "folder"]) == main(["serve", "folder", "--token", "given"]) == 0
    assert [one.token for one in seen] == ["of-the-environment", "given"]


def test_a_client_that_hangs_up_is_taken_out_of_the_queue(encoder: Path) -> None:
    limits = Limits(batch_tokens=64, stop_seconds=0.1)
    with living(encoder, limits, name="tiny") as server:
        slow_down(server, 0.02)
        line, gate = server.serving.worker.line, server.serving.gate
        body = json.dumps({"model": "tiny", "input": ["ba de fi"] * 2000}).encode()
        with server.socket() as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            server.until(lambda: line.tokens > 1000)
        server.until(lambda: line.tokens == 0, seconds=2)
        server.until(lambda: gate.requests == 0)
        assert server.post("/v1/embeddings", ASKED).is_success
        metrics = server.client.get("/metrics").text
        assert 'erniem_requests_total{route="/v1/embeddings",status="499"} 1.0' in metrics


def test_a_full_queue_says_when_to_come_again_and_then_there_is_room(encoder: Path) -> None:
    limits = Limits(batch_tokens=64, queue_tokens=2000, stop_seconds=0.5)
    long = {"model": "tiny", "input": ["ba de fi"] * 300}
    with living(encoder, limits, name="tiny") as server, ThreadPoolExecutor(1) as pool:
        slow_down(server, 0.02)
        first = pool.submit(server.post, "/v1/embeddings", long)
        server.until(lambda: server.serving.worker.line.tokens > 1000)
        second = server.post("/v1/embeddings", long)
        assert code_of(second) == (429, "queue_full")
        assert 1 <= int(second.headers["Retry-After"]) <= 60
        server.serving.reader.rows = None  # type: ignore[method-assign,assignment]
        third = server.post("/v1/embeddings", {**long, "input": long["input"] * 3})
        assert code_of(third) == (429, "queue_full"), "it was read before it was refused"
        del server.serving.reader.rows
        assert server.post("/v1/embeddings", ASKED).is_success, "short ones have a tenth"
        assert first.result().is_success
        assert server.post("/v1/embeddings", long).is_success


def test_a_client_that_sends_slowly_is_not_waited_for_and_keeps_out_nobody(encoder: Path) -> None:
    limits = Limits(read_seconds=0.2, stop_seconds=0.1)
    with living(encoder, limits, name="tiny") as server, server.socket() as slow_head:
        with server.socket() as slow_body, server.socket() as silent:
            slow_head.sendall(HEAD[:20])
            slow_body.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
            assert server.post("/v1/embeddings", ASKED).is_success
            assert slow_body.recv(65536).startswith(b"HTTP/1.1 408 ")
            assert ended(slow_head), "half a head holds a connection"
            assert ended(silent), "silence holds a connection"
        server.until(lambda: len(server.server.server_state.connections) <= 1)


def ended(connection: socket.socket) -> bool:
    connection.settimeout(5)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_a_client_that_does_not_read_is_left_in_time(encoder: Path) -> None:
    limits = Limits(read_seconds=0.2, seconds=0.5, stop_seconds=0.1)
    with living(encoder, limits, name="tiny") as server, server.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        body = json.dumps({"model": "tiny", "input": ["ba"] * 2000}).encode()
        deaf.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        gate, connections = server.serving.gate, server.server.server_state.connections
        server.until(lambda: gate.requests == 1)
        server.until(lambda: gate.requests == 0)
        server.until(lambda: not connections)


def test_a_connection_that_is_reset_takes_nobody_with_it(encoder: Path) -> None:
    with living(encoder, name="tiny") as server:
        for sent in (b"", HEAD, HEAD + b"Content-Length: 5\r\n\r\nab"):
            with server.socket() as rude:
                rude.sendall(sent)
                linger = struct.pack("ii", 1, 0)
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        assert server.post("/v1/embeddings", ASKED).is_success


def test_no_http_at_all(live: Live) -> None:
    with live.socket() as connection:
        connection.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_a_stopping_server_finishes_what_runs_and_refuses_what_is_new(encoder: Path) -> None:
    long = {"model": "tiny", "input": ["ba de fi"] * 300}
    limits = Limits(batch_tokens=64, stop_seconds=5.0)
    with living(encoder, limits, name="tiny") as server, ThreadPoolExecutor(1) as pool:
        slow_down(server, 0.02)
        first = pool.submit(server.post, "/v1/embeddings", long)
        server.until(lambda: server.serving.worker.line.tokens > 1000)
        server.server.handle_exit(signal.SIGTERM, None)
        with httpx.Client(base_url=server.url) as other:
            assert code_of(other.post("/v1/embeddings", json=ASKED)) == (503, "stopping")
            health = other.get("/health/ready")
            assert (health.status_code, health.json()["status"]) == (503, "stopping")
            assert other.get("/health/live").is_success
        assert first.result().is_success
        server.thread.join(5)
        assert not server.thread.is_alive()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.url}/health")


@contextmanager
def command(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`erniem serve` in a process of its own, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "erniem", "serve", str(folder), "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "ERNIEM_TOKEN": "s3cret", "OMP_NUM_THREADS": "1"},
    )
    try:
        assert process.stderr is not None
        first = json.loads(process.stderr.readline())
        yield process, first["url"]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_the_command_serves_until_it_is_told_to_stop_and_logs_no_text(encoder: Path) -> None:
    with command(encoder, "--name", "tiny", "--seconds", "20") as (process, url):
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer s3cret"}) as client:
            assert client.post("/v1/embeddings", json=ASKED).is_success
            wrong = {"model": "tiny", "input": ["a word nobody says", 5]}
            assert client.post("/v1/embeddings", json=wrong).status_code == 400
            assert httpx.get(f"{url}/v1/models").status_code == 401
            assert httpx.get(f"{url}/health").is_success
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr]
    assert [line["status"] for line in lines if line["event"] == "request"] == [200, 400, 401]
    assert lines[-1]["event"] == "stopped"
    for line in lines:
        assert {"time", "level", "from", "event"} <= set(line)
        assert not {"ba de", "s3cret"} & set(line.values())
    assert "nobody" not in json.dumps(lines)


@pytest.mark.slow
def test_a_second_signal_does_not_wait(encoder: Path) -> None:
    options = ("--name", "tiny", "--batch-tokens", "16", "--stop-seconds", "60")
    body = {"model": "tiny", "input": ["ba de fi"] * 2048}
    with command(encoder, *options) as (process, url), ThreadPoolExecutor(1) as pool:
        headers = {"Authorization": "Bearer s3cret"}
        long = pool.submit(httpx.post, f"{url}/v1/embeddings", json=body, headers=headers)
        while httpx.get(f"{url}/health").json()["waiting_tokens"] == 0:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        with suppress(httpx.HTTPError):
            assert long.result().status_code in (200, 503)
