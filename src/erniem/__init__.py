"""ERNIE-M: aligned multilingual encoders, from raw text to use.

The names below are imported when they are first used. After `import erniem`, transformers' Auto
classes load our folders, whichever of the two was imported first. `erniem.pretrain` is a package:
the function is `erniem.pretrain.run.pretrain`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from erniem import registration

if TYPE_CHECKING:
    from erniem.corpus.build.folders import build_corpus
    from erniem.corpus.corpus import open_corpus
    from erniem.embed.encoder import Encoder
    from erniem.model.configuration import ErnieMConfig
    from erniem.model.encoder import ErnieMModel
    from erniem.model.heads import (
        ErnieMForInformationExtraction,
        ErnieMForMultipleChoice,
        ErnieMForQuestionAnswering,
        ErnieMForSequenceClassification,
        ErnieMForTokenClassification,
    )
    from erniem.model.masked_lm import ErnieMForMaskedLM
    from erniem.tasks.extract.extractor import Extractor
    from erniem.tokenization.tokenizer import ErnieMTokenizer

__version__ = "0.1.0.dev0"
__all__ = [
    "Encoder",
    "ErnieMConfig",
    "ErnieMForInformationExtraction",
    "ErnieMForMaskedLM",
    "ErnieMForMultipleChoice",
    "ErnieMForQuestionAnswering",
    "ErnieMForSequenceClassification",
    "ErnieMForTokenClassification",
    "ErnieMModel",
    "ErnieMTokenizer",
    "Extractor",
    "Recipe",
    "build_corpus",
    "open_corpus",
]

PUBLIC = {
    "Encoder": "erniem.embed.encoder",
    "ErnieMConfig": "erniem.model.configuration",
    "ErnieMForInformationExtraction": "erniem.model.heads",
    "ErnieMForMaskedLM": "erniem.model.masked_lm",
    "ErnieMForMultipleChoice": "erniem.model.heads",
    "ErnieMForQuestionAnswering": "erniem.model.heads",
    "ErnieMForSequenceClassification": "erniem.model.heads",
    "ErnieMForTokenClassification": "erniem.model.heads",
    "ErnieMModel": "erniem.model.encoder",
    "ErnieMTokenizer": "erniem.tokenization.tokenizer",
    "Extractor": "erniem.tasks.extract.extractor",
    "Recipe": "erniem.pretrain.recipe",
    "build_corpus": "erniem.corpus.build.folders",
    "open_corpus": "erniem.corpus.corpus",
}
"""Where each public name lives."""


def __getattr__(name: str) -> Any:
    """A public name, from its module."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'erniem' has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    """All names, the public ones before their first use too."""
    return sorted({*globals(), *PUBLIC})


registration.register()
