"""Names of other people's weights, as tables, both ways; and the start of a pre-training.

```text
XLM-R ─from_xlm_roberta─▶ ErnieMForMaskedLM ─to_xlm_roberta─▶ XLM-R
folder: ours, XLM-R's, RoBERTa's ─load_start─▶ ErnieMForMaskedLM with the languages asked for
```
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import (
    CamembertConfig,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)
from transformers.utils import logging

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import POSITION_OFFSET
from erniem.model.heads import ErnieMForMaskedLM

__all__ = ["from_xlm_roberta", "load_start", "set_languages", "to_xlm_roberta"]

Loaded = TypeVar("Loaded", bound=PreTrainedModel)

EMBEDDINGS = {
    "ernie_m.embeddings.word_embeddings.weight": "roberta.embeddings.word_embeddings.weight",
    "ernie_m.embeddings.position_embeddings.weight": (
        "roberta.embeddings.position_embeddings.weight"
    ),
    "ernie_m.embeddings.layer_norm.weight": "roberta.embeddings.LayerNorm.weight",
    "ernie_m.embeddings.layer_norm.bias": "roberta.embeddings.LayerNorm.bias",
}
"""Our names and XLM-R's, before the layers."""

LAYER = {
    "self_attn.q_proj": "attention.self.query",
    "self_attn.k_proj": "attention.self.key",
    "self_attn.v_proj": "attention.self.value",
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}
"""Our names and XLM-R's, of the modules of one layer; each has a weight and a bias."""

HEAD = {
    f"lm_head.{module}.{kind}": f"lm_head.{module}.{kind}"
    for module in ("dense", "layer_norm", "decoder")
    for kind in ("weight", "bias")
}
"""Our names and XLM-R's, of the head; XLM-R has `lm_head.decoder.bias` once more, as `BIAS`."""

POSITIONS = "ernie_m.embeddings.position_embeddings.weight"
TYPES = "roberta.embeddings.token_type_embeddings.weight"
BIAS = "lm_head.bias"
DECODER = "lm_head.decoder.weight"

SETTINGS = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "max_position_embeddings",
    "initializer_range",
    "layer_norm_eps",
    "classifier_dropout",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
    "tie_word_embeddings",
)
"""What ErnieMConfig and XLM-R's config have in common, under the same names."""

REQUIRED = {"pad_token_id": 1, "hidden_act": "gelu", "is_decoder": False}
"""Settings of XLM-R that our encoder has built in: no other value can be converted."""

CONFIGS: Mapping[str, type[PreTrainedConfig]] = {
    "ernie_m": ErnieMConfig,
    "xlm-roberta": XLMRobertaConfig,
    "roberta": RobertaConfig,
    "camembert": CamembertConfig,
}
"""The `model_type`s that `load_start` reads: ours, and those that are XLM-R under other names."""


def from_xlm_roberta(
    model: XLMRobertaForMaskedLM | XLMRobertaModel, *, languages: Sequence[str] = ()
) -> ErnieMForMaskedLM:
    """Ours with XLM-R's weights: the same logits.

    The first token-type row, which XLM-R adds to every token, goes into the position embeddings;
    any others are left behind, as is a pooler. A model without a masked-LM head gets a fresh one
    (drawn from torch's global generator), its decoder tied to the table of pieces.

    Args:
        model: XLM-R, on any device, in any precision; it is not changed, and shares no memory.
        languages: codes for the language embeddings, which start at zero.

    Raises:
        ValueError: a setting that our encoder does not have, or a language named twice.
    """
    _check_settings(model.config)
    settings = {name: getattr(model.config, name) for name in SETTINGS}
    prefix = "" if isinstance(model, XLMRobertaForMaskedLM) else "roberta."
    if prefix:
        settings["tie_word_embeddings"] = True
    ours = ErnieMForMaskedLM(ErnieMConfig(**settings))
    ours.to(device=model.device, dtype=model.dtype)  # type: ignore[call-arg]  # wrapped: hides self
    theirs = {prefix + name: value for name, value in model.state_dict().items()}
    state = {
        mine: theirs[yours].clone()
        for mine, yours in _names(model.config.num_hidden_layers).items()
        if yours in theirs
    }
    state[POSITIONS][POSITION_OFFSET:] += theirs[TYPES][0]
    _load(ours, state, fresh=HEAD if prefix else ())
    set_languages(ours, languages)
    return ours.train(model.training)


def to_xlm_roberta(model: ErnieMForMaskedLM) -> XLMRobertaForMaskedLM:
    """XLM-R with our weights: the same logits for tokens that name no language.

    XLM-R has no language embeddings and no dropout inside the feed-forward layer: both are left
    behind. Its one token-type row is zero.

    Args:
        model: ours, on any device, in any precision; it is not changed, and shares no memory.

    Raises:
        ValueError: a setting that XLM-R's shape does not have.
    """
    _check_settings(model.config)
    settings = {name: getattr(model.config, name) for name in SETTINGS}
    theirs = XLMRobertaForMaskedLM(XLMRobertaConfig(**settings, type_vocab_size=1))
    theirs.to(device=model.device, dtype=model.dtype)  # type: ignore[call-arg]
    ours = model.state_dict()
    names = _names(model.config.num_hidden_layers)
    state = {yours: ours[mine].clone() for mine, yours in names.items()}
    state[BIAS] = state["lm_head.decoder.bias"]
    state[TYPES] = torch.zeros_like(theirs.roberta.embeddings.token_type_embeddings.weight)
    _load(theirs, state)
    return theirs.train(model.training)


def set_languages(model: ErnieMForMaskedLM, languages: Sequence[str]) -> None:
    """Gives a model the language embeddings of these languages, in this order, ids from 1.

    A language that it had keeps its row; a new one gets a row of zeros, so that at first its
    placeholders are as those without a language. Row 0, "no language", is zero always.

    Raises:
        ValueError: a language named twice.

    Example: languages `["en", "de"]` → `["de", "fr"]` makes rows `[0, old row of de, 0]`.
    """
    twice = sorted({code for code in languages if list(languages).count(code) > 1})
    if twice:
        raise ValueError(f"languages name {', '.join(twice)} twice: name each language once.")
    embeddings = model.ernie_m.embeddings
    old, codes = embeddings.language_embeddings, model.config.languages
    embeddings.language_embeddings = None
    model.config.languages = list(languages)
    if not languages:
        return
    words = embeddings.word_embeddings.weight
    rows = words.new_zeros(len(languages) + 1, words.shape[1])
    if old is not None:
        for row, code in enumerate(languages, start=1):
            if code in codes:
                rows[row] = old.weight.detach()[codes.index(code) + 1]
    embeddings.language_embeddings = nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=0)


def load_start(
    path: Path | str, *, languages: Sequence[str], dropout: float | None = None
) -> ErnieMForMaskedLM:
    """Loads the model from which a pre-training starts, in float32.

    Args:
        path: a folder as `save_pretrained` writes it: ours, or one of XLM-R's structure
            (`xlm-roberta`, `roberta`, `camembert`), with or without a masked-LM head; a missing
            head starts afresh, its decoder tied to the table of pieces.
        languages: the model's languages from now on; see `set_languages`.
        dropout: of hidden states and attention from now on; as the folder has it if None.

    Raises:
        ValueError: no such folder, another kind of model, settings or weights that do not fit.
    """
    folder = Path(path)
    config = _read_config(folder)
    _check_settings(config)
    if dropout is not None:
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
    if isinstance(config, ErnieMConfig):
        ours, _ = _load_folder(ErnieMForMaskedLM, folder, config)
        set_languages(ours, languages)
        return ours
    settings = {name: getattr(config, name) for name in SETTINGS}
    settings["type_vocab_size"] = config.type_vocab_size
    theirs, fresh = _load_folder(XLMRobertaForMaskedLM, folder, XLMRobertaConfig(**settings))
    return from_xlm_roberta(theirs.roberta if fresh else theirs, languages=languages)


def _names(num_layers: int) -> dict[str, str]:
    """Our name of every weight, and XLM-R's."""
    layers = {
        f"ernie_m.encoder.layers.{n}.{mine}.{kind}": f"roberta.encoder.layer.{n}.{yours}.{kind}"
        for n in range(num_layers)
        for mine, yours in LAYER.items()
        for kind in ("weight", "bias")
    }
    return EMBEDDINGS | layers | HEAD


def _check_settings(config: PreTrainedConfig) -> None:
    """Refuses what the two networks do not share."""
    for name, wanted in REQUIRED.items():
        value = getattr(config, name, wanted)
        if value != wanted:
            raise ValueError(
                f"{name} is {value!r}; only models with {name} {wanted!r} can be converted."
            )


def _load(model: PreTrainedModel, state: dict[str, Tensor], fresh: Iterable[str] = ()) -> None:
    """Fills every weight but those that are to stay fresh."""
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert set(missing) <= set(fresh), missing
    assert not unexpected, unexpected


def _read_config(folder: Path) -> PreTrainedConfig:
    """The config of a folder, of one of the kinds that we read."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give one that save_pretrained wrote.")
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} has no config.json: give a folder that save_pretrained wrote.")
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    if kind not in CONFIGS:
        raise ValueError(
            f"{folder} holds a model of type {kind!r}; pre-training starts from "
            f"{', '.join(CONFIGS)}."
        )
    return CONFIGS[kind].from_pretrained(folder)


def _load_folder(kind: type[Loaded], folder: Path, config: PreTrainedConfig) -> tuple[Loaded, bool]:
    """The model of a folder, and whether its head is fresh; all else must be there and fit."""
    try:
        with _quiet():
            loaded: Any = kind.from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                local_files_only=True,
                ignore_mismatched_sizes=True,  # to be told of them all, and to refuse them below
                output_loading_info=True,
            )
    except (OSError, SafetensorError) as error:
        raise ValueError(f"the weights in {folder} cannot be read: {error}") from error
    model, info = loaded
    missing = set(info["missing_keys"])
    head = {name for name in model.state_dict() if name.startswith("lm_head.")}
    fresh = missing | {DECODER} == head
    reasons = {
        "missing": set() if fresh else missing,
        "of another shape than its config says": {name for name, *_ in info["mismatched_keys"]},
        "more than its config says": {name for name in info["unexpected_keys"] if _in_body(name)},
    }
    for reason, names in reasons.items():
        if names:
            raise ValueError(
                f"{folder}: weights {reason} ({len(names)}): {', '.join(sorted(names)[:3])}"
                f"{', …' if len(names) > 3 else ''}; give a whole checkpoint with its own config."
            )
    return model, fresh


def _in_body(name: str) -> bool:
    """Is this weight one of the embeddings or layers, and not a table of numbers of old files."""
    return ("embeddings." in name or "encoder." in name) and not name.endswith("_ids")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps transformers from reporting at length, and as corruption, what we judge ourselves."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
