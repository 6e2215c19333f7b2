"""XLM-R's weights as ours and back, with every head that both have.

```text
XLM-R ─from_xlm_roberta─▶ ours, of the same kind ─to_xlm_roberta─▶ XLM-R
pooler, then classifier ◀───────────────────────▶ classifier.dense, then classifier.out_proj
```
"""

from typing import Any

from torch import Tensor
from transformers import (
    PreTrainedConfig,
    PreTrainedModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaForMultipleChoice,
    XLMRobertaForQuestionAnswering,
    XLMRobertaForSequenceClassification,
    XLMRobertaForTokenClassification,
    XLMRobertaModel,
)

from erniem.convert.names import (
    LABELS,
    SHAPE,
    XLM_R_EMBEDDINGS,
    XLM_R_MASKED_LM,
    layer_names,
    parameters,
)
from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import POSITION_OFFSET, ErnieMModel, ErnieMPreTrainedModel

__all__ = [
    "KINDS",
    "REQUIRED",
    "SETTINGS",
    "check_settings",
    "from_xlm_roberta",
    "portable_config",
    "to_xlm_roberta",
]

KINDS: dict[type[ErnieMPreTrainedModel], type[PreTrainedModel]] = {
    ErnieMModel: XLMRobertaModel,
    heads.ErnieMForMaskedLM: XLMRobertaForMaskedLM,
    heads.ErnieMForSequenceClassification: XLMRobertaForSequenceClassification,
    heads.ErnieMForTokenClassification: XLMRobertaForTokenClassification,
    heads.ErnieMForQuestionAnswering: XLMRobertaForQuestionAnswering,
    heads.ErnieMForMultipleChoice: XLMRobertaForMultipleChoice,
}
"""Our classes and XLM-R's; information extraction has no counterpart."""

POOLER = {"ernie_m.pooler.dense": "roberta.pooler.dense"}
HEADS: dict[type[ErnieMPreTrainedModel], dict[str, str]] = {
    ErnieMModel: POOLER,
    heads.ErnieMForMaskedLM: XLM_R_MASKED_LM,
    heads.ErnieMForSequenceClassification: {
        "ernie_m.pooler.dense": "classifier.dense",
        "classifier": "classifier.out_proj",
    },
    heads.ErnieMForTokenClassification: {"classifier": "classifier"},
    heads.ErnieMForQuestionAnswering: {"qa_outputs": "qa_outputs"},
    heads.ErnieMForMultipleChoice: POOLER | {"classifier": "classifier"},
}
"""Modules after the layers. XLM-R's sequence classifier is our pooler and our classifier."""

TYPES = "roberta.embeddings.token_type_embeddings.weight"
POSITIONS = "ernie_m.embeddings.position_embeddings.weight"
BIAS = "lm_head.bias"
DECODER_BIAS = "lm_head.decoder.bias"

SETTINGS = (
    *SHAPE,
    *LABELS,
    "max_position_embeddings",
    "bos_token_id",
    "eos_token_id",
    "tie_word_embeddings",
)
"""What ErnieMConfig and XLM-R's config have in common, under the same names."""

REQUIRED = {"pad_token_id": 1, "hidden_act": "gelu", "is_decoder": False}
"""Settings of XLM-R that our encoder has built in: no other value can be converted."""


def from_xlm_roberta(model: PreTrainedModel) -> Any:
    """Ours with XLM-R's weights: the same outputs.

    The first token-type row, which XLM-R adds to every token, goes into the position embeddings;
    any others are left behind.

    Args:
        model: XLM-R with any head of `KINDS`, on any device, in any precision; it is not changed,
            and shares no memory.

    Returns:
        The class of `KINDS` that has the same head.

    Raises:
        ValueError: another model, or a setting that our encoder does not have.
    """
    kinds = {theirs: ours for ours, theirs in KINDS.items()}
    kind = _counterpart(model, kinds)
    check_settings(model.config)
    ours = kind(ErnieMConfig(**{name: getattr(model.config, name) for name in SETTINGS}))
    ours.to(device=model.device, dtype=model.dtype)
    theirs = {_whole(model, name): value for name, value in model.state_dict().items()}
    state = {
        mine: theirs[yours].clone()
        for mine, yours in _names(kind, model.config.num_hidden_layers)
        if yours in theirs
    }
    state[POSITIONS][POSITION_OFFSET:] += theirs[TYPES][0]
    _fill(ours, state, optional="pooler." if kind is ErnieMModel else None)
    return ours.train(model.training)


def to_xlm_roberta(model: ErnieMPreTrainedModel) -> Any:
    """XLM-R with our weights: the same outputs for tokens that name no language.

    XLM-R has no language embeddings and no dropout inside the feed-forward layer: both are left
    behind. Its one token-type row is zero.

    Args:
        model: ours with any head of `KINDS`, on any device, in any precision; it is not changed,
            and shares no memory.

    Raises:
        ValueError: a head or a setting that XLM-R's shape does not have.
    """
    kind = _counterpart(model, KINDS)
    check_settings(model.config)
    theirs: Any = kind(portable_config(model.config))
    theirs.to(device=model.device, dtype=model.dtype)
    ours = {_whole(model, name): value for name, value in model.state_dict().items()}
    names = _names(type(model), model.config.num_hidden_layers)
    state = {yours: ours[mine].clone() for mine, yours in names if mine in ours}
    if DECODER_BIAS in state:
        state[BIAS] = state[DECODER_BIAS]
    words = state["roberta.embeddings.word_embeddings.weight"]
    state[TYPES] = words.new_zeros(1, words.shape[1])
    _fill(theirs, state, optional="pooler." if isinstance(model, ErnieMModel) else None)
    return theirs.train(model.training)


def portable_config(config: PreTrainedConfig) -> XLMRobertaConfig:
    """XLM-R's settings that say what ours say; whether it computes the same, see `REQUIRED`."""
    settings = {name: getattr(config, name) for name in SETTINGS}
    return XLMRobertaConfig(**settings, type_vocab_size=1)


def check_settings(config: PreTrainedConfig) -> None:
    """Refuses what the two networks do not share."""
    for name, wanted in REQUIRED.items():
        value = getattr(config, name, wanted)
        if value != wanted:
            raise ValueError(
                f"{name} is {value!r}; only models with {name} {wanted!r} can be converted."
            )


def _counterpart(model: PreTrainedModel, kinds: dict[Any, Any]) -> Any:
    """The other side's class for a model."""
    if type(model) not in kinds:
        known = ", ".join(kind.__name__ for kind in kinds)
        raise ValueError(
            f"{type(model).__name__} has no counterpart on the other side; these have: {known}."
        )
    return kinds[type(model)]


def _names(kind: type[ErnieMPreTrainedModel], num_layers: int) -> list[tuple[str, str]]:
    """Our name of every weight and XLM-R's, as of a model with a head."""
    encoder = [*parameters(XLM_R_EMBEDDINGS), *layer_names(num_layers, "encoder.layer.")]
    whole = [(f"ernie_m.{mine}", f"roberta.{yours}") for mine, yours in encoder]
    return [*whole, *parameters(HEADS[kind])]


def _whole(model: PreTrainedModel, name: str) -> str:
    """A weight's name as it is in a model with a head."""
    bare = isinstance(model, ErnieMModel | XLMRobertaModel)
    return f"{model.base_model_prefix}.{name}" if bare else name


def _fill(model: PreTrainedModel, state: dict[str, Tensor], optional: str | None) -> None:
    """Fills every weight; only an optional one may be missing from the state."""
    own = {_whole(model, name): name for name in model.state_dict()}
    missing, unexpected = model.load_state_dict(
        {own[name]: value for name, value in state.items() if name in own}, strict=False
    )
    assert all(optional is not None and name.startswith(optional) for name in missing), missing
    assert not unexpected, unexpected
    assert state.keys() <= own.keys(), state.keys() - own.keys()
