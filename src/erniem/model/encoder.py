"""The encoder: embeddings and post-norm layers over a pack, and the familiar padded call around it.

```text
padded   input_ids (B, L), attention_mask ─pack─┐
packed   input_ids (T,), cu_seqlens ────────────┴▶ embeddings ─▶ layers ─▶ (T, D) ─▶ pooler (S, D)
                                                       padded: rows put back, zeros at padding
```

Letters: B rows, L tokens of a row, T real tokens of all sequences, S sequences, D width.
"""

import os
from collections.abc import Callable
from typing import Any, TypedDict

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.activations import ACT2FN
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils.generic import can_return_tuple

from erniem.model.attention import BATCHED, Layout, SelfAttention
from erniem.model.configuration import ErnieMConfig
from erniem.model.inputs import Packed, pack_every_place, pack_real_tokens
from erniem.model.products import linear
from erniem.model.table import look_up

__all__ = ["ErnieMModel", "ErnieMPreTrainedModel", "Inputs", "encode"]

POSITION_OFFSET = 2
"""Rows of the position table before position 0, as in XLM-R: padding has row 1."""


class Embeddings(nn.Module):
    """Word, position and, where a placeholder names one, language embeddings; normalised."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, width, config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, width, 1)
        self.language_embeddings = (
            nn.Embedding(len(config.languages) + 1, width, 0) if config.languages else None
        )
        self.layer_norm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        words: Float[Tensor, "T D"],
        position_ids: Int[Tensor, " T"],
        language_ids: Int[Tensor, " T"] | None,
    ) -> Float[Tensor, "T D"]:
        """Adds positions, counted from 0, and languages to the word vectors."""
        places = position_ids + POSITION_OFFSET
        total = words + look_up(self.position_embeddings, places, "positions, after two rows")
        if self.language_embeddings is not None and language_ids is not None:
            total = total + look_up(self.language_embeddings, language_ids, "language_ids")
        return self.dropout(self.layer_norm(total))


class Layer(GradientCheckpointingLayer):
    """Self-attention and feed-forward, each followed by its norm (post-norm)."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.self_attn = SelfAttention(
            width,
            config.num_attention_heads,
            config.attention_probs_dropout_prob,
            config,
        )
        self.norm1 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.linear1 = nn.Linear(width, config.intermediate_size)
        self.linear2 = nn.Linear(config.intermediate_size, width)
        self.norm2 = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.activation = ACT2FN[config.hidden_act]
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.act_dropout = nn.Dropout(config.act_dropout)

    def forward(self, hidden: Float[Tensor, "T D"], layout: Layout) -> Float[Tensor, "T D"]:
        """One layer further."""
        hidden = self.norm1(hidden + self.dropout(self.self_attn(hidden, layout)))
        inner = self.act_dropout(self.activation(linear(self.linear1, hidden)))
        return self.norm2(hidden + self.dropout(linear(self.linear2, inner)))


class Encoder(nn.Module):
    """The stack of layers."""

    def __init__(self, config: ErnieMConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Layer(config) for _ in range(config.num_hidden_layers)])
        self.gradient_checkpointing = False

    def forward(self, hidden: Float[Tensor, "T D"], layout: Layout) -> list[Float[Tensor, "T D"]]:
        """The vectors before the first layer and after each."""
        states = [hidden]
        for layer in self.layers:
            states.append(layer(states[-1], layout))
        return states


class Pooler(nn.Module):
    """tanh(W h + b) of each sequence's first token."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, width)

    def forward(self, first: Float[Tensor, "S D"]) -> Float[Tensor, "S D"]:
        """One vector a sequence."""
        return torch.tanh(self.dense(first))


class ErnieMPreTrainedModel(PreTrainedModel):
    """What all ERNIE-M models share with transformers."""

    config_class = ErnieMConfig
    base_model_prefix = "ernie_m"
    accepts_loss_kwargs = False  # losses are means over what a call holds
    supports_gradient_checkpointing = True
    _keys_to_ignore_on_load_unexpected = [r"position_ids$"]  # noqa: RUF012  a buffer of old files
    _no_split_modules = ["Embeddings", "Layer"]  # noqa: RUF012  transformers declares it so
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True

    def save_pretrained(
        self, save_directory: str | os.PathLike[str], *args: Any, **kwargs: Any
    ) -> None:
        """Saves as transformers does, under our names, whatever names the weights came with."""
        kwargs.setdefault("save_original_format", False)
        super().save_pretrained(save_directory, *args, **kwargs)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Normal weights, zero biases, unit norms; padding and "no language" are zero rows."""
        if isinstance(module, nn.Linear | nn.Embedding):
            init.normal_(module.weight, mean=0.0, std=self.config.initializer_range)
        if isinstance(module, nn.Linear) and module.bias is not None:
            init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            init.zeros_(module.weight[module.padding_idx])
        if isinstance(module, nn.LayerNorm):
            init.ones_(module.weight)
            init.zeros_(module.bias)


class Inputs(TypedDict, total=False):
    """What else a head hands on to the encoder: see `ErnieMModel.forward`."""

    position_ids: Tensor | None
    language_ids: Tensor | None
    inputs_embeds: Tensor | None
    cu_seqlens: Tensor | None
    output_hidden_states: bool | None
    output_attentions: bool | None


class ErnieMModel(ErnieMPreTrainedModel):
    """The encoder without a head (the paper, §3.1: XLM-R's structure).

    Example: `model(input_ids=ids, attention_mask=mask).last_hidden_state` → `(B, L, D)`;
    `model(input_ids=flat, cu_seqlens=bounds).last_hidden_state` → `(T, D)`, no padding computed.
    """

    def __init__(self, config: ErnieMConfig, add_pooling_layer: bool = True) -> None:
        super().__init__(config)
        self.embeddings = Embeddings(config)
        self.encoder = Encoder(config)
        self.pooler = Pooler(config.hidden_size) if add_pooling_layer else None
        self.post_init()  # type: ignore[no-untyped-call]

    def get_input_embeddings(self) -> nn.Module:
        """The table of pieces."""
        return self.embeddings.word_embeddings

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Another table of pieces."""
        assert isinstance(value, nn.Embedding)
        self.embeddings.word_embeddings = value

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        language_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        cu_seqlens: Tensor | None = None,
        output_hidden_states: bool | None = None,
        output_attentions: bool | None = None,
        **kwargs: object,
    ) -> BaseModelOutputWithPooling:
        """Encodes rows or a pack.

        Args:
            input_ids: `(B, L)`, or `(T,)` with `cu_seqlens`.
            attention_mask: `(B, L)`, 1 where a token is real, on either side; all real if None,
                and in a pack, which takes none.
            position_ids: shape of `input_ids`, counted from 0 in each sequence; in order if None.
            language_ids: shape of `input_ids`, 0 for no language; placeholders alone name one.
            inputs_embeds: `(B, L, D)` or `(T, D)` in the place of `input_ids`.
            cu_seqlens: `(S + 1,)` boundaries of a pack, from 0 to T.
            output_hidden_states: also give the vectors before the first layer and after each.
            output_attentions: also give each layer's attention weights `(B, N, L, L)`: of a padded
                call, with `attn_implementation="eager"`; padding is then computed.

        Returns:
            `last_hidden_state` `(B, L, D)`, zero at padding, or `(T, D)`; `pooler_output` `(S, D)`,
            of a row of padding alone the pooled zero vector.

        Raises:
            ValueError: shapes that do not fit together, a sequence over the longest, attention
                weights where they are not to be had.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds, and not both.")
        wanted = self._wanted("output_hidden_states", output_hidden_states)
        packed = self._packed(
            inputs_embeds if input_ids is None else input_ids,
            self._words if inputs_embeds is None else None,
            cu_seqlens,
            self._wanted("output_attentions", output_attentions),
            attention_mask=attention_mask,
            position_ids=position_ids,
            language_ids=self._known(language_ids),
        )
        self._check_length(packed.layout.longest)
        hidden = self.embeddings(packed.words, packed.position_ids, packed.language_ids)
        states = self.encoder(hidden, packed.layout)
        pooled = None if self.pooler is None else self.pooler(packed.first_vectors(states[-1]))
        weights = packed.layout.weights
        return BaseModelOutputWithPooling(
            last_hidden_state=packed.restore(states[-1]),
            pooler_output=pooled,
            hidden_states=tuple(packed.restore(state) for state in states) if wanted else None,
            attentions=None if weights is None else tuple(weights),
        )

    def _words(self, input_ids: Tensor) -> Tensor:
        """The vectors of pieces."""
        return look_up(self.embeddings.word_embeddings, input_ids, "input_ids")

    def _wanted(self, name: str, given: bool | None) -> bool:
        """What the call says of an output, or else the config."""
        return bool(getattr(self.config, name) if given is None else given)

    def _packed(
        self,
        tokens: Tensor | None,
        embed: Callable[[Tensor], Tensor] | None,
        cu_seqlens: Tensor | None,
        keep_weights: bool,
        **each_token: Tensor | None,
    ) -> Packed:
        """The call's arguments as a pack: of real tokens, unless a compiler or weights forbid."""
        assert tokens is not None
        implementation = self.config._attn_implementation
        if keep_weights and (implementation != "eager" or cu_seqlens is not None):
            raise ValueError(
                "attention weights come from padded calls with attn_implementation='eager' alone: "
                f"this model's is {implementation!r}, model.set_attn_implementation('eager') "
                "changes it."
            )
        padded = cu_seqlens is None and implementation in BATCHED
        every_place = padded and torch.compiler.is_compiling()
        if every_place or keep_weights:
            return pack_every_place(tokens, embed, keep_weights=keep_weights, **each_token)
        return pack_real_tokens(
            tokens, embed, cu_seqlens=cu_seqlens, implementation=implementation, **each_token
        )

    def _known(self, language_ids: Tensor | None) -> Tensor | None:
        """The languages named, if this model has any."""
        if language_ids is None or self.embeddings.language_embeddings is not None:
            return language_ids
        if torch.compiler.is_compiling() or bool(language_ids.any()):
            raise ValueError("language_ids name languages, but this model's config has none.")
        return None

    def _check_length(self, longest: int) -> None:
        if longest > self.config.longest_sequence:
            raise ValueError(
                f"a sequence has {longest} tokens; this model reads at most "
                f"{self.config.longest_sequence}: truncate it (truncation=True) or cut it."
            )


def encode(
    encoder: ErnieMModel, input_ids: Tensor | None, attention_mask: Tensor | None, inputs: Inputs
) -> BaseModelOutputWithPooling:
    """The encoder's outputs, never as a tuple."""
    return encoder(input_ids, attention_mask, **{**inputs, "return_dict": True})
