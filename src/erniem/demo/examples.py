"""Our own sentences: sixteen things, said in fourteen languages and ten scripts."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Example", "example_sentences", "said_in"]


@dataclass(frozen=True, kw_only=True)
class Example:
    """A sentence."""

    text: str
    language: str
    """Its code."""
    meaning: int
    """Number of what it says; translations of each other share it."""


@cache
def _all() -> tuple[Example, ...]:
    """From a file that is a list of meanings, each a sentence by language."""
    text = (Path(__file__).parent / "examples.json").read_text(encoding="utf-8")
    return tuple(
        Example(text=said, language=language, meaning=meaning)
        for meaning, sentences in enumerate(json.loads(text))
        for language, said in sentences.items()
    )


def example_sentences(languages: Collection[str] = ()) -> tuple[Example, ...]:
    """The sentences in these languages; in all of ours if fewer than two of them are among these.

    Args:
        languages: codes that a checkpoint says it knows; none if it says nothing.
    """
    found = tuple(one for one in _all() if one.language in languages)
    return found if len({one.language for one in found}) > 1 else _all()


def said_in(language: str, meaning: int) -> str:
    """What is said, in this language."""
    return next(one.text for one in _all() if (one.language, one.meaning) == (language, meaning))
