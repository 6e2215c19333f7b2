"""The options of verbs that make sentence vectors."""

import argparse

from erniem.cli.verb import Values

__all__ = ["VECTORS", "add_backend", "add_vectors", "taken_vectors"]

VECTORS = ("layer", "pooling", "prefix")
"""Names of the options."""


def add_vectors(
    parser: argparse._ActionsContainer, *, layer: str = "as XTREME, 7 of 12", pooling: str = "mean"
) -> None:
    """Layer, pooling and prefix; the help tells these defaults."""
    parser.add_argument(
        "--layer", type=_layer, metavar="N", help=f"of 0..layers-1, or last ({layer})"
    )
    parser.add_argument(
        "--pooling",
        choices=["mean", "cls", "mean_text"],
        help=f"of a sentence's tokens ({pooling})",
    )
    parser.add_argument(
        "--prefix", metavar="TEXT", help="before each sentence; e5's models want 'query: '"
    )


def _layer(given: str) -> int | str:
    """A number, or `last`."""
    if given == "last":
        return given
    try:
        return int(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{given!r} is neither a number nor last") from error


def add_backend(parser: argparse._ActionsContainer) -> None:
    """What runs the encoder, and where."""
    parser.add_argument(
        "--backend",
        choices=["torch", "torch-bf16", "torch-fp16", "torch-int8", "onnx", "onnx-int8"],
        help="what runs the encoder (torch)",
    )
    parser.add_argument(
        "--device", metavar="NAME", help="cpu, cuda:1 (a GPU if there is one, for torch's backends)"
    )


def taken_vectors(values: Values, *names: str) -> object:
    """How vectors are made, if anything is said of it; what is not said is the model's own.

    Args:
        values: with `model`; the options are taken out of them.
        names: of further options that are settings of vectors.
    """
    from dataclasses import replace

    from erniem.embed import TODAYS_VECTORS, read_vector_settings

    given = {name: values.pop(name) for name in (*VECTORS, *names) if name in values}
    own = read_vector_settings(values["model"]) or TODAYS_VECTORS
    return replace(own, **given) if given else None
