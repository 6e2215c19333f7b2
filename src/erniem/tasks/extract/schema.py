"""Schemas: what is asked of a text, as PaddleNLP's Taskflow takes it; its prompts."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import yaml

from erniem.compressed import read_text

__all__ = ["Question", "Schema", "SchemaLanguage", "options_of", "prompt_of", "read_schema"]

Schema: TypeAlias = str | Sequence[Any] | Mapping[str, Any]
"""A name, names, or names with the schema of their relations: `["时间", {"人物": ["公司"]}]`."""

SchemaLanguage = Literal["zh", "en"]

HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width forms of ASCII, which prompts have never had in training."""

OPTIONS = re.compile(r"\[([^\[\]]*)\]\s*$")
"""Where a prompt lists the classes to choose from: `情感倾向[正向,负向]`."""

OPTION = re.compile(r"[^\s,，、](?:[^,，、]*[^\s,，、])?")

COMMA = re.compile(r"[,，](?![^\[]*\])")
"""Between names, and not between options."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One thing that is asked of a text, and what is asked of each answer."""

    name: str
    """A type, a relation, or a classification with its options in brackets."""
    relations: tuple["Question", ...] = ()
    """Asked of every answer in turn."""


def read_schema(schema: Schema | Path) -> tuple[Question, ...]:
    """The questions of a schema; a name given twice is asked once, with the relations of both.

    Args:
        schema: names and relations; or as on a command line: a file (`.json`, `.yaml`), JSON, or
            names with commas between them.

    Raises:
        ValueError: a schema without names, an empty name, anything but names, lists and mappings,
            a file that cannot be read as what its name says.

    Example: `{"人物": "公司"}` → `(Question(name="人物", relations=(Question(name="公司"),)),)`.
    """
    if isinstance(schema, str | Path):
        schema = _written(schema)
    questions = _questions(schema)
    if not questions:
        raise ValueError(f"the schema {schema!r} asks nothing: name at least one type.")
    return questions


def prompt_of(name: str, subject: str | None = None, language: SchemaLanguage = "zh") -> str:
    """What the model reads before the text.

    Args:
        name: of a question.
        subject: the answer whose relation is asked, if it is one.
        language: of the words around: `X的Y` or `Y of X`.

    Example: `prompt_of("情感倾向［正，负］", "屏幕")` → `屏幕的情感倾向[正,负]`;
    `prompt_of("Sentiment [good, bad]", "screen", "en")` → `Sentiment of screen [good, bad]`.
    """
    name = name.translate(HALF_WIDTH)
    if subject is None:
        return name
    subject = subject.translate(HALF_WIDTH)
    if language == "zh":
        return f"{subject}的{name}"
    if options := OPTIONS.search(name):
        return f"{name[: options.start()].strip()} of {subject} {options[0]}"
    return f"{name} of {subject}"


def options_of(prompt: str) -> list[tuple[int, int]]:
    """The characters of each option that a prompt ends with: `倾向[正,负]` → `[(3, 4), (5, 6)]`."""
    options = OPTIONS.search(prompt)
    if options is None:
        return []
    return [option.span() for option in OPTION.finditer(prompt, *options.span(1))]


def _written(words: str | Path) -> Any:
    """A schema out of a file, out of JSON, or out of names with commas between them."""
    if Path(words).suffix in (".json", ".yaml", ".yml"):
        text, origin = read_text(Path(words)), str(words)
    else:
        text, origin = str(words), "the schema"
        if not text.lstrip().startswith(("[", "{", '"')):
            return [name.strip() for name in COMMA.split(text) if name.strip()]
    try:
        return yaml.safe_load(text) if origin.endswith(("yaml", "yml")) else json.loads(text)
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise ValueError(f"{origin} cannot be read: {error}") from error


def _questions(schema: Any) -> tuple[Question, ...]:
    """Questions by name, in the order of their first mention."""
    relations: dict[str, list[Any]] = {}
    for name, below in _entries(schema):
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"the schema has {name!r} for a name: give words.")
        relations.setdefault(name, []).append(below)
    return tuple(
        Question(name=name, relations=_questions(below)) for name, below in relations.items()
    )


def _entries(schema: Any) -> list[tuple[Any, Any]]:
    """Names with the schemas of their relations, of any form of schema."""
    if schema is None:
        return []
    if isinstance(schema, str):
        return [(schema, None)]
    if isinstance(schema, Mapping):
        return list(schema.items())
    if isinstance(schema, Sequence):
        return [entry for part in schema for entry in _entries(part)]
    raise ValueError(
        f"the schema has {schema!r} ({type(schema).__name__}): give names, lists of them, or "
        "mappings of a name to the schema of its relations."
    )
