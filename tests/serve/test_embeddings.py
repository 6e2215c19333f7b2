import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import openai
import pytest

from erniem.embed.encoder import Encoder
from erniem.serve.settings import Limits
from invented import CYRILLIC, invented
from live_server import Live, code_of, living, slow_down

TEXTS = [*invented(20), *(line.translate(CYRILLIC) for line in invented(20)), "中国 2013年"]


@pytest.fixture(scope="module")
def client(live: Live) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{live.url}/v1", api_key="none", max_retries=0) as made:
        yield made


def vectors(answer: openai.types.CreateEmbeddingResponse) -> np.ndarray:
    assert [one.index for one in answer.data] == list(range(len(answer.data)))
    return np.array([one.embedding for one in answer.data], dtype=np.float32)


def test_openais_client_gets_the_encoders_vectors(client: openai.OpenAI, masked: Path) -> None:
    encoder = Encoder.from_pretrained(masked)
    answer = client.embeddings.create(model="tiny", input=TEXTS)
    np.testing.assert_allclose(vectors(answer), encoder.encode(TEXTS), atol=1e-6)
    tokens = sum(map(len, encoder.tokenizer(TEXTS).input_ids))
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (tokens, tokens)
    assert answer.model == "tiny"


def test_float_and_base64_are_the_same_numbers(client: openai.OpenAI, live: Live) -> None:
    as_float = client.embeddings.create(model="tiny", input=TEXTS[0], encoding_format="float")
    raw = live.post(
        "/v1/embeddings", {"model": "tiny", "input": TEXTS[0], "encoding_format": "base64"}
    )
    packed = base64.b64decode(raw.json()["data"][0]["embedding"])
    np.testing.assert_array_equal(np.frombuffer(packed, dtype="<f4"), vectors(as_float)[0])


def test_without_a_word_about_it_the_format_is_float(live: Live) -> None:
    answer = live.post("/v1/embeddings", {"model": "tiny", "input": TEXTS[0]}).json()
    assert isinstance(answer["data"][0]["embedding"], list)


def test_openais_client_finds_the_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").owned_by == "erniem"
    with pytest.raises(openai.NotFoundError, match="no model 'other' here"):
        client.models.retrieve("other")


def test_openais_client_tells_what_is_wrong(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.embeddings.create(model="text-embedding-3-small", input="a")
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="32 numbers") as cut:
        client.embeddings.create(model="tiny", input="a", dimensions=8)
    assert cut.value.param == "dimensions"
    assert client.embeddings.create(model="tiny", input="a", dimensions=32).data


def test_token_ids_of_another_tokenizer_are_refused(client: openai.OpenAI) -> None:
    for ids in ([1, 2, 3], [[1, 2], [3]]):
        with pytest.raises(openai.BadRequestError, match="text, not token ids"):
            client.embeddings.create(model="tiny", input=ids)


def test_many_clients_at_once_get_their_own_answers(live: Live, masked: Path) -> None:
    wanted = Encoder.from_pretrained(masked).encode(TEXTS)

    def ask(number: int) -> list[float]:
        body = {"model": "tiny", "input": [TEXTS[number]]}
        return live.post("/v1/embeddings", body).json()["data"][0]["embedding"]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(len(TEXTS))))
    np.testing.assert_allclose(np.array(found), wanted, atol=1e-6)


def test_a_text_with_too_many_tokens_is_refused_or_cut_as_the_server_is_told(
    live: Live, encoder: Path
) -> None:
    long = {"model": "tiny", "input": ["short", "ba de " * 200]}
    refused = live.post("/v1/embeddings", long)
    assert code_of(refused) == (400, "context_length_exceeded")
    assert "text 1 has more than the 128 tokens" in refused.json()["error"]["message"]
    with living(encoder, name="tiny", cut=True) as cutting:
        answer = cutting.post("/v1/embeddings", long).json()
    assert answer["usage"]["prompt_tokens"] > 128
    np.testing.assert_allclose(
        [one["embedding"] for one in answer["data"]],
        Encoder.from_pretrained(encoder).encode(long["input"]),
        atol=1e-6,
    )


def test_a_long_request_does_not_keep_out_short_ones(encoder: Path) -> None:
    limits = Limits(texts=20_000, batch_tokens=512, stop_seconds=0.1)
    many = {"model": "tiny", "input": ["ba"] * 20_000}
    with living(encoder, limits, name="tiny") as server, ThreadPoolExecutor(1) as pool:
        slow_down(server, 0.02)
        long = pool.submit(server.post, "/v1/embeddings", many)
        line = server.serving.worker.line
        server.until(lambda: line.tokens > 0)
        for _ in range(3):
            assert server.post("/v1/embeddings", {"model": "tiny", "input": "fi go"}).is_success
        assert line.tokens > 30_000, "the long one was done before"
        server.server.handle_exit(15, None)  # which does not wait for it
        assert code_of(long.result()) == (503, "stopping")
