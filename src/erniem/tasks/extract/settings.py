"""Settings: how a text is read."""

from dataclasses import dataclass
from typing import get_args

from erniem.tasks.extract.schema import SchemaLanguage
from erniem.tasks.extract.scores import Attention
from erniem.tasks.extract.windows import Split

__all__ = ["ExtractionSettings"]

SHORTEST = 16
"""Tokens of a window at least: half for the prompt, and some text beside the special ones."""


@dataclass(frozen=True, kw_only=True)
class ExtractionSettings:
    """How a text is read; but for `split`, the defaults are PaddleNLP's."""

    threshold: float = 0.5
    """A token is a first or a last one if its probability is over this."""
    max_length: int = 512
    """Tokens of a window with its prompt, special ones counted; with `attention="uie-m"` also the
    length up to which [PAD] is seen. The model's own limit if that is less."""
    batch_tokens: int = 8192
    """Tokens of a pack at most; changes no answer."""
    schema_lang: SchemaLanguage = "zh"
    """Prompts of relations: `X的Y` (zh) or `Y of X` (en)."""
    split: Split = "fit"
    """How texts over a window are cut: `fit`, or as Taskflow `length` or `sentence`."""
    attention: Attention = "uie-m"
    """What a token sees: as UIE-M was trained, or `plain`."""

    def __post_init__(self) -> None:
        if not 0 <= self.threshold < 1:
            raise ValueError(f"threshold {self.threshold}: give a probability, 0 <= p < 1.")
        if self.max_length < SHORTEST:
            raise ValueError(f"max_length {self.max_length}: give at least {SHORTEST} tokens.")
        if self.batch_tokens < 1:
            raise ValueError(f"batch_tokens {self.batch_tokens}: give at least 1.")
        for name, known in (
            ("schema_lang", SchemaLanguage),
            ("split", Split),
            ("attention", Attention),
        ):
            if (value := getattr(self, name)) not in get_args(known):
                raise ValueError(f"{name} {value!r}: choose {', '.join(get_args(known))}.")
