"""Embeddings, as OpenAI's clients ask for them."""

import base64
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field

from erniem.serve.errors import Refusal, documented
from erniem.serve.serving import Asked, Serving, as_json
from erniem.serve.watching import tell

__all__ = ["WORK", "embedding_routes", "vectors_of"]

Format = Literal["float", "base64"]
WORK = "embedding"
IDS = "text, not token ids: those of OpenAI's tokenizers say something else to this model"


class EmbeddingRequest(Asked):
    """Texts to make vectors of."""

    model: str = Field(description="as `/v1/models` names it")
    input: str | list[str] | list[int] | list[list[int]] = Field(
        description=f"a text or several, none of them empty; {IDS}"
    )
    encoding_format: Format = Field(
        "float", description="base64: float32, the lowest byte first; exact, and a third as long"
    )
    dimensions: int | None = Field(
        None, description="the model's own width, or nothing: its vectors are not made to be cut"
    )
    user: str | None = Field(None, description="not used")


class EmbeddingItem(BaseModel):
    """A text's vector, of length one."""

    object: Literal["embedding"] = "embedding"
    index: int = Field(description="of the text in `input`")
    embedding: list[float] | str


class Usage(BaseModel):
    """Tokens that were read, special ones counted."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingResponse(BaseModel):
    """Vectors in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[EmbeddingItem]
    model: str
    usage: Usage


def embedding_routes(serving: Serving, width: int, prefix: str) -> APIRouter:
    """`/v1/embeddings`.

    Args:
        serving: what routes share.
        width: of a vector.
        prefix: before each text.
    """
    router = APIRouter(tags=["embeddings"])
    example = {"model": serving.name, "input": ["Guten Morgen", "Καλημέρα"]}

    @router.post(
        "/v1/embeddings",
        response_model=EmbeddingResponse,
        responses=documented(400, 401, 404, 408, 413, 421, 429, 500, 503, 504),
        summary="Sentence vectors",
    )
    async def embed(
        request: Request, asked: Annotated[EmbeddingRequest, Body(examples=[example])]
    ) -> Response:
        """One vector for each text, in any language; OpenAI's clients work as they are."""
        serving.check_model(asked.model)
        texts = _texts(asked)
        if asked.dimensions not in (None, width):
            raise Refusal(
                400,
                "dimensions",
                f"vectors of this model have {width} numbers and lose their meaning when they "
                f"are cut: leave `dimensions` out.",
                param="dimensions",
            )
        vectors, tokens = await vectors_of(serving, request, texts, prefix)
        items = [
            EmbeddingItem.model_construct(
                index=number, embedding=_written(vector, asked.encoding_format)
            )
            for number, vector in enumerate(vectors)
        ]
        return await as_json(
            EmbeddingResponse.model_construct(
                data=items,
                model=serving.name,
                usage=Usage(prompt_tokens=tokens, total_tokens=tokens),
            ),
            len(items),
        )

    return router


async def vectors_of(
    serving: Serving, request: Request, texts: list[str], prefix: str, *, param: str = "input"
) -> tuple[list[np.ndarray], int]:
    """Vectors of texts, and how many tokens they are.

    Raises:
        Refusal: texts that are not taken, or not now.
    """
    serving.check_texts(request.scope, texts, param)
    rows = await serving.reader.rows([prefix + text for text in texts], param=param)
    costs = [len(row) for row in rows]
    tell(request.scope, tokens=sum(costs))
    return await serving.run(WORK, rows, costs), sum(costs)


def _texts(asked: EmbeddingRequest) -> list[str]:
    given = [asked.input] if isinstance(asked.input, str) else asked.input
    texts = [text for text in given if isinstance(text, str)]
    if len(texts) < len(given):
        raise Refusal(
            400,
            "token_ids",
            f"give {IDS}; LangChain sends text with check_embedding_ctx_length=False.",
            param="input",
        )
    return texts


def _written(vector: np.ndarray, encoding: Format) -> str | list[float]:
    if encoding == "float":
        return vector.tolist()
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()
