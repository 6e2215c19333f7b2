"""The verb that fetches corpora and benchmarks."""

import argparse
from pathlib import Path

from erniem.cli.verb import Values, Verb

__all__ = ["DATA"]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["list", "fetch"], help="show what there is; bring it")
    parser.add_argument(
        "names", nargs="*", default=[], metavar="NAME", help="data sets; xtreme for all its tasks"
    )
    parser.add_argument(
        "--languages",
        nargs="+",
        metavar="XX",
        help="de: the language, of pairs with English; de-fr: this pair (of benchmarks all)",
    )
    parser.add_argument("--output", type=Path, help="folder of the data (data)")
    parser.add_argument(
        "--mirror", metavar="URL", help="look for https://a/b at URL/a/b (or ERNIEM_MIRROR)"
    )
    parser.add_argument(
        "--accept-licences", "--yes", action="store_true", help="go on without asking"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="files at a time (4)")


FETCH_ONLY = ("languages", "mirror", "accept_licences", "jobs")


def _data(values: Values) -> None:
    if values.pop("action") == "list":
        from erniem.data.listing import listed

        for option in FETCH_ONLY:
            if option in values:
                raise ValueError(f"--{option.replace('_', '-')} is for erniem data fetch.")
        print("\n".join(listed(values.pop("names"), **values)))
        return
    import sys

    from erniem.data import fetch

    asking = _ask if sys.stdin.isatty() else None
    fetch(values.pop("names"), ask=asking, **values)


def _ask(question: str) -> bool:
    return input(question).strip().lower() in ("y", "yes")


DATA = {
    "data": Verb(
        help="list open corpora and benchmarks, and fetch them",
        arguments=_arguments,
        run=_data,
        example="erniem data fetch cc100 opus-ted2020 --languages de sw --output data",
    ),
}
"""In the order of the help."""
