"""A hundred short sentences of our own, in twenty languages: what exports are tried on."""

import json
from importlib.resources import files

__all__ = ["sentences_by_language", "try_sentences"]


def sentences_by_language() -> dict[str, list[str]]:
    """Five sentences a language; one says what the same place says in the others."""
    return json.loads(files("erniem.export").joinpath("sentences.json").read_text("utf-8"))


def try_sentences() -> list[str]:
    """All of them, language by language."""
    return [sentence for five in sentences_by_language().values() for sentence in five]
