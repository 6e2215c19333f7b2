"""UIE-M: which spans of a text a schema asks for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from erniem.serve.errors import Refusal, documented
from erniem.serve.heads.extracting import TextAsked
from erniem.serve.serving import Asked, Serving, as_json
from erniem.tasks.extract.schema import Question, read_schema
from erniem.tokenization.ids import ids_of

__all__ = ["WORK", "extract_routes"]

WORK = "extract"
NAMES = 32
"""Of a schema, at most: each costs a pass over the text."""
DEPTH = 8
"""Of its relations."""
PROMPT = 16
"""Tokens of a prompt, about."""


class ExtractRequest(Asked):
    """Texts, and what is asked of them."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    model: str | None = Field(None, description="as `/v1/models` names it, if at all")
    input: str | list[str] = Field(description="a text or several, of any language")
    asks: str | list[Any] | dict[str, Any] = Field(
        alias="schema",
        description="a name, names, or names with the schema of their relations; a name that ends "
        "with options in brackets, as `Sentiment [good, bad]`, asks for one of them",
    )


class Span(BaseModel):
    """An answer: a part of the text, or one of the options."""

    text: str
    start: int | None = Field(None, description="its first character; an option has none")
    end: int | None = Field(None, description="the character after its last")
    probability: float
    relations: dict[str, list["Span"]] | None = Field(None, description="by name, if it has any")


class ExtractResponse(BaseModel):
    """For each text its answers by name; a name without answers is left out."""

    data: list[dict[str, list[Span]]]
    model: str


def extract_routes(serving: Serving) -> APIRouter:
    """`/extract`."""
    router = APIRouter(tags=["heads"])
    example = {"input": "张三在北京工作。", "schema": {"人物": ["地点", "公司"]}}

    @router.post(
        "/extract",
        response_model=ExtractResponse,
        response_model_exclude_none=True,
        responses=documented(400, 401, 404, 408, 413, 421, 429, 500, 503, 504),
        summary="Spans of a text that a schema asks for",
    )
    async def extract(
        request: Request, asked: Annotated[ExtractRequest, Body(examples=[example])]
    ) -> Response:
        """Answers with their characters and probabilities, and the relations of each answer."""
        serving.check_model(asked.model)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        serving.check_texts(request.scope, texts)
        questions = _questions(asked.asks)
        lengths = await serving.reader.call(_lengths, serving, texts)
        rows = [
            TextAsked(text=text, schema=_schema_of(question))
            for text in texts
            for question in questions
        ]
        costs = [length + PROMPT for length in lengths for _ in questions]
        found = iter(await serving.run(WORK, rows, costs))
        data = [
            {name: spans for _ in questions for name, spans in next(found).items()} for _ in texts
        ]
        return await as_json(ExtractResponse(data=data, model=serving.name), len(texts))

    return router


def _questions(schema: Any) -> tuple[Question, ...]:
    """What a schema asks. A string is a name, and never a file's: the file would be ours.

    Raises:
        Refusal: 400, a schema that is none, or asks too much.
    """
    for names, (depth, _) in enumerate(_names(schema), 1):
        if depth > DEPTH or names > NAMES:
            raise Refusal(
                400,
                "schema_too_large",
                f"the schema has more than {NAMES} names or {DEPTH} levels: ask in parts.",
                param="schema",
            )
    try:
        return read_schema([schema])
    except ValueError as error:
        raise Refusal(400, "invalid_schema", str(error), param="schema") from error


def _names(schema: Any) -> Iterator[tuple[int, Any]]:
    """All parts of a schema with their depth."""
    waiting = [(0, schema)]
    while waiting:
        depth, part = waiting.pop()
        yield depth, part
        if isinstance(part, Mapping):
            waiting += [(depth + 1, below) for below in part.values() if below is not None]
        elif isinstance(part, Sequence) and not isinstance(part, str):
            waiting += [(depth + 1, below) for below in part]


def _schema_of(question: Question) -> dict[str, Any]:
    """A question as the schema that asks it alone."""
    return {question.name: [_schema_of(relation) for relation in question.relations]}


def _lengths(serving: Serving, texts: list[str]) -> list[int]:
    return [len(ids) for ids in ids_of(serving.reader.tokenizer, texts)]
