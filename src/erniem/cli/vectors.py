"""The options of verbs that make sentence vectors."""

import argparse

__all__ = ["VECTORS", "add_vectors"]

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
