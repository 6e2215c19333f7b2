"""The one model of this server, as OpenAI's clients list models."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from erniem.serve.errors import documented
from erniem.serve.serving import Serving

__all__ = ["model_routes"]


class ModelItem(BaseModel):
    """A model."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(description="seconds since 1970")
    owned_by: Literal["erniem"] = "erniem"
    work: list[str] = Field(description="what it can be asked to do")
    max_tokens: int = Field(description="of a text, special ones counted")
    width: int = Field(description="of a sentence vector")


class ModelList(BaseModel):
    """All models: one."""

    object: Literal["list"] = "list"
    data: list[ModelItem]


def model_routes(serving: Serving, width: int) -> APIRouter:
    """`/v1/models`."""
    router = APIRouter(tags=["models"])
    item = ModelItem(
        id=serving.name,
        created=serving.created,
        work=sorted(serving.worker.works),
        max_tokens=serving.reader.limit,
        width=width,
    )

    @router.get("/v1/models", summary="The model", responses=documented(401, 421, 503))
    async def models() -> ModelList:
        """What is served here."""
        return ModelList(data=[item])

    @router.get(
        "/v1/models/{model}",
        summary="A model by name",
        responses=documented(400, 401, 404, 421, 503),
    )
    async def model(model: str) -> ModelItem:
        """The model, if that is its name."""
        serving.check_model(model)
        return item

    return router
