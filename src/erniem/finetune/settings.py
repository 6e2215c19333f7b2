"""How a task is fine-tuned, and recipes: the settings of many tasks in a file.

```text
recipes/ernie-m-base.yaml:  all: … ─▶ xnli: … ─▶ key=value of the command line ─▶ Settings
```
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

import yaml

__all__ = ["RECIPES", "TRAINED_AS", "Settings", "read_settings"]

RECIPES = (
    "ernie-m-base",
    "ernie-m-large",
    "ernie-m-base-all",
    "ernie-m-large-all",
    "xtreme-baseline",
    "quick",
    "retrieval",
)
"""The recipes that come with the package."""

TRAINED_AS = {"xquad": "squad", "mlqa": "squad"}
"""Tasks without training data of their own, and under whose name their settings stand."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a network is fine-tuned; the defaults are XTREME's own (Hu et al., 2020)."""

    learning_rate: float = 2e-5
    """Highest, of the head; the layers below may have less, see `layer_decay`."""
    layer_decay: float = 1.0
    """r: of L layers, layer l has r^(L - l) of the learning rate, the embeddings r^(L + 1)."""
    epochs: float = 3.0
    """Times that the training data is seen."""
    batch_size: int = 32
    """Rows of an optimiser step, over all processes."""
    rows_at_once: int | None = None
    """Rows of a forward pass; a process's share of the batch if None, less if memory is short."""
    warmup: float = 0.1
    """Steps of rising learning rate: a share of all if below 1. Then it falls in a line."""
    weight_decay: float = 0.0
    """Of all matrices, not of biases and norms."""
    adam_epsilon: float = 1e-8
    """Adam's."""
    clip: float = 1.0
    """Norm that gradients are cut to."""
    max_length: int = 128
    """Tokens of a row at most; as many as the encoder reads if that is less."""
    stride: int = 128
    """Tokens from one window of a context to the next; of answers alone."""
    evaluations_per_epoch: int = 1
    """How often the network is scored on the development set; the best is kept."""
    patience: int | None = None
    """Stop after so many evaluations without a better one; never if None."""
    freeze_embeddings: bool = False
    """Leave the tables of pieces and positions as they are: for small machines."""
    bf16: bool = False
    """Compute in bfloat16 where torch's autocast does."""

    def __post_init__(self) -> None:
        for name in ("learning_rate", "epochs", "batch_size", "stride", "evaluations_per_epoch"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: give more than 0.")
        if not 0 < self.layer_decay <= 1:
            raise ValueError(f"layer_decay is {self.layer_decay}: give at most 1, more than 0.")
        for name in ("rows_at_once", "patience"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise ValueError(f"{name} is {value}: give at least 1, or null.")
        if self.rows_at_once is not None and self.batch_size % self.rows_at_once:
            raise ValueError(
                f"rows_at_once is {self.rows_at_once}, which does not divide batch_size "
                f"{self.batch_size}."
            )
        if self.max_length < 8:
            raise ValueError(f"max_length is {self.max_length}: give at least 8.")

    def as_dict(self) -> dict[str, Any]:
        """Plain values by name."""
        return asdict(self)


def read_settings(
    recipe: str | Path, task: str, overrides: Sequence[str] = (), *, everywhere: bool = False
) -> Settings:
    """The settings of a task in a recipe.

    Args:
        recipe: one of `RECIPES`, or a file of the same form: settings under `all`, and under the
            names of tasks what differs.
        task: which.
        overrides: `key=value`, over the recipe.
        everywhere: also read `task.key=value`, and leave those of other tasks aside.

    Raises:
        ValueError: no such recipe, or a key or value that is none of `Settings`.
    """
    path, text = _text(recipe)
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {error}.") from error
    if not isinstance(told, dict) or not all(isinstance(one, dict) for one in told.values()):
        raise ValueError(f"{path} must hold settings under `all` and under names of tasks.")
    _check_sections(path, told)
    given = {**told.get("all", {}), **told.get(task, {})}
    for one in overrides:
        name, equals, value = one.partition("=")
        where, dot, key = name.rpartition(".")
        if not equals:
            raise ValueError(f"{one!r} is no setting: write key=value.")
        _check_sections("--set", [where])
        if not dot or where == task:
            given[key] = _value(one, value)
        elif not everywhere:
            raise ValueError(f"{one!r} is a setting of {where}, and this is {task}.")
    return Settings(**{name: _checked(name, one, path) for name, one in given.items()})


def _value(setting: str, value: str) -> Any:
    """What a value of the command line means."""
    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ValueError(f"{setting!r} has no value that can be read: give a number.") from error


def _check_sections(path: str, names: Iterable[str]) -> None:
    """Refuses settings that nothing would read."""
    for name in names:
        if name in TRAINED_AS:
            raise ValueError(
                f"{path} has settings of {name}, which is trained as {TRAINED_AS[name]}: give them "
                "under that name."
            )


def _text(recipe: str | Path) -> tuple[str, str]:
    """A recipe's name or path, and what it says."""
    if str(recipe) in RECIPES:
        inside = files("erniem.finetune").joinpath("recipes", f"{recipe}.yaml")
        return str(recipe), inside.read_text(encoding="utf-8")
    path = Path(recipe)
    if not path.is_file():
        raise ValueError(f"{recipe} is neither a file nor one of {', '.join(RECIPES)}.")
    return str(path), path.read_text(encoding="utf-8")


def _checked(name: str, value: Any, path: str) -> Any:
    """A value of the type that the setting has; YAML reads 2e-5 as text."""
    types: Mapping[str, Any] = get_type_hints(Settings)
    if name not in types:
        known = ", ".join(field.name for field in fields(Settings))
        raise ValueError(f"{path}: there is no setting {name!r}; there are {known}.")
    wanted = types[name]
    if isinstance(wanted, UnionType):
        if value is None:
            return None
        wanted = next(one for one in get_args(wanted) if one is not type(None))
    if wanted is bool and not isinstance(value, bool):
        raise ValueError(f"{path}: {name} is {value!r}; give true or false.")
    try:
        converted = wanted(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path}: {name} is {value!r}; give a number.") from error
    if isinstance(value, bool) is not (wanted is bool) or (wanted is int and converted != value):
        raise ValueError(f"{path}: {name} is {value!r}; give {wanted.__name__}.")
    return converted
