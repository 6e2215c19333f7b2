"""BERT-shaped multilingual encoders as ours: multilingual-e5, LaBSE, mBERT.

BERT adds three vectors: word, position from 0, token type. Ours adds two, positions from 2. So
token type 0 goes into the positions, and these move two rows down: the same sums, up to rounding.
"""

from typing import Any

import torch
from transformers import BertConfig, BertForMaskedLM, BertModel

from erniem.convert.names import SHAPE, XLM_R_EMBEDDINGS, layer_names, parameters
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import POSITION_OFFSET, ErnieMModel
from erniem.model.heads import ErnieMForMaskedLM

__all__ = ["from_bert"]

SETTINGS = (*SHAPE, "tie_word_embeddings")
"""What ErnieMConfig and BERT's config have in common, under the same names."""

MASKED_LM = {
    "lm_head.dense": "cls.predictions.transform.dense",
    "lm_head.layer_norm": "cls.predictions.transform.LayerNorm",
    "lm_head.decoder": "cls.predictions.decoder",
}
"""Modules of the masked-LM head, here and in BERT."""

POSITIONS = "embeddings.position_embeddings.weight"
TYPES = "embeddings.token_type_embeddings.weight"


def from_bert(model: BertModel | BertForMaskedLM) -> Any:
    """Ours with BERT's weights: the same vectors for texts of token type 0, pairs not told apart.

    Args:
        model: BERT, on any device, in any precision; it is not changed, and shares no memory.

    Returns:
        `ErnieMModel`, or `ErnieMForMaskedLM`.

    Raises:
        ValueError: a setting that our encoder does not have.
    """
    config = model.config
    _check(config, headed=isinstance(model, BertForMaskedLM))
    settings = {name: getattr(config, name) for name in SETTINGS}
    longest = config.max_position_embeddings + POSITION_OFFSET
    kind = ErnieMForMaskedLM if isinstance(model, BertForMaskedLM) else ErnieMModel
    pooled = isinstance(model, BertForMaskedLM) or model.pooler is not None
    ours: Any = kind(
        ErnieMConfig(**settings, max_position_embeddings=longest),
        **({} if pooled else {"add_pooling_layer": False}),
    )
    ours.to(device=model.device, dtype=model.dtype)
    theirs = {name.removeprefix("bert."): value for name, value in model.state_dict().items()}
    names = [
        *parameters(XLM_R_EMBEDDINGS),
        *layer_names(config.num_hidden_layers, "encoder.layer."),
        ("pooler.dense.weight", "pooler.dense.weight"),
        ("pooler.dense.bias", "pooler.dense.bias"),
    ]
    state = {mine: theirs[yours].clone() for mine, yours in names if yours in theirs}
    rows = state[POSITIONS] + theirs[TYPES][0]
    state[POSITIONS] = torch.cat([rows.new_zeros(POSITION_OFFSET, rows.shape[1]), rows])
    if kind is ErnieMForMaskedLM:
        state = {f"ernie_m.{name}": value for name, value in state.items() if "pooler." not in name}
        state |= {mine: theirs[yours].clone() for mine, yours in parameters(MASKED_LM)}
    ours.load_state_dict(state)
    return ours.train(model.training)


def _check(config: BertConfig, *, headed: bool) -> None:
    """Refuses what BERT has and ours has not."""
    wanted: dict[str, Any] = {"position_embedding_type": "absolute", "is_decoder": False}
    if headed:
        wanted["hidden_act"] = "gelu"  # of our masked-LM head, always
    for name, value in wanted.items():
        found = getattr(config, name, value)
        if found != value:
            raise ValueError(f"{name} is {found!r}; only BERT with {name} {value!r} becomes ours.")
