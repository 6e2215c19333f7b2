"""What a head answers through HTTP is what it answers by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForSequenceClassification, pipeline

from erniem.model.heads import ErnieMForMaskedLM
from erniem.serve.settings import Limits
from erniem.tasks.extract import Extractor
from erniem.tokenization import open_tokenizer
from live_server import Live, code_of, living


def test_holes_are_filled_as_the_pipeline_fills_them(live: Live, masked: Path) -> None:
    texts = ["ba [MASK] fi", "de go lu [MASK]", "[MASK] tu"]
    answer = live.post("/fill-mask", {"input": texts, "top": 3, "model": "tiny"}).json()
    by_itself = pipeline("fill-mask", model=str(masked), top_k=3, device="cpu")
    for found, wanted in zip(answer["data"], by_itself(texts), strict=True):
        (hole,) = found["holes"]
        assert [one["id"] for one in hole] == [one["token"] for one in wanted]
        assert [one["probability"] for one in hole] == pytest.approx(
            [one["score"] for one in wanted], abs=1e-5
        )


def test_each_hole_has_its_own_guesses_in_a_batch_of_many(live: Live, masked: Path) -> None:
    model = ErnieMForMaskedLM.from_pretrained(masked).eval()
    tokenizer = open_tokenizer(masked)
    texts = ["[MASK] " * holes for holes in range(1, 33)]
    answer = live.post("/fill-mask", {"input": texts, "top": 1}).json()
    for text, found in zip(texts, answer["data"], strict=True):
        encoded = tokenizer(text, return_tensors="pt")
        with torch.no_grad():
            logits = model(**encoded).logits[encoded.input_ids == tokenizer.mask_token_id]
        assert [hole[0]["id"] for hole in found["holes"]] == logits.argmax(-1).tolist()


@pytest.mark.parametrize("text", ["no hole", "[MASK] " * 33])
def test_a_text_without_holes_or_with_too_many(live: Live, text: str) -> None:
    answer = live.post("/fill-mask", {"input": ["[MASK]", text]})
    assert code_of(answer) == (400, "holes")
    assert "text 1 has" in answer.json()["error"]["message"]


def test_texts_and_pairs_are_classified_as_the_model_does(classifier: Path) -> None:
    given: list[Any] = ["ba de", {"text": "fi go", "pair": "lu mi ba"}, "tu", "de"]
    with living(classifier) as server:
        answer = server.post("/classify", {"input": given}).json()
        alone = server.post("/classify", {"input": given[1]}).json()
        assert "/fill-mask" not in server.client.get("/openapi.json").json()["paths"]
    by_itself = pipeline(
        "text-classification",
        model=AutoModelForSequenceClassification.from_pretrained(classifier),
        tokenizer=open_tokenizer(classifier),
        device="cpu",
        top_k=None,
    )
    for one, found in zip(given, answer["data"], strict=True):
        text = one if isinstance(one, str) else {"text": one["text"], "text_pair": one["pair"]}
        wanted = {score["label"]: score["score"] for score in by_itself([text])[0]}
        assert found["scores"] == pytest.approx(wanted, abs=1e-5)
        assert found["label"] == max(wanted, key=lambda label: wanted[label])
    assert alone["data"][0]["label"] == answer["data"][1]["label"]


def test_what_is_not_taken_is_told_by_its_place_among_texts_and_pairs(classifier: Path) -> None:
    pair, long = {"text": "ba", "pair": "de"}, "ba de " * 300
    with living(classifier) as server:
        for given, said in [
            (["tu", {"text": "ba", "pair": " "}], "text 1 is empty"),
            ([pair, pair, long], "text 2 has more than"),
            (["tu", pair, {"text": long, "pair": "de"}], "text 2 has more than"),
        ]:
            answer = server.post("/classify", {"input": given})
            assert answer.status_code == 400
            assert answer.json()["error"]["message"].startswith(said)


@pytest.fixture(scope="module")
def asking(extraction: Path) -> Iterator[Live]:
    """UIE-M, a row or two at a time."""
    with living(extraction, Limits(batch_tokens=64, stop_seconds=1.0)) as server:
        yield server


def test_extraction_is_the_extractors(asking: Live, extraction: Path) -> None:
    texts = ["ba de fi go", "lu mi 中国 tu", "  ba "]
    schema = {"ba": ["de", {"fi": "go"}], "kind [lu, mi]": None}
    wanted = Extractor.from_pretrained(extraction)(texts, schema)
    assert any(wanted), "nothing is found: draw another head"
    answer = asking.post("/extract", {"input": texts, "schema": schema}).json()
    assert answer["data"] == [approximate(one) for one in wanted]


def approximate(answers: Any) -> Any:
    """Probabilities to five places; all else as it is."""
    if isinstance(answers, dict):
        return {name: approximate(value) for name, value in answers.items()}
    if isinstance(answers, list):
        return [approximate(value) for value in answers]
    return pytest.approx(answers, abs=1e-5) if isinstance(answers, float) else answers


def test_a_schema_is_never_read_from_a_file_of_the_servers(asking: Live, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('["hidden"]', encoding="utf-8")
    for schema in (str(secret), [str(secret)], "/no/such.yaml"):
        answer = asking.post("/extract", {"input": "ba", "schema": schema})
        assert answer.is_success or code_of(answer) == (400, "cannot_be_done")
        assert "hidden" not in answer.text


@pytest.mark.parametrize(
    ("schema", "code"),
    [
        ([], "invalid_schema"),
        ([3], "invalid_schema"),
        ({"": "a"}, "invalid_schema"),
        (["a"] * 40, "schema_too_large"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": "j"}}}}}}}}}, "schema_too_large"),
        (7, "invalid_request"),
        ("a" * 3000, "cannot_be_done"),
    ],
)
def test_schemas_that_are_none(asking: Live, schema: Any, code: str) -> None:
    answer = asking.post("/extract", {"input": "ba", "schema": schema})
    assert code_of(answer) == (400, code)
