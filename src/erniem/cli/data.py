"""Verbs that list and fetch corpora and benchmarks."""

import argparse
import sys
from pathlib import Path

from erniem.cli.verb import Values, Verb

__all__ = ["DATA"]


def _names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", default=[], metavar="NAME", help="data sets; xtreme for all its tasks"
    )
    parser.add_argument("--output", type=Path, help="folder of the data (data)")


def _fetch_arguments(parser: argparse.ArgumentParser) -> None:
    _names(parser)
    parser.add_argument(
        "--languages",
        nargs="+",
        metavar="XX",
        help="de: the language, of pairs with English; de-fr: this pair (of benchmarks all)",
    )
    parser.add_argument(
        "--mirror", metavar="URL", help="look for https://a/b at URL/a/b (or ERNIEM_MIRROR)"
    )
    parser.add_argument(
        "--accept-licences", "--yes", action="store_true", help="go on without asking"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="files at a time (4)")


def _list(values: Values) -> None:
    from erniem.data.listing import listed

    print("\n".join(listed(values.pop("names"), **values)))


def _fetch(values: Values) -> None:
    from erniem.data import fetch

    fetch(values.pop("names"), ask=_ask if sys.stdin.isatty() else None, **values)


def _ask(question: str) -> bool:
    return input(question).strip().lower() in ("y", "yes")


DATA = {
    "data list": Verb(
        help="list open corpora and benchmarks, with their licences and what is there already",
        arguments=_names,
        run=_list,
        example="erniem data list cc100 xtreme",
    ),
    "data fetch": Verb(
        help="fetch open corpora and benchmarks; run again to go on",
        arguments=_fetch_arguments,
        run=_fetch,
        example="erniem data fetch cc100 opus-ted2020 --languages de sw --output data",
    ),
}
"""In the order of the help."""
