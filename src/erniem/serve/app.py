"""The application: routes for what a checkpoint can do, behind the guard and the watch."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Security
from fastapi.security import HTTPBearer

from erniem import __version__
from erniem.serve.errors import handle_errors
from erniem.serve.gate import Gate
from erniem.serve.guard import Guard
from erniem.serve.heads.classifying import Classifying
from erniem.serve.heads.searching import Searching
from erniem.serve.line import Line
from erniem.serve.metrics import Meters
from erniem.serve.opening import Opened, open_folder
from erniem.serve.page import page_routes
from erniem.serve.reading import Reader
from erniem.serve.routes.classify import classify_routes
from erniem.serve.routes.embeddings import embedding_routes
from erniem.serve.routes.extract import extract_routes
from erniem.serve.routes.fill_mask import fill_mask_routes
from erniem.serve.routes.health import health_routes, metrics_routes
from erniem.serve.routes.models import model_routes
from erniem.serve.routes.search import search_routes
from erniem.serve.serving import Serving
from erniem.serve.settings import Limits, ServerSettings
from erniem.serve.watching import Watching
from erniem.serve.worker import Worker

__all__ = ["build_app", "create_app"]

WARM = "a text that nobody reads, as long as many are"
ABOUT = (
    "Errors have OpenAI's shape: error.message is for people, error.code for programs, error.param "
    "says which part of the request is wrong."
)


def create_app(
    folder: Path, settings: ServerSettings | None = None, limits: Limits | None = None
) -> FastAPI:
    """An ASGI application that serves a checkpoint, for `erniem serve` or a server of your own.

    Args:
        folder: a checkpoint with its tokenizer, of any kind that `erniem.Encoder` reads.
        settings: what is served; where to listen is for the server.
        limits: how much is taken.

    Raises:
        ValueError: a folder that cannot be read.

    Example: `uvicorn.run(create_app(Path("e5")))`.
    """
    settings = settings or ServerSettings()
    opened = open_folder(Path(folder), settings)
    return build_app(_serving(Path(folder), opened, settings, limits or Limits()), opened)


def build_app(serving: Serving, opened: Opened) -> FastAPI:
    """The routes of what was opened."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await _warm_up(serving)
        serving.worker.start()
        yield
        await serving.worker.stop()
        serving.reader.close()

    app = FastAPI(
        title=f"erniem: {serving.name}",
        version=__version__,
        description=ABOUT,
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages fetch scripts from elsewhere; page.py has ours
        redoc_url=None,
    )
    app.state.serving = serving
    for router in (*_routers(serving, opened), metrics_routes(serving)):
        app.include_router(router, dependencies=_told(serving.settings))
    for router in (health_routes(serving), page_routes(app)):
        app.include_router(router)
    handle_errors(app)
    app.add_middleware(Guard, gate=serving.gate)
    app.add_middleware(Watching, meters=serving.meters, routes=_paths(app))
    return app


async def _warm_up(serving: Serving) -> None:
    rows = await serving.reader.rows([WARM] * 8)
    tokens = sum(map(len, rows))
    await asyncio.to_thread(serving.worker.warm_up, "embedding", rows, tokens)


def _serving(folder: Path, opened: Opened, settings: ServerSettings, limits: Limits) -> Serving:
    encoder, meters, gate = opened.encoder, Meters(), Gate(limits, settings)
    line = Line(
        budget=limits.batch_tokens, room=limits.queue_tokens, patience=limits.wait_ms / 1000
    )
    return Serving(
        name=settings.name or folder.absolute().name,
        created=int(folder.stat().st_mtime),
        settings=settings,
        limits=limits,
        reader=Reader(encoder.tokenizer, encoder.limit, cut=settings.cut),
        worker=Worker(
            opened.works, line, meters, inside=lambda: gate.requests, seconds=limits.seconds
        ),
        gate=gate,
        meters=meters,
    )


def _routers(serving: Serving, opened: Opened) -> Iterator[APIRouter]:
    """Routes for what the checkpoint and the index can do, and no others."""
    width, prefix = opened.encoder.width, opened.encoder.settings.prefix
    yield embedding_routes(serving, width, prefix)
    yield model_routes(serving, width)
    if "fill-mask" in opened.works:
        yield fill_mask_routes(serving)
    if isinstance(classifying := opened.works.get("classify"), Classifying):
        yield classify_routes(serving, classifying)
    if "extract" in opened.works:
        yield extract_routes(serving)
    if isinstance(searching := opened.works.get("search"), Searching):
        yield search_routes(serving, searching, prefix)


def _told(settings: ServerSettings) -> list[Any]:
    """What the description says of the token; the gate asks for it."""
    return [] if settings.token is None else [Security(HTTPBearer(auto_error=False))]


def _paths(app: FastAPI) -> list[str]:
    """Paths without parts that vary."""
    return ["/docs", *(path for path in app.openapi()["paths"] if "{" not in path)]
