"""Verbs that write a model in a form that others run."""

import argparse
from pathlib import Path

from erniem.cli.vectors import add_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["EXPORTING"]


def _folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="a checkpoint that convert reads, its tokenizer")
    parser.add_argument("--output", type=Path, required=True, help="folder to make")


def _onnx_arguments(parser: argparse.ArgumentParser) -> None:
    _folders(parser)
    parser.add_argument(
        "--as",
        dest="form",
        choices=["model", "sentence"],
        help="model: with its head; sentence: with its pooling (sentence for an encoder alone)",
    )
    parser.add_argument("--int8", action="store_true", help="also a file of 8 bits, and faster")
    _add_vectors(parser)


def _add_vectors(parser: argparse.ArgumentParser) -> None:
    add_vectors(parser, layer="as the folder says, or last", pooling="as it says, or mean_text")


def _sentence_transformers_arguments(parser: argparse.ArgumentParser) -> None:
    _folders(parser)
    _add_vectors(parser)


def _onnx(values: Values) -> None:
    from erniem.export.to_onnx import export_onnx

    print("\n".join(export_onnx(values.pop("model"), values.pop("output"), **values).lines()))


def _sentence_transformers(values: Values) -> None:
    from erniem.export.to_sentence_transformers import export_sentence_transformers as export

    print("\n".join(export(values.pop("model"), values.pop("output"), **values).lines()))


def _xlm_r(values: Values) -> None:
    from erniem.convert.convert import convert

    print("\n".join(convert(values["model"], values["output"], to="xlm-r").lines()))


EXPORTING = {
    "export onnx": Verb(
        help="any model or sentence encoder for ONNX Runtime and transformers.js",
        arguments=_onnx_arguments,
        run=_onnx,
        example="erniem export onnx runs/quickstart/final --output served --int8",
    ),
    "export sentence-transformers": Verb(
        help="a sentence encoder that SentenceTransformer(folder) loads",
        arguments=_sentence_transformers_arguments,
        run=_sentence_transformers,
        example="erniem export sentence-transformers runs/quickstart/final --output shared",
    ),
    "export xlm-r": Verb(
        help="a model as XLM-R, for what serves that (convert --to xlm-r)",
        arguments=_folders,
        run=_xlm_r,
        example="erniem export xlm-r runs/quickstart/final --output portable",
    ),
}
