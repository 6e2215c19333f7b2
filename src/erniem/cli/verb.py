"""What a command is, and how its arguments are read."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Values", "Verb", "VerbParser"]

Arguments = Callable[[argparse.ArgumentParser], None]
Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A command."""

    help: str
    """What it does, in a line."""
    arguments: Arguments
    """Adds its arguments to a parser."""
    run: Callable[[Values], None]
    """Calls the library with the arguments that were given."""
    example: str
    """How it is called."""


class VerbParser(argparse.ArgumentParser):
    """Takes options before, between and after the other arguments, if it has no verbs itself."""

    _nested = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Options first, then what is left; argparse does it in two calls of this function."""
        if self._nested or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        self._nested = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._nested = False
