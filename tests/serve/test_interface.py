"""The description of the interface is true, and so are its examples."""

import json
import re
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from erniem.serve.settings import Limits
from live_server import Live, code_of, living


def calls_of(page: str) -> list[str]:
    """The commands that the page shows."""
    return [unescape(call) for call in re.findall(r"<pre[^>]*>(.*?)</pre>", page, flags=re.S)]


def test_every_call_that_the_page_shows_works(live: Live) -> None:
    page = live.client.get("/docs").text
    calls = calls_of(page)
    assert len(calls) == len(live.client.get("/openapi.json").json()["paths"])
    for call in calls:
        words = shlex.split(call.replace("\\\n", " "))
        assert words[0] == "curl"
        url = words[1].replace("{model}", "tiny")
        if "-d" in words:
            body = json.loads(words[words.index("-d") + 1])
            assert live.client.post(url, json=body).is_success, call
        else:
            assert live.client.get(url).is_success, call


def test_the_page_fetches_nothing_from_elsewhere(live: Live) -> None:
    page = live.client.get("/").text
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(", page)
    assert "https://" not in page


def test_the_token_is_described_and_the_description_needs_none(encoder: Path) -> None:
    with living(encoder, token="s3cret") as server:
        described = server.client.get("/openapi.json").json()
        page = server.client.get("/docs").text
        refused = server.client.get("/metrics")
    assert code_of(refused) == (401, "invalid_api_key")
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert described["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for path, methods in described["paths"].items():
        for route in methods.values():
            assert ("security" in route) == (not path.startswith("/health")), path
    assert "curl http://127.0.0.1" in page
    assert "Bearer $ERNIEM_TOKEN" in page


def test_a_name_is_no_markup(encoder: Path) -> None:
    with living(encoder, name="<b>bold</b>") as server:
        assert "<b>bold" not in server.client.get("/docs").text


def test_metrics_count_requests_batches_and_tokens(live: Live) -> None:
    def figure(name: str, **labels: str) -> float:
        return live.serving.meters.registry.get_sample_value(name, labels) or 0.0

    def figures() -> list[float]:
        return [
            figure("erniem_requests_total", route="/v1/embeddings", status="200"),
            figure("erniem_batch_tokens_count", work="embedding"),
            figure("erniem_tokens_total", work="embedding"),
        ]

    requests, batches, tokens = figures()
    answer = live.post("/v1/embeddings", {"model": "tiny", "input": ["ba de", "fi"]}).json()
    wanted = [requests + 1, batches + 1, tokens + answer["usage"]["total_tokens"]]
    live.until(lambda: figures() == wanted)
    assert "erniem_queue_tokens 0.0" in live.client.get("/metrics").text


def test_paths_that_nobody_has_do_not_fill_the_metrics(live: Live) -> None:
    for number in range(3):
        live.client.get(f"/nothing/{number}")
    assert "/nothing" not in live.client.get("/metrics").text


def test_refusals_are_counted_by_their_code(live: Live) -> None:
    for wrong in ({"model": "tiny", "input": ""}, {"model": "tiny"}, {"model": "x", "input": "a"}):
        live.post("/v1/embeddings", wrong)
    for code in ("empty_text", "invalid_request", "model_not_found"):
        line = f'erniem_refused_total{{code="{code}"}}'
        live.until(lambda line=line: line in live.client.get("/metrics").text)


def test_a_requests_id_comes_back(live: Live) -> None:
    given = live.client.get("/health", headers={"X-Request-Id": "abc-1.2_3"})
    assert given.headers["X-Request-Id"] == "abc-1.2_3"
    for odd in ("a b", "x" * 65, "<a>"):
        answer = live.client.get("/health", headers={"X-Request-Id": odd})
        assert re.fullmatch(r"[0-9a-f]{16}", answer.headers["X-Request-Id"])


def test_health_tells_what_is_served(live: Live) -> None:
    health = live.client.get("/health").json()
    assert health["status"] == "ready"
    assert health["model"] == "tiny"


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["masked", "classifier", "extraction"])
def test_schemathesis_finds_no_fault(folder: str, request: pytest.FixtureRequest) -> None:
    """No 5xx, and no answer that is not described, for what fits the description and what does not.

    Left out is one check: a request that fits may be refused all the same, as one that is too long.
    """
    limits = Limits(seconds=20.0, stop_seconds=1.0)
    with living(request.getfixturevalue(folder), limits, name="tiny") as server:
        command = Path(sys.executable).with_name("schemathesis")
        done = subprocess.run(
            [
                *(str(command), "run", f"{server.url}/openapi.json", "--no-color", "--seed", "1"),
                *("--max-examples", "40", "--phases", "examples,coverage,fuzzing"),
                *("--exclude-checks", "positive_data_acceptance"),
            ],
            capture_output=True,
            text=True,
            timeout=100,
            cwd=request.getfixturevalue("tmp_path"),
        )
    assert done.returncode == 0, done.stdout
