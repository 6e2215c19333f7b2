"""Is the server alive, is it ready, and what has it counted."""

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from pydantic_core import to_json

from erniem import __version__
from erniem.serve.errors import documented
from erniem.serve.serving import Serving

__all__ = ["health_routes", "metrics_routes"]


class Health(BaseModel):
    """How the server is."""

    status: Literal["ready", "stopping", "failed"]
    live: bool = Field(description="worth keeping: restart it otherwise")
    ready: bool = Field(description="takes requests")
    model: str
    version: str = Field(description="of erniem")
    waiting_tokens: int = Field(description="in the queue")


UNWELL = {"model": Health, "description": "It is not."}


def health_routes(serving: Serving) -> APIRouter:
    """`/health`, `/health/live` and `/health/ready`."""
    router = APIRouter(tags=["state"])

    def answer(well: bool) -> Response:
        body = to_json(_health(serving))
        return Response(body, 200 if well else 503, media_type="application/json")

    @router.get(
        "/health",
        response_model=Health,
        responses={503: UNWELL, **documented(421)},
        summary="Alive and ready?",
    )
    async def health() -> Response:
        """200 if the server takes requests. Needs no token."""
        return answer(_health(serving).ready)

    @router.get(
        "/health/live",
        response_model=Health,
        responses={503: UNWELL, **documented(421)},
        summary="Alive?",
    )
    async def live() -> Response:
        """200 as long as there is no reason to start the server anew."""
        return answer(_health(serving).live)

    @router.get(
        "/health/ready",
        response_model=Health,
        responses={503: UNWELL, **documented(421)},
        summary="Ready?",
    )
    async def ready() -> Response:
        """200 as long as requests are taken; 503 once the server is stopping."""
        return answer(_health(serving).ready)

    return router


def metrics_routes(serving: Serving) -> APIRouter:
    """`/metrics`."""
    router = APIRouter(tags=["state"])

    @router.get(
        "/metrics",
        response_class=Response,
        responses={
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
            **documented(401, 421),
        },
        summary="Counters for Prometheus",
    )
    async def metrics() -> Response:
        """Requests, seconds, the queue, batches and tokens."""
        return Response(generate_latest(serving.meters.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _health(serving: Serving) -> Health:
    alive, closing = serving.worker.alive, serving.gate.closing
    return Health(
        status="stopping" if closing else "ready" if alive else "failed",
        live=alive or closing,
        ready=alive and not closing,
        model=serving.name,
        version=__version__,
        waiting_tokens=serving.worker.line.tokens,
    )
