"""Where a pre-training starts from: a folder that we read, as a masked language model."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import (
    CamembertConfig,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
)

from erniem.convert.checkpoint import Checkpoint, kind_of, read_checkpoint
from erniem.convert.quiet import quiet
from erniem.convert.xlm_roberta import SETTINGS, check_settings, from_xlm_roberta
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.model.heads import ErnieMForMaskedLM

__all__ = ["load_start", "set_languages", "with_masked_lm"]

Loaded = TypeVar("Loaded", bound=PreTrainedModel)

DECODER = "lm_head.decoder.weight"

CONFIGS: Mapping[str, type[PreTrainedConfig]] = {
    "ernie_m": ErnieMConfig,
    "xlm-roberta": XLMRobertaConfig,
    "roberta": RobertaConfig,
    "camembert": CamembertConfig,
}
"""The `model_type`s that are read as they are: ours, and those that are XLM-R under other names."""

FOREIGN = ("paddle", "static", "bert")
"""Kinds of folders that transformers' ERNIE-M and XLM-R classes cannot read."""

DAMAGE = (OSError, RuntimeError, EOFError, UnpicklingError, SafetensorError)
"""What reading a damaged file of weights raises."""


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


def with_masked_lm(encoder: ErnieMModel) -> ErnieMForMaskedLM:
    """An encoder with a fresh masked-LM head, its decoder tied to the table of pieces.

    The head is drawn from torch's global generator; a pooler is left behind.
    """
    encoder.config.tie_word_embeddings = True
    whole = ErnieMForMaskedLM(encoder.config)  # type: ignore[arg-type]
    whole.to(device=encoder.device, dtype=encoder.dtype)  # type: ignore[call-arg]
    whole.ernie_m.load_state_dict(
        {name: value for name, value in encoder.state_dict().items() if "pooler." not in name}
    )
    return whole.train(encoder.training)


def load_start(
    path: Path | str, *, languages: Sequence[str], dropout: float | None = None
) -> ErnieMForMaskedLM:
    """Loads the model from which a pre-training starts, in float32.

    Args:
        path: a folder as `save_pretrained` writes it: ours, one of XLM-R's structure
            (`xlm-roberta`, `roberta`, `camembert`), BERT's; or PaddleNLP's or the authors' files.
            A missing masked-LM head starts afresh, its decoder tied to the table of pieces.
        languages: the model's languages from now on; see `set_languages`.
        dropout: of hidden states and attention from now on; as the folder has it if None.

    Raises:
        ValueError: no such folder, another kind of model, settings or weights that do not fit.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: give one that save_pretrained wrote.")
    if kind_of(folder) in FOREIGN:
        ours = _start_from(read_checkpoint(folder, dtype=torch.float32), dropout)
        set_languages(ours, languages)
        return ours
    config = _read_config(folder)
    config._attn_implementation = None  # the run's to choose; the folder's may not run here
    if dropout is not None:
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = dropout
    if isinstance(config, ErnieMConfig):
        ours, _ = _load_folder(ErnieMForMaskedLM, folder, config)
        set_languages(ours, languages)
        return ours
    check_settings(config)
    settings = {name: getattr(config, name) for name in SETTINGS}
    settings["type_vocab_size"] = config.type_vocab_size
    theirs, fresh = _load_folder(XLMRobertaForMaskedLM, folder, XLMRobertaConfig(**settings))
    ours = from_xlm_roberta(theirs.roberta if fresh else theirs)
    ours = with_masked_lm(ours) if fresh else ours
    set_languages(ours, languages)
    return ours


def _start_from(read: Checkpoint, dropout: float | None) -> ErnieMForMaskedLM:
    """A masked language model of what was read, with this dropout."""
    model = read.model
    if dropout is not None:
        model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = dropout
    if not isinstance(model, ErnieMForMaskedLM):
        return with_masked_lm(getattr(model, "ernie_m", model))
    whole = ErnieMForMaskedLM(model.config)  # type: ignore[arg-type]
    whole.load_state_dict(model.state_dict())
    return whole


def _read_config(folder: Path) -> PreTrainedConfig:
    """The config of a folder of our kind or of XLM-R's."""
    file = folder / "config.json"
    if not file.is_file():
        raise ValueError(f"{folder} has no config.json: give a folder that save_pretrained wrote.")
    kind = json.loads(file.read_text(encoding="utf-8"))["model_type"]
    return CONFIGS[kind].from_pretrained(folder)


def _load_folder(kind: type[Loaded], folder: Path, config: PreTrainedConfig) -> tuple[Loaded, bool]:
    """The model of a folder, and whether its head is fresh; all else must be there and fit."""
    try:
        with quiet():
            loaded: Any = kind.from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                local_files_only=True,
                ignore_mismatched_sizes=True,  # to be told of them all, and to refuse them below
                output_loading_info=True,
            )
    except DAMAGE as error:
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
