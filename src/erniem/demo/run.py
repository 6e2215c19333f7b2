"""A folder in, a page on this machine until Ctrl-C.

```text
port ─bound─┐
folder ─▶ Opened ─▶ page ─mounted─▶ Guard ─▶ uvicorn
```
"""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read as gradio is imported

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from erniem.demo.collection import Collection, Held, Indexed, Sentence, read_sentences
from erniem.demo.examples import example_sentences
from erniem.demo.guard import Guard
from erniem.demo.listening import bound, shown_address
from erniem.demo.opening import Opened, open_checkpoint
from erniem.demo.page import build_page, looks
from erniem.demo.settings import DemoSettings
from erniem.embed import VectorSettings
from erniem.search import Index
from erniem.search.manifest import read_manifest

__all__ = ["create_app", "run_demo"]

EVERYWHERE = ("0.0.0.0", "::")
"""Addresses that listen on every network of a machine."""


def run_demo(folder: Path, settings: DemoSettings | None = None) -> None:
    """Serves the page of a checkpoint until it is stopped by Ctrl-C.

    Args:
        folder: a checkpoint of any kind that `open_encoder` reads, with its tokenizer.
        settings: where, and what is searched.

    Raises:
        ValueError: a folder, index or file that cannot be read.
        OSError: a port in use, an address that this machine does not have.
    """
    settings = settings or DemoSettings()
    with bound(settings) as listening:
        app = create_app(folder, settings)
        print(f"{shown_address(listening)} shows {folder}; Ctrl-C stops it.", flush=True)
        server_of(app).run(sockets=[listening])


def create_app(folder: Path, settings: DemoSettings) -> FastAPI:
    """The page as an ASGI application.

    Raises:
        ValueError: see `run_demo`.
    """
    vectors = settings.vectors
    if settings.index is not None and vectors is None:
        vectors = vectors_of_index(settings.index)
    opened = open_checkpoint(folder, vectors)
    page = build_page(opened, collection_of(opened, settings))
    app = FastAPI(openapi_url=None)
    app.add_middleware(Guard)
    if settings.host not in EVERYWHERE:  # so that no other site's name leads here
        names = ["localhost", "127.0.0.1", "[::1]", settings.host]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=names)
    return gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        max_file_size=1,
        show_error=True,
        **looks(),
    )


def vectors_of_index(folder: Path) -> VectorSettings | None:
    """How the vectors of an index were made, where it says so."""
    made = read_manifest(folder).model.vectors
    return VectorSettings(**made) if made else None


def collection_of(opened: Opened, settings: DemoSettings) -> Collection:
    """What is searched: an index, files, or our own examples.

    Raises:
        ValueError: an index of another model, a file that cannot be read.
    """
    if settings.index is not None:
        return Indexed(Index.open(settings.index, opened.sentences))
    if settings.texts:
        found = read_sentences(settings.texts)
        return Held(opened.sentences, found, f"{len(found):,} sentences of the files given")
    ours = [
        Sentence(text=one.text, language=one.language, meaning=one.meaning)
        for one in example_sentences(opened.languages)
    ]
    languages = len({one.language for one in ours})
    return Held(opened.sentences, ours, f"{len(ours)} sentences of ours in {languages} languages")


def server_of(app: Any) -> uvicorn.Server:
    """A server that stops at once: a page keeps connections open."""
    return uvicorn.Server(
        uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    )
