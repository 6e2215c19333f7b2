"""The index: which of its sentences are nearest to a text, in any language."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, Field

from erniem.serve.errors import documented
from erniem.serve.heads.searching import COST, Query, Searching
from erniem.serve.routes.embeddings import vectors_of
from erniem.serve.serving import Asked, Serving, as_json

__all__ = ["WORK", "search_routes"]

WORK = "search"


class SearchRequest(Asked):
    """What is looked for."""

    model: str | None = Field(None, description="as `/v1/models` names it, if at all")
    input: str | list[str] = Field(description="a text or several, in any language")
    top: int = Field(10, ge=1, le=100, description="sentences for each")
    score: Literal["cosine", "margin"] = Field("cosine", description="what they are ordered by")
    language: str | None = Field(None, description="look among its sentences alone")


class FoundItem(BaseModel):
    """A sentence of the index."""

    id: str
    text: str
    language: str = Field(description="empty if it is not known")
    score: float = Field(description="the higher the nearer")


class FoundList(BaseModel):
    """What was found for a text, the best first."""

    hits: list[FoundItem]


class SearchResponse(BaseModel):
    """An item for each text."""

    data: list[FoundList]
    model: str


def search_routes(serving: Serving, head: Searching, prefix: str) -> APIRouter:
    """`/search`.

    Args:
        serving: what routes share.
        head: the index.
        prefix: before each text.
    """
    router = APIRouter(tags=["search"])
    languages = ", ".join(code for code in sorted(head.index.languages) if code)
    example = {"input": "Where is the post office?", "top": 3}

    @router.post(
        "/search",
        response_model=SearchResponse,
        responses=documented(400, 401, 404, 408, 413, 421, 429, 500, 503, 504),
        summary="The nearest sentences of the index",
        description=f"{len(head.index):,} sentences; languages: {languages or 'not known'}.",
    )
    async def search(
        request: Request, asked: Annotated[SearchRequest, Body(examples=[example])]
    ) -> Response:
        serving.check_model(asked.model)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        vectors, _ = await vectors_of(serving, request, texts, prefix)
        queries = [
            Query(vector=vector, top=asked.top, score=asked.score, language=asked.language)
            for vector in vectors
        ]
        found = await serving.run(WORK, queries, [COST] * len(queries))
        data = [
            FoundList(
                hits=[
                    FoundItem(id=hit.id, text=hit.text, language=hit.language, score=hit.score)
                    for hit in hits
                ]
            )
            for hits in found
        ]
        return await as_json(SearchResponse(data=data, model=serving.name), len(texts))

    return router
