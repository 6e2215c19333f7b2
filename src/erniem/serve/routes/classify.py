"""The sequence classifier: what class a text, or a pair of texts, is of."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field

from erniem.serve.errors import documented
from erniem.serve.heads.classifying import Classifying
from erniem.serve.reading import Reader, check_texts
from erniem.serve.serving import Asked, Serving, as_json

__all__ = ["WORK", "classify_routes"]

WORK = "classify"


class TextPair(Asked):
    """Two texts that are read together, such as a premise and a hypothesis."""

    text: str
    pair: str


class ClassifyRequest(Asked):
    """Texts, or pairs of them."""

    model: str | None = Field(None, description="as `/v1/models` names it, if at all")
    input: str | TextPair | list[str | TextPair] = Field(description="one or several")


class ClassItem(BaseModel):
    """A text's class."""

    label: str = Field(description="the likeliest")
    scores: dict[str, float] = Field(
        description="of each class its probability; of a regression the number itself"
    )


class ClassifyResponse(BaseModel):
    """An item for each text."""

    data: list[ClassItem]
    model: str


def classify_routes(serving: Serving, head: Classifying) -> APIRouter:
    """`/classify`."""
    router = APIRouter(tags=["heads"])
    example = {"input": ["Guten Morgen", {"text": "Es regnet.", "pair": "It is raining."}]}

    @router.post(
        "/classify",
        response_model=ClassifyResponse,
        responses=documented(400, 401, 404, 408, 413, 421, 429, 500, 503, 504),
        summary="The class of a text or a pair",
        description=f"One of: {', '.join(head.labels)}.",
    )
    async def classify(
        request: Request, asked: Annotated[ClassifyRequest, Body(examples=[example])]
    ) -> Response:
        serving.check_model(asked.model)
        given = asked.input if isinstance(asked.input, list) else [asked.input]
        serving.check_texts(request.scope, [_first(one) for one in given])
        if pairs := {at: one.pair for at, one in enumerate(given) if isinstance(one, TextPair)}:
            check_texts([*pairs.values()], serving.limits, numbers=[*pairs])
        rows = await _rows(serving.reader, given)
        found = await serving.run(WORK, rows, [len(row) for row in rows])
        data = [_item(head.labels, scores) for scores in found]
        return await as_json(ClassifyResponse(data=data, model=serving.name), len(given))

    return router


def _first(one: str | TextPair) -> str:
    return one if isinstance(one, str) else one.text


async def _rows(reader: Reader, given: Sequence[str | TextPair]) -> list[list[int]]:
    """Texts and pairs as pieces, in their order."""
    texts = {at: one for at, one in enumerate(given) if isinstance(one, str)}
    pairs = {at: (one.text, one.pair) for at, one in enumerate(given) if isinstance(one, TextPair)}
    rows = zip(texts, await reader.rows([*texts.values()], numbers=[*texts]), strict=True)
    of_pairs = zip(pairs, await reader.pairs([*pairs.values()], numbers=[*pairs]), strict=True)
    return [row for _, row in sorted([*rows, *of_pairs])]


def _item(labels: Sequence[str], scores: Sequence[float]) -> ClassItem:
    named = dict(zip(labels, scores, strict=True))
    return ClassItem(label=max(named, key=lambda label: named[label]), scores=named)
