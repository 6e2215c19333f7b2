"""BERT-shaped multilingual encoders as ours: multilingual-e5, LaBSE, mBERT.

BERT adds three vectors: word, position from 0, token type. Ours adds two, positions from 2. So
token type 0 goes into the positions, and these move two rows down: the same sums, up to rounding.
"""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import (
    BertForMaskedLM,
    BertForMultipleChoice,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    PreTrainedModel,
)

from erniem.convert.names import LABELS, SHAPE, XLM_R_EMBEDDINGS, layer_names, parameters
from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import POSITION_OFFSET, ErnieMModel, ErnieMPreTrainedModel

__all__ = ["BERT_KINDS", "from_bert", "special_ids_beside"]

BERT_KINDS: dict[type[PreTrainedModel], type[ErnieMPreTrainedModel]] = {
    BertModel: ErnieMModel,
    BertForMaskedLM: heads.ErnieMForMaskedLM,
    BertForSequenceClassification: heads.ErnieMForSequenceClassification,
    BertForTokenClassification: heads.ErnieMForTokenClassification,
    BertForQuestionAnswering: heads.ErnieMForQuestionAnswering,
    BertForMultipleChoice: heads.ErnieMForMultipleChoice,
}
"""BERT's classes and ours."""

HEADS = {
    "lm_head.dense": "cls.predictions.transform.dense",
    "lm_head.layer_norm": "cls.predictions.transform.LayerNorm",
    "lm_head.decoder": "cls.predictions.decoder",
    "classifier": "classifier",
    "qa_outputs": "qa_outputs",
}
"""Modules of heads, here and in BERT; a model has those of one."""

SETTINGS = (*SHAPE, *LABELS, "tie_word_embeddings")
"""What ErnieMConfig and BERT's config have in common, under the same names."""

POSITIONS = "embeddings.position_embeddings.weight"
TYPES = "embeddings.token_type_embeddings.weight"

SPECIAL = {
    "pad_token_id": ("[PAD]", "<pad>"),
    "bos_token_id": ("[CLS]", "<s>"),
    "eos_token_id": ("[SEP]", "</s>"),
}
"""Special ids in configs, and how tokenisers of BERT's and of XLM-R's kind write the tokens."""


def from_bert(model: PreTrainedModel) -> Any:
    """Ours with BERT's weights: the same outputs for texts of token type 0, pairs not told apart.

    Args:
        model: BERT with any head of `BERT_KINDS`, on any device, in any precision; it is not
            changed, and shares no memory.

    Returns:
        The class of `BERT_KINDS` that has the same head.

    Raises:
        ValueError: another model, or a setting that our encoder does not have.
    """
    if type(model) not in BERT_KINDS:
        known = ", ".join(kind.__name__ for kind in BERT_KINDS)
        raise ValueError(f"{type(model).__name__} has no counterpart here; these have: {known}.")
    kind = BERT_KINDS[type(model)]
    bare = kind is ErnieMModel
    theirs = {name.removeprefix("bert."): value for name, value in model.state_dict().items()}
    pooled = "pooler.dense.weight" in theirs
    ours: Any = kind(_settings(model), **({"add_pooling_layer": pooled} if bare else {}))
    ours.to(device=model.device, dtype=model.dtype)
    body = [
        *parameters(XLM_R_EMBEDDINGS),
        *layer_names(model.config.num_hidden_layers, "encoder.layer."),
        *parameters({"pooler.dense": "pooler.dense"}),
    ]
    prefix = "" if bare else "ernie_m."
    names = [*((prefix + mine, yours) for mine, yours in body), *parameters(HEADS)]
    state = {mine: theirs[yours].clone() for mine, yours in names if yours in theirs}
    rows = theirs[POSITIONS] + theirs[TYPES][0]
    state[prefix + POSITIONS] = torch.cat([rows.new_zeros(POSITION_OFFSET, rows.shape[1]), rows])
    ours.load_state_dict(state)
    return ours.train(model.training)


def _settings(model: PreTrainedModel) -> ErnieMConfig:
    """Our settings, or an error for what BERT has and ours has not."""
    config: Any = model.config
    wanted: dict[str, Any] = {"position_embedding_type": "absolute", "is_decoder": False}
    if isinstance(model, BertForMaskedLM):
        wanted["hidden_act"] = "gelu"  # of our masked-LM head, always
    for name, value in wanted.items():
        found = getattr(config, name, value)
        if found != value:
            raise ValueError(f"{name} is {found!r}; only BERT with {name} {value!r} becomes ours.")
    settings = {name: getattr(config, name) for name in SETTINGS}
    longest = config.max_position_embeddings + POSITION_OFFSET
    ours = ErnieMConfig(**settings, max_position_embeddings=longest)
    ours.bos_token_id = getattr(config, "bos_token_id", None)  # BERT's configs do not say, often
    ours.eos_token_id = getattr(config, "eos_token_id", None)
    return ours


def special_ids_beside(folder: Path) -> dict[str, int]:
    """The special ids that the tokeniser in a folder has, as settings of a config.

    BERT's configs name at most the padding, and some of them wrongly: multilingual-e5's says 0,
    and its tokeniser pads with 1.

    Returns:
        None of a token that no file names.

    Raises:
        ValueError: a tokenizer.json that is none.
    """
    ids = _ids(folder)
    return {
        setting: ids[token]
        for setting, tokens in SPECIAL.items()
        for token in tokens
        if token in ids
    }


def _ids(folder: Path) -> dict[str, int]:
    """Ids by token: special ones, or all where there is a list alone."""
    file = folder / "tokenizer.json"
    if file.is_file():
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
            return {token["content"]: int(token["id"]) for token in held["added_tokens"]}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{file} is no tokeniser: {error!r}.") from error
    file = folder / "vocab.txt"
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8").splitlines()
    return {line: number for number, line in enumerate(lines)}
