"""Makes `ernie_m` known to transformers' Auto classes: as soon as they exist, and no sooner.

`import erniem` imports neither transformers nor torch; it watches for these modules, and each step
is taken when the module to its left has been imported:

```text
configuration_auto ─▶ register ErnieMConfig
tokenization_auto ──▶ register ErnieMTokenizer
modeling_auto ──────▶ modeling_layers ─▶ our encoder ─▶ our heads ─▶ register both models
```

Each module of the last row needs the one before it, so whichever is imported first, the row runs to
its end: a module that is already being imported is not waited for, its own end takes the next step.
"""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["register"]


def register() -> None:
    """Takes all steps for what is imported already, and those to come when their time comes."""
    present = [name for name in AFTER if name in sys.modules]
    sys.meta_path.insert(0, Watch())
    for name in present:
        AFTER[name]()


def _register_config() -> None:
    from transformers.models.auto.configuration_auto import AutoConfig

    from erniem.model.configuration import ErnieMConfig

    AutoConfig.register("ernie_m", ErnieMConfig, exist_ok=True)


def _register_tokenizer() -> None:
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    from erniem.model.configuration import ErnieMConfig
    from erniem.tokenization import ErnieMTokenizer

    AutoTokenizer.register(ErnieMConfig, ErnieMTokenizer, exist_ok=True)


def _register_models() -> None:
    from transformers.conversion_mapping import register_checkpoint_conversion_mapping
    from transformers.core_model_loading import WeightRenaming
    from transformers.models.auto import modeling_auto as auto

    from erniem.model import heads
    from erniem.model.configuration import ErnieMConfig
    from erniem.model.encoder import ErnieMModel

    for kind, model in (
        (auto.AutoModel, ErnieMModel),
        (auto.AutoModelForMaskedLM, heads.ErnieMForMaskedLM),
        (auto.AutoModelForSequenceClassification, heads.ErnieMForSequenceClassification),
        (auto.AutoModelForTokenClassification, heads.ErnieMForTokenClassification),
        (auto.AutoModelForQuestionAnswering, heads.ErnieMForQuestionAnswering),
        (auto.AutoModelForMultipleChoice, heads.ErnieMForMultipleChoice),
    ):
        kind.register(ErnieMConfig, model, exist_ok=True)
    # transformers 4.x named the projections of attention twice over.
    twice = WeightRenaming(r"\.self_attn\.self_attn\.", ".self_attn.")
    register_checkpoint_conversion_mapping("ernie_m", [twice], overwrite=True)


AFTER: dict[str, Callable[[], object]] = {
    "transformers.models.auto.configuration_auto": _register_config,
    "transformers.models.auto.tokenization_auto": _register_tokenizer,
    "transformers.models.auto.modeling_auto": partial(
        import_module, "transformers.modeling_layers"
    ),
    "transformers.modeling_layers": partial(import_module, "erniem.model.encoder"),
    "erniem.model.encoder": partial(import_module, "erniem.model.masked_lm"),
    "erniem.model.masked_lm": partial(import_module, "erniem.model.heads"),
    "erniem.model.heads": _register_models,
}
"""What to do when a module has been imported."""


class Watch(MetaPathFinder):
    """Finds the modules of `AFTER` as everyone would, and puts their steps behind them."""

    def find_spec(
        self, fullname: str, path: Any, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, with a loader that takes the step.

        `path` is any iterable: a namespace package's is no sequence.
        """
        if fullname not in AFTER:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = Then(spec.loader, AFTER[fullname])
                return spec
        return None


class Then(Loader):
    """Loads a module with its own loader, and takes a step afterwards."""

    def __init__(self, loader: Loader, step: Callable[[], object]) -> None:
        self.loader = loader
        self.step = step

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As its own loader does."""
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As its own loader does, whose module it then is; and the step."""
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        self.step()
