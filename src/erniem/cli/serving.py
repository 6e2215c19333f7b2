"""The verb that serves a model."""

import argparse
import os
from dataclasses import fields
from pathlib import Path

from erniem.cli.vectors import add_backend, add_vectors, taken_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["SERVING"]

LIMITS = {
    "body_bytes": ("BYTES", int, "of a request's body (8 MiB)"),
    "texts": ("N", int, "texts of a request (2048)"),
    "characters": ("N", int, "characters of a text (50,000)"),
    "requests": ("N", int, "requests at once (256)"),
    "queue_tokens": ("N", int, "tokens that wait (400,000)"),
    "batch_tokens": ("N", int, "tokens of a batch (1024)"),
    "wait_ms": ("MS", float, "that a batch waits for company (2)"),
    "seconds": ("S", float, "in which a request is answered (60)"),
    "stop_seconds": ("S", float, "that a stopping server gives to what runs (30)"),
}
"""Options that are settings of `erniem.serve.Limits`."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="folder of a checkpoint with its tokenizer")
    parser.add_argument("--index", type=Path, help="folder of an index, for /search")
    parser.add_argument("--name", help="by which requests name the model (the folder's)")
    parser.add_argument("--host", help="address to listen on (127.0.0.1: this machine alone)")
    parser.add_argument("--port", type=int, help="to listen on; 0: any that is free (8000)")
    parser.add_argument(
        "--token", help="that requests must bear; better in ERNIEM_TOKEN, which `ps` does not show"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        dest="allow_hosts",
        metavar="NAME",
        help="a name of this server beside localhost, as a proxy passes it on",
    )
    add_backend(parser)
    parser.add_argument("--threads", type=int, metavar="N", help="of the network")
    parser.add_argument(
        "--cut", action="store_true", help="cut texts with too many tokens, instead of refusing"
    )
    add_vectors(parser, layer="the model's", pooling="the model's")
    for name, (metavar, kind, about) in LIMITS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=metavar, help=about)


def _serve(values: Values) -> None:
    try:
        from erniem.serve.run import serve
    except ModuleNotFoundError as error:
        raise ValueError(f"serving needs {error.name}: pip install 'erniem[serve]'.") from error
    from erniem.serve.settings import Limits, ServerSettings

    if (token := os.environ.get("ERNIEM_TOKEN")) is not None:
        values.setdefault("token", token)
    if "allow_hosts" in values:
        values["allow_hosts"] = tuple(values["allow_hosts"])
    values["vectors"] = taken_vectors(values)
    folder = values.pop("model")
    limits = {one.name: values.pop(one.name) for one in fields(Limits) if one.name in values}
    serve(folder, ServerSettings(**values), Limits(**limits))


SERVING = {
    "serve": Verb(
        help="embeddings as OpenAI's clients ask for them, and what a model's head can do",
        arguments=_arguments,
        run=_serve,
        example="erniem serve e5 --port 8000",
    ),
}
