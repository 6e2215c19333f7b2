"""The encoder: embeddings and post-norm layers over a pack, and the familiar padded call around it.

```text
padded   input_ids (B, L), attention_mask ─pack─┐
packed   input_ids (T,), cu_seqlens ────────────┴▶ embeddings ─▶ layers ─▶ (T, D) ─▶ pooler (S, D)
                                                       padded: rows put back, zeros at padding
```

Letters: B rows, L tokens of a row, T real tokens of all sequences, S sequences, D width.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.activations import ACT2FN
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils.generic import can_return_tuple

from erniem.model.attention import Layout, SelfAttention, layout_of
from erniem.model.configuration import ErnieMConfig

__all__ = ["ErnieMModel", "ErnieMPreTrainedModel", "Packed"]

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
        total = words + self.position_embeddings(position_ids + POSITION_OFFSET)
        if self.language_embeddings is not None and language_ids is not None:
            total = total + self.language_embeddings(language_ids)
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
        inner = self.act_dropout(self.activation(self.linear1(hidden)))
        return self.norm2(hidden + self.dropout(self.linear2(inner)))


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
    supports_gradient_checkpointing = True
    _no_split_modules = ["Embeddings", "Layer"]  # noqa: RUF012  transformers declares it so
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True

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


@dataclass(frozen=True, kw_only=True)
class Packed:
    """The arguments of a call as a pack, and the way back to the shape they came in."""

    words: Float[Tensor, "T D"]
    position_ids: Int[Tensor, " T"]
    language_ids: Int[Tensor, " T"] | None
    cu_seqlens: Int[Tensor, " bounds"]
    restore: Callable[[Tensor], Tensor]
    """Puts token vectors `(T, D)` into the caller's shape."""
    first: Int[Tensor, " S"]
    """The first token of each sequence; of an empty one, token 0."""


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
        **kwargs: object,
    ) -> BaseModelOutputWithPooling:
        """Encodes rows or a pack.

        Args:
            input_ids: `(B, L)`, or `(T,)` with `cu_seqlens`.
            attention_mask: `(B, L)`, 1 where a token is real, on either side; all real if None.
            position_ids: shape of `input_ids`, counted from 0 in each sequence; in order if None.
            language_ids: shape of `input_ids`, 0 for no language; placeholders alone name one.
            inputs_embeds: `(B, L, D)` or `(T, D)` in the place of `input_ids`.
            cu_seqlens: `(S + 1,)` boundaries of a pack, from 0 to T.
            output_hidden_states: also give the vectors before the first layer and after each.

        Returns:
            `last_hidden_state` `(B, L, D)`, zero at padding, or `(T, D)`; `pooler_output` `(S, D)`,
            of a row of padding alone the pooled zero vector.

        Raises:
            ValueError: shapes that do not fit together, or a sequence over the longest.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds, and not both.")
        packed = self._packed(
            input_ids, attention_mask, position_ids, language_ids, inputs_embeds, cu_seqlens
        )
        layout = layout_of(packed.cu_seqlens, self.config._attn_implementation)
        self._check_length(layout.longest)
        hidden = self.embeddings(packed.words, packed.position_ids, packed.language_ids)
        states = self.encoder(hidden, layout)
        pooled = None
        if self.pooler is not None:
            pooled = self.pooler(_first_vectors(states[-1], packed))
        wanted = (
            self.config.output_hidden_states
            if output_hidden_states is None
            else (output_hidden_states)
        )
        return BaseModelOutputWithPooling(
            last_hidden_state=packed.restore(states[-1]),
            pooler_output=pooled,
            hidden_states=tuple(packed.restore(state) for state in states) if wanted else None,
        )

    def _check_length(self, longest: int) -> None:
        if longest > self.config.longest_sequence:
            raise ValueError(
                f"a sequence has {longest} tokens; this model reads at most "
                f"{self.config.longest_sequence}: truncate it (truncation=True) or cut it."
            )

    def _packed(
        self,
        input_ids: Tensor | None,
        attention_mask: Tensor | None,
        position_ids: Tensor | None,
        language_ids: Tensor | None,
        inputs_embeds: Tensor | None,
        cu_seqlens: Tensor | None,
    ) -> Packed:
        """The call's arguments as a pack."""
        given = input_ids if input_ids is not None else inputs_embeds
        assert given is not None
        shape = given.shape[: 1 if cu_seqlens is not None else 2]
        for name, value in (
            ("attention_mask", attention_mask),
            ("position_ids", position_ids),
            ("language_ids", language_ids),
        ):
            if value is not None and value.shape != shape:
                raise ValueError(
                    f"{name} has shape {tuple(value.shape)}, the tokens have {tuple(shape)}: "
                    "they must be the same."
                )
        select: Callable[[Tensor], Tensor]
        restore: Callable[[Tensor], Tensor]
        if cu_seqlens is not None:
            _check_boundaries(cu_seqlens, shape)
            select = restore = _everything
            bounds = cu_seqlens.long()
        else:
            mask = attention_mask if attention_mask is not None else given.new_ones(shape)
            select, restore, bounds = _unpadding(mask.bool())
        if language_ids is not None and self.embeddings.language_embeddings is None:
            if bool(language_ids.any()):
                raise ValueError("language_ids name languages, but this model's config has none.")
            language_ids = None
        words = select(given)
        if input_ids is not None:
            words = self.embeddings.word_embeddings(words)
        lengths = bounds.diff()
        in_order = torch.arange(len(words), device=words.device) - torch.repeat_interleave(
            bounds[:-1], lengths
        )
        return Packed(
            words=words,
            position_ids=in_order if position_ids is None else select(position_ids),
            language_ids=None if language_ids is None else select(language_ids),
            cu_seqlens=bounds,
            restore=restore,
            first=torch.where(lengths > 0, bounds[:-1], 0),
        )


def _everything(value: Tensor) -> Tensor:
    return value


def _check_boundaries(cu_seqlens: Tensor, shape: torch.Size) -> None:
    """Boundaries of a pack run from 0 to its number of tokens."""
    ends = (int(cu_seqlens[0]), int(cu_seqlens[-1])) if cu_seqlens.numel() else None
    if len(shape) != 1 or ends != (0, shape[0]) or bool((cu_seqlens.diff() < 0).any()):
        raise ValueError(
            f"cu_seqlens must ascend from 0 to the {shape[0]} tokens of the pack, "
            f"but runs {cu_seqlens.tolist()[:8]}…{cu_seqlens.tolist()[-1:]}."
        )


def _unpadding(
    mask: Tensor,
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor], Tensor]:
    """How to take the real tokens of rows `(B, L)`, how to put them back, and their boundaries."""
    if mask.dim() != 2:
        raise ValueError(
            f"attention_mask has {mask.dim()} dimensions; give (B, L), 1 where a token is real."
        )
    rows, width = mask.shape
    places = mask.flatten().nonzero()[:, 0]
    bounds = nn.functional.pad(mask.sum(dim=1).cumsum(dim=0), (1, 0))

    def select(value: Tensor) -> Tensor:
        return value.flatten(0, 1)[places]

    def restore(value: Tensor) -> Tensor:
        whole = value.new_zeros(rows * width, *value.shape[1:])
        return whole.index_copy(0, places, value).view(rows, width, *value.shape[1:])

    return select, restore, bounds


def _first_vectors(hidden: Float[Tensor, "T D"], packed: Packed) -> Float[Tensor, "S D"]:
    """The vector of each sequence's first token, zero where there is none."""
    if not len(hidden):
        return hidden.new_zeros(len(packed.first), hidden.shape[-1])
    real = (packed.cu_seqlens.diff() > 0).to(hidden.dtype)
    return hidden[packed.first] * real[:, None]
