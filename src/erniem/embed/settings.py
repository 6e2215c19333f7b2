"""How a sentence becomes a vector: the layer, the pooling, the words before it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

__all__ = [
    "BUCC_VECTORS",
    "TATOEBA_VECTORS",
    "TODAYS_VECTORS",
    "Pooling",
    "VectorSettings",
    "layer_for",
    "read_vector_settings",
    "write_vector_settings",
]

Pooling = Literal["mean", "cls", "mean_text"]

Layer = int | Literal["last"] | None
"""A layer's number, counted from 0; None: see `layer_for`."""

FILE = "vectors.json"
"""Beside a model that was made for one way to make vectors: which."""


@dataclass(frozen=True, kw_only=True)
class VectorSettings:
    """How a sentence becomes a vector; the defaults are XTREME's for Tatoeba."""

    layer: Layer = None
    """Output of this layer, counted from 0, the embeddings not counted; `last`; None: see
    `layer_for`."""
    pooling: Pooling = "mean"
    """`mean` over all tokens, [CLS] and [SEP] too (XTREME's Tatoeba), `mean_text` over the text
    alone, `cls` the first token (XTREME's BUCC). Of an empty sentence, `mean_text` is `mean`."""
    prefix: str = ""
    """Words before each sentence, which count as text; e5's models want `query: `."""
    tokens_per_batch: int | None = None
    """Tokens of a batch at most, padding counted where there is any; a longer sentence is alone.
    None: as many as are fastest together, see `at_once`."""
    max_length: int = 512
    """Tokens of a sentence at most, special ones counted; the model's own limit if that is less."""

    def __post_init__(self) -> None:
        if self.pooling not in get_args(Pooling):
            raise ValueError(f"pooling {self.pooling!r}: choose {', '.join(get_args(Pooling))}.")
        if isinstance(self.layer, str) and self.layer != "last":
            raise ValueError(f"layer {self.layer!r}: give a number or 'last'.")
        if isinstance(self.layer, int) and self.layer < 0:
            raise ValueError(f"layer {self.layer}: count from 0, the first layer's output.")
        if self.max_length < 3:
            raise ValueError(f"max_length {self.max_length}: [CLS], [SEP] and a piece take three.")
        if self.tokens_per_batch is not None and self.tokens_per_batch < 1:
            raise ValueError(f"tokens_per_batch {self.tokens_per_batch}: give at least 1.")


TATOEBA_VECTORS = VectorSettings()
"""XTREME's for Tatoeba: mean of all tokens, one layer past the middle."""

BUCC_VECTORS = VectorSettings(pooling="cls")
"""XTREME's for BUCC: the first token of that layer."""

TODAYS_VECTORS = VectorSettings(layer="last", pooling="mean_text")
"""What most sentence encoders of today are trained for: mean of the text's tokens, last layer."""


def layer_for(layer: Layer, num_layers: int) -> int:
    """The layer asked for, or the one just past the middle: `num_layers // 2 + 1`.

    That is XTREME's choice of 7 for 12 layers and 13 for 24, and at most the last one.

    Raises:
        ValueError: a layer that the model does not have.
    """
    if layer is None:
        return min(num_layers // 2 + 1, num_layers - 1)
    if layer == "last":
        return num_layers - 1
    if layer >= num_layers:
        raise ValueError(f"layer {layer}: this model has 0 to {num_layers - 1}.")
    return layer


def write_vector_settings(folder: Path, settings: VectorSettings) -> None:
    """Says beside a model how its vectors are made, for `read_vector_settings`."""
    text = json.dumps(asdict(settings), indent=1, ensure_ascii=False) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")


def read_vector_settings(folder: Path) -> VectorSettings | None:
    """How a model says that its vectors are made; None if it says nothing.

    Raises:
        ValueError: a file that is no such settings.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return VectorSettings(**json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no settings of vectors: {error}") from error
