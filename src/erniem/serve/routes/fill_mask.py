"""The masked-LM head: what stands in the holes of a text."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field

from erniem.serve.errors import Refusal, documented
from erniem.serve.heads.filling import Guess, Holes
from erniem.serve.serving import Asked, Serving, as_json

__all__ = ["WORK", "fill_mask_routes"]

WORK = "fill-mask"
MOST = 32
"""Holes of a text: each costs as much as several tokens."""


class FillRequest(Asked):
    """Texts with holes."""

    model: str | None = Field(None, description="as `/v1/models` names it, if at all")
    input: str | list[str] = Field(description="a text or several, with the mask token in each")
    top: int = Field(5, ge=1, le=100, description="guesses for each hole")


class Filler(BaseModel):
    """A guess."""

    piece: str = Field(description="as the vocabulary has it; ▁ is a space")
    text: str = Field(description="as a reader sees it")
    id: int
    probability: float


class FilledText(BaseModel):
    """What may stand in each hole of a text, in the order of the holes."""

    holes: list[list[Filler]]


class FillResponse(BaseModel):
    """An item for each text."""

    data: list[FilledText]
    model: str


def fill_mask_routes(serving: Serving) -> APIRouter:
    """`/fill-mask`."""
    router = APIRouter(tags=["heads"])
    tokenizer = serving.reader.tokenizer
    mask = str(tokenizer.mask_token)
    example = {"input": f"Paris is the {mask} of France.", "top": 3}

    @router.post(
        "/fill-mask",
        response_model=FillResponse,
        responses=documented(400, 401, 404, 408, 413, 421, 429, 500, 503, 504),
        summary="What stands in the holes of a text",
        description=f"The likeliest pieces for each `{mask}` of each text.",
    )
    async def fill(
        request: Request, asked: Annotated[FillRequest, Body(examples=[example])]
    ) -> Response:
        serving.check_model(asked.model)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        serving.check_texts(request.scope, texts)
        rows = [Holes(ids=ids, top=asked.top) for ids in await serving.reader.rows(texts)]
        _check_holes(rows, mask, tokenizer.mask_token_id)
        found = await serving.run(WORK, rows, [len(row.ids) for row in rows])
        data = await serving.reader.call(_filled, serving, found)
        return await as_json(FillResponse(data=data, model=serving.name), len(texts))

    return router


def _check_holes(rows: list[Holes], mask: str, piece: int) -> None:
    for number, row in enumerate(rows):
        holes = row.ids.count(piece)
        if not 0 < holes <= MOST:
            raise Refusal(
                400,
                "holes",
                f"text {number} has {holes} holes: write {mask} where one is, 1 to {MOST} times.",
                param="input",
            )


def _filled(serving: Serving, found: list[list[list[Guess]]]) -> list[FilledText]:
    return [
        FilledText(holes=[[_filler(serving, guess) for guess in hole] for hole in text])
        for text in found
    ]


def _filler(serving: Serving, guess: Guess) -> Filler:
    tokenizer = serving.reader.tokenizer
    return Filler(
        piece=str(tokenizer.convert_ids_to_tokens(guess.piece)),
        text=str(tokenizer.decode([guess.piece])).strip(),
        id=guess.piece,
        probability=guess.probability,
    )
