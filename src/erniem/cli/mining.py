"""Verbs that find pairs of translations, or tell how near those are that there are."""

import argparse
from pathlib import Path

from erniem.cli.vectors import VECTORS, add_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["MINING"]

SETTINGS = ("margin", "neighbours", "candidates", "shared", "search", "max_characters")
"""Options that become `MineSettings`."""

THRESHOLD = ("least", "known", "dev")
"""Options that become a `Threshold`."""


def _mine_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", type=Path, help="a sentence a line, plain or packed")
    parser.add_argument("second", type=Path, help="the same in another language")
    _encoder_arguments(parser)
    parser.add_argument(
        "--format", choices=["scored", "pairs", "bucc", "jsonl"], help="of the output (scored)"
    )
    parser.add_argument("--ids", action="store_true", help="an id and a tab before each sentence")
    least = parser.add_mutually_exclusive_group()
    least.add_argument("--least", type=float, metavar="X", help="score of a pair (1.06, for ratio)")
    least.add_argument(
        "--known", type=Path, metavar="PAIRS.tsv", help="set it so that nine of ten of these pass"
    )
    least.add_argument(
        "--dev", type=Path, metavar="FOLDER", help="set it for best F1 on XX-en.dev.XX .en .gold"
    )
    parser.add_argument(
        "--margin", choices=["ratio", "distance", "absolute"], help="a pair's score (ratio)"
    )
    parser.add_argument("--neighbours", type=int, metavar="K", help="of each sentence (4)")
    parser.add_argument(
        "--candidates",
        choices=["max", "intersection", "forward", "backward"],
        help="which best matches become pairs (max)",
    )
    parser.add_argument(
        "--shared", action="store_true", help="forward, backward: a sentence in several pairs"
    )
    parser.add_argument(
        "--search", choices=["auto", "exact", "approximate"], help="by size, or as said (auto)"
    )
    parser.add_argument(
        "--max-characters", type=int, metavar="N", help="of a sentence; longer are dropped (1000)"
    )


def _rate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pairs", type=Path, help="two sides and a tab a line, plain or packed")
    _encoder_arguments(parser)
    parser.add_argument(
        "--least", type=float, metavar="X", help="drop pairs below (keep all, and write scores)"
    )
    parser.add_argument("--by", choices=["cosine", "ratio", "distance"], help="the score (cosine)")
    parser.add_argument(
        "--batch", type=int, metavar="N", help="pairs that a margin is taken among (1024)"
    )


def _encoder_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--encoder", type=Path, required=True, help="folder of any encoder")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="to write")
    add_vectors(parser, layer="last", pooling="mean_text")


def _vectors(values: Values) -> None:
    """Puts the vectors' options together; those not given are the encoder's own."""
    from dataclasses import replace

    from erniem.mine.vectors import vectors_for

    given = {name: values.pop(name) for name in VECTORS if name in values}
    values["vectors"] = replace(vectors_for(values["encoder"]), **given)


def _mine(values: Values) -> None:
    from erniem.mine.run import mine_files
    from erniem.mine.settings import MineSettings
    from erniem.mine.threshold import Threshold

    _vectors(values)
    settings = MineSettings(**{name: values.pop(name) for name in SETTINGS if name in values})
    threshold = Threshold(**{name: values.pop(name) for name in THRESHOLD if name in values})
    if "format" in values:
        values["form"] = values.pop("format")
    found = mine_files(**values, settings=settings, threshold=threshold, progress=True)
    print("\n".join(found.lines()))


def _rate(values: Values) -> None:
    from erniem.mine.rate import rate_file

    _vectors(values)
    print("\n".join(rate_file(**values).lines()))


MINING = {
    "mine": Verb(
        help="pairs of translations out of two files, each in a language",
        arguments=_mine_arguments,
        run=_mine,
        example="erniem mine yo.txt en.txt --encoder e5/ --output mined/yo-en.tsv --format pairs",
    ),
    "rate": Verb(
        help="how near in meaning the sides of pairs are; keeps those that are near",
        arguments=_rate_arguments,
        run=_rate,
        example="erniem rate en-yo.tsv --encoder e5/ --output near/en-yo.tsv --least 0.8",
    ),
}
