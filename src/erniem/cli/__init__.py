"""`erniem <verb>`: each verb names a library function, its arguments are the function's.

Nothing heavy is imported before a verb runs, so that help comes at once.
"""

import argparse
import sys
from collections.abc import Sequence

from erniem import __version__
from erniem.cli.checkpoints import CHECKPOINTS
from erniem.cli.mining import MINING
from erniem.cli.tasks import TASKS
from erniem.cli.training import TRAINING
from erniem.cli.use import USE
from erniem.cli.verb import Verb, VerbParser

__all__ = ["VERBS", "Verb", "main"]

VERBS = TRAINING | TASKS | CHECKPOINTS | MINING | USE
"""The commands, in the order of the help."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="erniem", description="ERNIE-M: multilingual encoders, aligned and measured."
    )
    parser.add_argument("--version", action="version", version=f"erniem {__version__}")
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="<verb>", parser_class=VerbParser
    )
    for name, verb in VERBS.items():
        one = verbs.add_parser(
            name,
            help=verb.help,
            description=f"{verb.help[0].upper()}{verb.help[1:]}.",
            epilog=f"example: {verb.example}",
            argument_default=argparse.SUPPRESS,  # what is not given, the library decides
        )
        verb.arguments(one)
    return parser


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
