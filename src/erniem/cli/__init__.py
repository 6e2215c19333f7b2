"""`erniem <verb>`: each verb names a library function, its arguments are the function's.

Nothing heavy is imported before a verb runs, so that help comes at once.
"""

import argparse
import sys
from collections.abc import Sequence

from erniem import __version__
from erniem.cli.checkpoints import CHECKPOINTS
from erniem.cli.corpus import CORPUS
from erniem.cli.cost import COST
from erniem.cli.data import DATA
from erniem.cli.demo import DEMO
from erniem.cli.embedding import EMBEDDING
from erniem.cli.exporting import EXPORTING
from erniem.cli.mining import MINING
from erniem.cli.searching import SEARCHING
from erniem.cli.serving import SERVING
from erniem.cli.tasks import TASKS
from erniem.cli.training import TRAINING
from erniem.cli.use import USE
from erniem.cli.verb import Verb, VerbParser

__all__ = ["VERBS", "Verb", "main"]

VERBS = (
    TRAINING
    | COST
    | CORPUS
    | DATA
    | TASKS
    | CHECKPOINTS
    | EXPORTING
    | EMBEDDING
    | MINING
    | SEARCHING
    | SERVING
    | DEMO
    | USE
)
"""The commands, in the order of the help; a name of two words is a verb of a group."""
GROUPS = {
    "corpus": "from raw text to token shards: build, check, report",
    "data": "open corpora and benchmarks: list, fetch",
    "export": "a model for others to run: onnx, sentence-transformers, xlm-r",
}
"""What the verbs of a group are about."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="erniem", description="ERNIE-M: multilingual encoders, aligned and measured."
    )
    parser.add_argument("--version", action="version", version=f"erniem {__version__}")
    homes = {"": _verbs_of(parser)}
    for name, verb in VERBS.items():
        group, _, last = name.rpartition(" ")
        if group not in homes:
            homes[group] = _verbs_of(homes[""].add_parser(group, help=GROUPS[group]))
        one = homes[group].add_parser(
            last,
            help=verb.help,
            description=f"{verb.help[0].upper()}{verb.help[1:]}.",
            epilog=f"example: {verb.example}",
            argument_default=argparse.SUPPRESS,  # what is not given, the library decides
        )
        verb.arguments(one)
        one.set_defaults(verb=name)
    return parser


def _verbs_of(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[VerbParser]":
    return parser.add_subparsers(
        dest="verb", required=True, metavar="<verb>", parser_class=VerbParser
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; a mistake of the user's is one line and exit code 1."""
    values = vars(_parser().parse_args(arguments))
    verb = VERBS[values.pop("verb")]
    try:
        verb.run(values)
    except (ValueError, OSError) as error:
        print(f"erniem: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
