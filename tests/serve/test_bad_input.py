"""What is wrong with a request is told in one error of OpenAI's shape, and is never a 5xx."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from erniem.serve.settings import Limits
from live_server import Live, code_of, living

JSON = {"Content-Type": "application/json"}
LIMITS = Limits(
    body_bytes=20_000,
    bodies_bytes=40_000,
    texts=20,
    characters=1_000,
    queue_tokens=2_100,
    stop_seconds=1.0,
)


@pytest.fixture(scope="module")
def small(masked: Path) -> Iterator[Live]:
    """A server that takes little."""
    with living(masked, LIMITS, name="tiny") as server:
        yield server


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_request"),
        (b"{", "invalid_json"),
        (b"null", "invalid_request"),
        (b'"text"', "invalid_request"),
        (b'["text"]', "invalid_request"),
        (b'{"model": "tiny", "input": "\xff\xfe"}', "invalid_request"),
        (b'{"model": "tiny", "input": "\\ud800"}', "invalid_text"),
        (b"[" * 15_000, "invalid_request"),
        (b'{"model": "tiny", "input": ' + b"9" * 5_000 + b"}", "invalid_request"),
        (b'{"model": "tiny", "input": NaN}', "invalid_request"),
        (b'{"model": "tiny"}', "invalid_request"),
        (b'{"input": "a"}', "invalid_request"),
        (b'{"model": "tiny", "input": null}', "invalid_request"),
        (b'{"model": "tiny", "input": {"a": 1}}', "invalid_request"),
        (b'{"model": "tiny", "input": ["a", 1]}', "invalid_request"),
        (b'{"model": "tiny", "input": [["a"]]}', "invalid_request"),
        (b'{"model": "tiny", "input": "a", "encoding_format": "int8"}', "invalid_request"),
        (b'{"model": "tiny", "input": "a", "no_such_option": 1}', "invalid_request"),
        (b'{"model": "tiny", "input": []}', "no_texts"),
        (b'{"model": "tiny", "input": ""}', "empty_text"),
        (b'{"model": "tiny", "input": ["a", " \\n\\u3000"]}', "empty_text"),
        (b'{"model": "tiny", "input": [1, 2]}', "token_ids"),
        (b'{"model": "tiny", "input": [""' + b', "a"' * 20 + b"]}", "too_many_texts"),
        (b'{"model": "tiny", "input": "' + b"a" * 1_001 + b'"}', "text_too_long"),
        (b'{"model": "tiny", "input": "' + b"ab " * 300 + b'"}', "context_length_exceeded"),
    ],
)
def test_wrong_bodies(small: Live, body: bytes, code: str) -> None:
    answer = small.client.post("/v1/embeddings", content=body, headers=JSON)
    assert code_of(answer) == (400, code)


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        (
            {"input": ["secret", 7]},
            "input.1",
            "input.1: this should be a valid string or a valid list.",
        ),
        ({"input": None}, "input", "input: this should be a valid string or a valid list."),
        ({"input": "a", "model": 5}, "model", "model: this should be a valid string."),
        ({}, "input", "input: Field required."),
        ({"input": "a", "extra": 1}, "extra", "extra: Extra inputs are not permitted."),
        ([], None, "the body: this should be a valid dictionary or object to extract fields from."),
    ],
)
def test_the_message_says_where_and_repeats_no_text(
    small: Live, body: Any, param: str | None, message: str
) -> None:
    whole = {"model": "tiny", **body} if isinstance(body, dict) else body
    answer = small.post("/v1/embeddings", whole)
    error = answer.json()["error"]
    assert (error["param"], error["message"]) == (param, message)
    assert "secret" not in answer.text


def test_an_unknown_model_an_unknown_path_and_a_wrong_method(small: Live) -> None:
    unknown = small.post("/v1/embeddings", {"model": "gpt", "input": "a"})
    assert code_of(unknown) == (404, "model_not_found")
    assert code_of(small.client.get("/v1/nothing")) == (404, "not_found")
    assert code_of(small.client.get("/v1/embeddings")) == (405, "method_not_allowed")


def test_a_body_that_is_no_json_by_its_own_word(small: Live) -> None:
    answer = small.client.post("/v1/embeddings", content=b"a=1")
    assert code_of(answer) == (400, "invalid_request")


def test_what_the_checkpoint_has_no_head_for_is_not_there(small: Live) -> None:
    paths = small.client.get("/openapi.json").json()["paths"]
    assert "/fill-mask" in paths
    for path in ("/classify", "/extract", "/search"):
        assert path not in paths
        assert code_of(small.post(path, {"input": "a"})) == (404, "not_found")


def test_ten_megabytes_are_refused_before_they_are_read(small: Live) -> None:
    """The server has its answer from the head alone: the body is never sent."""
    with small.socket() as connection:
        connection.sendall(
            b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n"
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in answer


def test_a_body_of_unknown_length_is_refused_where_it_becomes_too_long(small: Live) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 1_000
            yield b"a" * 1_000

    answer = small.client.post("/v1/embeddings", content=pieces(), headers=JSON)
    assert code_of(answer) == (413, "body_too_large")
    assert small.serving.gate.bytes == 0


def test_a_request_that_is_more_than_ever_waits_is_too_large(small: Live) -> None:
    most = {"model": "tiny", "input": ["a " * 60] * 20}
    assert small.post("/v1/embeddings", most).is_success
    more = {"model": "tiny", "input": ["a b c " * 40] * 20}
    assert code_of(small.post("/v1/embeddings", more)) == (413, "too_many_tokens")


def test_a_hundred_thousand_texts_in_one_call(live: Live) -> None:
    answer = live.post("/v1/embeddings", {"model": "tiny", "input": ["ba"] * 100_000})
    assert code_of(answer) == (400, "too_many_texts")
    assert "100,000 texts, and 2,048 are taken" in answer.json()["error"]["message"]


def test_ten_megabytes_of_text(live: Live) -> None:
    body = json.dumps({"model": "tiny", "input": "ba" * 5_000_000})
    answer = live.client.post("/v1/embeddings", content=body, headers=JSON)
    assert code_of(answer) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"body_bytes": 0}, "body_bytes 0: give at least 1"),
        ({"seconds": float("nan")}, "seconds nan"),
        ({"wait_ms": -1.0}, "wait_ms -1.0: give at least 0"),
        ({"queue_tokens": 5}, "queue_tokens 5: less than a batch"),
        ({"bodies_bytes": 5}, "bodies_bytes 5: less than"),
    ],
)
def test_limits_that_are_none(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Limits(**settings)
