"""The verb that shows a model in a browser."""

import argparse
from pathlib import Path

from erniem.cli.vectors import add_vectors, taken_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["DEMO"]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="folder of any encoder with its tokenizer")
    parser.add_argument(
        "--index", type=Path, metavar="DIR", help="search what `erniem index` put there"
    )
    parser.add_argument(
        "--texts",
        nargs="+",
        metavar="FILE",
        help="search sentences of files: .txt .tsv .jsonl .parquet (our own examples)",
    )
    parser.add_argument("--host", help="address to listen on (127.0.0.1: this machine alone)")
    parser.add_argument("--port", type=int, help="to listen on; 0: any that is free (7860)")
    add_vectors(parser, layer="last", pooling="mean_text")


def _demo(values: Values) -> None:
    try:
        from erniem.demo.run import run_demo
    except ModuleNotFoundError as error:
        raise ValueError(f"the demo needs {error.name}: pip install 'erniem[demo]'.") from error
    from erniem.demo.settings import DemoSettings

    values["vectors"] = taken_vectors(values)
    folder, texts = values.pop("model"), tuple(values.pop("texts", ()))
    run_demo(folder, DemoSettings(texts=texts, **values))


DEMO = {
    "demo": Verb(
        help="a page to try a model on: neighbours, filled-in words, alignment, map, extraction",
        arguments=_arguments,
        run=_demo,
        example="erniem demo runs/quickstart/final",
    ),
}
