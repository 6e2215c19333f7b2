"""Frozen dataclasses read from YAML, later files over earlier ones, then single keys.

An unknown key is an error; what was resolved can be written again beside what came of it.
"""

from argparse import ArgumentError
from collections.abc import Sequence
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from erniem.recipes.given import find

if TYPE_CHECKING:
    from jsonargparse import ArgumentParser

__all__ = ["parser_of", "plain", "read", "write"]

R = TypeVar("R")


def parser_of(kind: type[Any], **arguments: Any) -> "ArgumentParser":
    """A parser of one kind of recipe: files by `--config`, then single keys.

    Args:
        kind: the dataclass; docstrings under its fields are the help.
        arguments: for jsonargparse's `ArgumentParser`.
    """
    from jsonargparse import ArgumentParser, set_parsing_settings

    set_parsing_settings(docstring_parse_attribute_docstrings=True)
    parser = ArgumentParser(allow_abbrev=False, **arguments)
    parser.add_argument("--config", action="config", help="a recipe, or a variant of one (YAML)")
    parser.add_class_arguments(kind)
    return parser


def read(kind: type[R], *paths: Path | str, overrides: Sequence[str] = ()) -> R:
    """Reads a recipe from YAML files.

    Args:
        kind: the dataclass.
        paths: the recipe, a file or the name of one of ours; a later one says only what differs.
        overrides: `key=value`, over all files: `stage1.steps=500`.

    Raises:
        ValueError: no such recipe, a key that it does not have, or a value that does not fit.
    """
    parser = parser_of(kind, exit_on_error=False)
    names = [f"--config={find(path)}" for path in paths]
    try:
        parsed = parser.parse_args([*names, *(f"--{override}" for override in overrides)])
        values = vars(parser.instantiate(parsed))
        return kind(**{field.name: values[field.name] for field in fields(kind)})  # type: ignore[arg-type]
    except ArgumentError as error:
        files = ", ".join(map(str, paths))
        raise ValueError(f"recipe {files}: {error}") from error


def write(recipe: Any, path: Path) -> None:
    """Writes the resolved recipe as YAML that `read` reads again."""
    text = yaml.safe_dump(plain(recipe), sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def plain(value: Any) -> Any:
    """A recipe or a part of it as YAML knows it: dictionaries, lists, text and numbers."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    return str(value) if isinstance(value, Path) else value
