"""The steps that a recipe may name, and how they are read from it."""

import importlib
import inspect
from argparse import ArgumentError
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.filters.base_filter import BaseFilter, get_filter_result

from erniem.corpus.document import Document
from erniem.corpus.steps.addresses import Addresses
from erniem.corpus.steps.copied import Copied
from erniem.corpus.steps.identify import Identify
from erniem.corpus.steps.length import Length
from erniem.corpus.steps.length_ratio import LengthRatio
from erniem.corpus.steps.numbers import Numbers
from erniem.corpus.steps.private import Private
from erniem.corpus.steps.repair import Repair
from erniem.corpus.steps.repetition import Repetition
from erniem.corpus.steps.rule import Filter, Rule
from erniem.corpus.steps.same_addresses import SameAddresses
from erniem.corpus.steps.script import Script
from erniem.corpus.steps.split import Split
from erniem.corpus.steps.symbols import Symbols
from erniem.corpus.steps.unseen import Unseen

__all__ = ["DEFAULT_STEPS", "STEPS", "described", "rules_of"]

STEPS: Mapping[str, type[Rule]] = {
    "repair": Repair,
    "split": Split,
    "length": Length,
    "symbols": Symbols,
    "repetition": Repetition,
    "addresses": Addresses,
    "script": Script,
    "identify": Identify,
    "copied": Copied,
    "length_ratio": LengthRatio,
    "numbers": Numbers,
    "same_addresses": SameAddresses,
    "unseen": Unseen,
    "private": Private,
}
"""By the name that a recipe has for it."""
DEFAULT_STEPS = ("repair", "copied")
"""What is done to text when nothing is said: nothing that a language could be wronged by."""


def rules_of(steps: Sequence[str | Mapping[str, Any]]) -> list[Rule | PipelineStep]:
    """The steps of a recipe.

    Args:
        steps: each a name of `STEPS`, or the import path of a rule or of a step of datatrove
            (`package.module:Class`), alone or with its settings: `{"length": {"least_words": 3}}`.

    Raises:
        ValueError: no such step, or a setting that it does not have, or cannot have.
    """
    return [_rule(*_name_and_settings(step)) for step in steps]


def _name_and_settings(step: str | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if isinstance(step, str):
        return step, {}
    if len(step) != 1:
        raise ValueError(f"steps: {dict(step)} is no step: write `- name` or `- name: {{…}}`.")
    ((name, settings),) = step.items()
    if settings is not None and not isinstance(settings, Mapping):
        raise ValueError(f"steps: {name} has {settings!r} for settings: write `key: value` pairs.")
    return name, dict(settings or {})


def _rule(name: str, settings: dict[str, Any]) -> Rule | PipelineStep:
    kind = _imported(name) if ":" in name else _known(name)
    allowed = list(inspect.signature(kind).parameters)
    if unknown := sorted(set(settings) - set(allowed)):
        raise ValueError(
            f"steps: {name} has no setting {', '.join(unknown)}; it has "
            f"{', '.join(allowed) or 'none'}."
        )
    try:
        made = kind(**_typed(kind, settings))
    except ImportError as error:
        raise _lacking(name, error) from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise ValueError(f"steps: {name}: {error}") from error
    return _Foreign(name, made) if isinstance(made, BaseFilter) else made


def _typed(kind: type[Any], settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as a rule types them: YAML writes 1 for 1.0 and knows no tuples."""
    if not issubclass(kind, Rule):
        return settings
    from jsonargparse import ArgumentParser

    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind)
    parsed = vars(parser.instantiate(parser.parse_object(settings)))
    return {key: parsed[key] for key in settings}


def _known(name: str) -> type[Rule]:
    if name not in STEPS:
        near = get_close_matches(name, STEPS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(
            f"steps: there is no step {name!r}.{hint} There are {', '.join(STEPS)}, and any rule "
            "by its import path, package.module:Class."
        )
    return STEPS[name]


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"steps: {path} cannot be imported ({error}).") from error
    if not (inspect.isclass(found) and issubclass(found, (Rule, PipelineStep))):
        raise ValueError(f"steps: {path} is neither a rule of erniem nor a step of datatrove.")
    return found


def _lacking(name: str, error: ImportError) -> ValueError:
    """What to do about a step whose own libraries are not there, in one line."""
    said = " ".join(str(error).split())
    return ValueError(f"steps: {name} needs a library that is not installed: {said}")


class _Foreign(Filter):
    """A filter of datatrove, whose reasons are counted as ours are."""

    def __init__(self, name: str, step: BaseFilter) -> None:
        self.name = name.partition(":")[2]
        self.step = step

    def why_drop(self, document: Document) -> str | None:
        """Its name and reason, or None; it sees the first side of a pair."""
        try:
            keep, reason = get_filter_result(self.step.filter(document))
        except ImportError as error:
            raise _lacking(self.name, error) from error
        if keep:
            return None
        return f"{self.name}: {reason}" if reason else self.name


def described() -> Iterator[str]:
    """A line for each step and each of its settings."""
    for name, rule in STEPS.items():
        yield f"{name:16}{(rule.__doc__ or '').strip().splitlines()[0]}"
        for setting in inspect.signature(rule).parameters.values():
            yield f"  {setting}"
