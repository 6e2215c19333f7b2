"""The options of verbs that make sentence vectors."""

import argparse

__all__ = ["add_vectors"]


def add_vectors(parser: argparse.ArgumentParser) -> None:
    """Layer, pooling and prefix."""
    parser.add_argument(
        "--layer",
        type=_layer,
        metavar="N",
        help="of 0..layers-1, or last (default: as XTREME, 7 of 12)",
    )
    parser.add_argument(
        "--pooling", choices=["mean", "cls", "mean_text"], help="of a sentence's tokens (mean)"
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
