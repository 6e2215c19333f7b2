"""The guard by itself, with clients and applications of our own."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from erniem.serve.gate import Gate
from erniem.serve.guard import PIECE, Guard, HungUp
from erniem.serve.settings import Limits, ServerSettings

LIMITS = Limits(
    body_bytes=100, bodies_bytes=150, requests=2, read_seconds=0.05, seconds=0.1, stop_seconds=0.1
)


class Client:
    """Sends what it is told, and hangs up when it is told."""

    def __init__(
        self, body: Sequence[bytes] = (b"",), *, path: str = "/v1/embeddings", **headers: str
    ) -> None:
        self.scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in {"host": "localhost", **headers}.items()
            ],
        }
        self.messages = [
            {"type": "http.request", "body": piece, "more_body": number + 1 < len(body)}
            for number, piece in enumerate(body)
        ]
        self.hung_up = asyncio.Event()
        self.got: list[Message] = []

    async def receive(self) -> Message:
        if self.messages:
            return self.messages.pop(0)
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.got.append(message)

    @property
    def status(self) -> int:
        return self.got[0]["status"]

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.got)

    @property
    def code(self) -> str:
        return json.loads(self.body)["error"]["code"]


def echo(answer: Callable[[bytes], bytes] = lambda body: body) -> Any:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": answer(body)})

    return app


async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


def gate(limits: Limits = LIMITS, **settings: Any) -> Gate:
    return Gate(limits, ServerSettings(**settings))


def asked(client: Client, app: Any = None, at: Gate | None = None) -> Client:
    async def main() -> None:
        guard = Guard(app or echo(), gate=at or gate())
        await guard(client.scope, client.receive, client.send)

    asyncio.run(main())
    return client


def test_a_body_in_pieces_reaches_the_route_whole() -> None:
    assert asked(Client([b"a" * 40, b"", b"b" * 60])).body == b"a" * 40 + b"b" * 60


def test_a_body_is_refused_by_its_length_and_where_it_becomes_too_long() -> None:
    client = asked(Client([b"a"], content_length="101"))
    assert (client.status, client.code) == (413, "body_too_large")
    assert client.messages, "the body was read"
    client = asked(Client([b"a" * 60, b"a" * 41, b"never read"]))
    assert (client.status, client.code) == (413, "body_too_large")
    assert client.messages


def test_a_length_that_is_a_lie_is_not_believed() -> None:
    client = asked(Client([b"a" * 101], content_length="5"))
    assert client.code == "body_too_large"
    assert asked(Client([b"a"], content_length="-3")).status == 200


def test_all_bodies_together_have_their_limit_and_what_is_answered_is_forgotten() -> None:
    async def main() -> None:
        at = gate(Limits(body_bytes=100, bodies_bytes=150))
        guard = Guard(stuck, gate=at)
        first, second = Client([b"a" * 90]), Client([b"a" * 90])
        task = asyncio.create_task(guard(first.scope, first.receive, first.send))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert at.bytes == 90
        await guard(second.scope, second.receive, second.send)
        assert (second.status, second.code) == (429, "busy")
        first.hung_up.set()
        with pytest.raises(HungUp):
            await task
        assert (at.bytes, at.requests) == (0, 0)

    asyncio.run(main())


def test_no_more_requests_at_once_than_the_limit_says() -> None:
    at = gate()
    at.requests = 2
    client = asked(Client(), at=at)
    assert (client.status, client.code) == (429, "busy")
    assert (b"retry-after", b"1") in client.got[0]["headers"]
    for path in ("/health", "/metrics"):
        assert asked(Client(path=path), at=at).status == 200


def test_a_request_that_does_not_come_in_time() -> None:
    client = Client([b"a", b"b"])
    client.messages.pop()
    assert asked(client).code == "too_slow"
    assert client.status == 408


def test_an_answer_that_does_not_come_in_time() -> None:
    client = asked(Client(), stuck)
    assert (client.status, client.code) == (504, "timeout")


def test_the_route_of_a_client_that_hangs_up_is_cancelled() -> None:
    cancelled = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal cancelled
        client.hung_up.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled = True
            raise

    client = Client()
    with pytest.raises(HungUp):
        asked(client, app)
    assert cancelled
    assert not client.got


def test_a_client_that_takes_no_answer_holds_up_a_piece_of_it_and_is_left_in_time() -> None:
    client = Client()
    taken = 0

    async def send(message: Message) -> None:
        nonlocal taken
        taken += len(message.get("body", b""))
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    client.send = send  # type: ignore[method-assign]
    with pytest.raises(HungUp):
        asked(client, echo(lambda _: b"x" * 10 * PIECE))
    assert taken == PIECE


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 5])
def test_answers_of_every_size_arrive_whole(size: int) -> None:
    answer = (b"0123456789" * (size // 10 + 1))[:size]
    client = asked(Client(), echo(lambda _: answer))
    assert client.body == answer
    assert max(len(message.get("body", b"")) for message in client.got) <= PIECE
    assert [message.get("more_body", False) for message in client.got[1:]].count(False) == 1


def test_a_route_that_breaks_is_one_line_for_the_client(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a text of the client's")

    client = asked(Client(), app)
    assert (client.status, client.code) == (500, "failed")
    assert b"a text" not in client.body


def test_the_token_is_asked_of_all_but_health() -> None:
    at = gate(token="s3cret")
    for given in ("", "Bearer", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret", "ÿ"):
        client = asked(Client(authorization=given), at=at)
        assert (client.status, client.code) == (401, "invalid_api_key")
    assert asked(Client(path="/metrics"), at=at).status == 401
    assert asked(Client(path="/health/live"), at=at).status == 200
    for given in ("Bearer s3cret", "bearer  s3cret"):
        assert asked(Client(authorization=given), at=at).status == 200


def test_a_page_elsewhere_cannot_reach_loopback_by_a_name_of_its_own() -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.2", "", "[::2]:80"):
        client = asked(Client(host=host))
        assert (client.status, client.code) == (421, "unknown_host")
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert asked(Client(host=host)).status == 200
    for host in ("search.example", "Search.Example:443"):
        named = gate(allow_hosts=("Search.example",))
        assert asked(Client(host=host), at=named).status == 200
    assert asked(Client(host="any.example"), at=gate(host="0.0.0.0")).status == 200


def test_spaces_around_a_token_are_no_part_of_it() -> None:
    at = gate(token=" s3cret ")
    assert asked(Client(authorization="Bearer s3cret"), at=at).status == 200
    assert asked(Client(authorization="Bearer s3cre"), at=at).status == 401


def test_a_stopping_server_refuses_what_is_new_and_tells_its_health() -> None:
    at = gate()
    at.closing = True
    client = asked(Client(), at=at)
    assert (client.status, client.code) == (503, "stopping")
    assert asked(Client(path="/health"), at=at).status == 200  # the route's own 503 comes later
