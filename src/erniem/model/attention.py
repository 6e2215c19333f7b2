"""Block-diagonal attention over a pack: every sequence attends to itself, and to nothing else.

```text
pack     a a a b b c                flash, flex    as it is, boundaries as cu_seqlens or block mask
         └─groups of like length─▶  sdpa, eager    [a a a]  [b b]   one batched call a group,
                                                            [c ·]   padding inside the group only
```

Letters: T tokens in the pack, S sequences, G sequences of a group, L their longest, P places of all
groups, N heads, K width of a head, D = N K.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformers import PreTrainedConfig
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from erniem.model.products import linear

__all__ = ["BATCHED", "Group", "Layout", "SelfAttention", "layout_of", "layout_of_rows"]

BATCHED = ("sdpa", "eager")
"""Attention functions that want sequences as rows of a batch; the others take a pack as it is."""

BLOCK = 128
"""Tokens of a block of flash and flex attention."""

WASTE = 1.25
"""A group's longest sequence is at most so many times its shortest (price: a fifth of attention's
work, which is a tenth of a layer's; gain: few calls)."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Sequences of like length that share one batched call."""

    tokens: Int[Tensor, "G L"] | None
    """Where in the pack each token stands; a padded place repeats the sequence's first token. None
    for rows that stand in the pack as they are, padding too."""
    rows: int
    """G."""
    longest: int
    """L."""
    mask: Tensor | None
    """`(G, 1, 1, L)`, true where a token is real; None if all are."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The sequences of one pack, laid out once for all layers."""

    cu_seqlens: Int[Tensor, " bounds"]
    """Boundaries of the sequences."""
    longest: int
    """Tokens of the longest sequence."""
    reach: int
    """The same in whole blocks: it sizes a kernel's grid, and a compiler sees few values of it."""
    groups: tuple[Group, ...]
    """For the kernels that want batches: the pack in groups."""
    places: Int[Tensor, " P"] | None
    """Where in the pack each token of the groups stands, the groups laid end to end; None for rows
    that stand in the pack as they are."""
    back: Int[Tensor, " T"] | None
    """The way back: where each token of the pack stands in `places`."""
    block_mask: object | None
    """For flex_attention: which tokens may see each other."""
    weights: list[Tensor] | None = None
    """Where layers leave their attention weights `(B, N, L, L)`, if they are wanted."""


def layout_of(cu_seqlens: Int[Tensor, " bounds"], implementation: str) -> Layout:
    """Lays a pack out for an attention implementation of transformers."""
    lengths = cu_seqlens.diff()
    longest = int(lengths.max()) if len(lengths) else 0
    batched = implementation in BATCHED
    groups, places, back = _grouped(cu_seqlens, lengths) if batched else ((), None, None)
    return Layout(
        cu_seqlens=cu_seqlens.to(torch.int32),
        longest=longest,
        reach=-(-longest // BLOCK) * BLOCK,
        groups=groups,
        places=places,
        back=back,
        block_mask=_block_mask(cu_seqlens) if implementation == "flex_attention" else None,
    )


def layout_of_rows(mask: Bool[Tensor, "B L"], *, keep_weights: bool) -> Layout:
    """Lays whole rows out, padding too: one batched call, in shapes that follow from `(B, L)`.

    A row of padding alone attends to all of its places, so that no softmax is over nothing.
    """
    rows, width = mask.shape
    visible = mask | ~mask.any(dim=1, keepdim=True)
    group = Group(tokens=None, rows=rows, longest=width, mask=visible[:, None, None])
    return Layout(
        cu_seqlens=torch.arange(rows + 1, device=mask.device, dtype=torch.int32) * width,
        longest=width,
        reach=width,
        groups=(group,),
        places=None,
        back=None,
        block_mask=None,
        weights=[] if keep_weights else None,
    )


def _grouped(
    cu_seqlens: Int[Tensor, " bounds"], lengths: Int[Tensor, " S"]
) -> tuple[tuple[Group, ...], Int[Tensor, " P"], Int[Tensor, " T"]]:
    """Groups by length, longest first, their places, and the way back into the pack."""
    ordered, order = lengths.sort(descending=True, stable=True)
    starts = cu_seqlens[:-1][order]
    groups, flat, own = [], [], []
    first = 0
    values = ordered.tolist()
    while first < len(values) and values[first]:
        last = first
        while last < len(values) and values[last] * WASTE >= values[first]:
            last += 1
        place = torch.arange(values[first], device=lengths.device)
        real = place < ordered[first:last, None]
        tokens = starts[first:last, None] + torch.where(real, place, 0)
        ragged = values[last - 1] < values[first]
        mask = real[:, None, None] if ragged else None
        longest = values[first]
        groups.append(Group(tokens=tokens, rows=last - first, longest=longest, mask=mask))
        flat.append(tokens.flatten())
        own.append(real.flatten())
        first = last
    if not groups:
        nothing = torch.zeros(0, dtype=torch.long, device=lengths.device)
        return (), nothing, nothing
    places = torch.cat(flat)
    kept = torch.cat(own).nonzero()[:, 0]
    back = torch.empty_like(kept)
    back[places[kept]] = kept
    return tuple(groups), places, back


def _block_mask(cu_seqlens: Int[Tensor, " bounds"]) -> object:
    """flex_attention's mask: a token sees the tokens of its own sequence.

    Written from the boundaries: torch's `create_block_mask` looks at all T x T pairs of tokens, at
    16,384 tokens a quarter of a billion.
    """
    from torch.nn.attention.flex_attention import BlockMask

    total = int(cu_seqlens[-1])
    row = torch.repeat_interleave(
        torch.arange(len(cu_seqlens) - 1, device=cu_seqlens.device), cu_seqlens.diff()
    )
    opening = torch.arange(0, total, BLOCK, device=row.device)
    closing = (opening + BLOCK - 1).clamp(max=total - 1)
    first = cu_seqlens[row[opening]] // BLOCK
    last = (cu_seqlens[row[closing] + 1] - 1) // BLOCK
    blocks = torch.arange(len(opening), device=row.device)
    seen = (first[:, None] + blocks).clamp(max=len(opening) - 1)
    return BlockMask.from_kv_blocks(
        (last - first + 1).to(torch.int32)[None, None],
        seen.to(torch.int32)[None, None],
        BLOCK_SIZE=BLOCK,
        mask_mod=lambda b, h, q, k: row[q] == row[k],
        seq_lengths=(total, total),
    )


def eager_attention(
    module: nn.Module,
    query: Float[Tensor, "G N L K"],
    key: Float[Tensor, "G N L K"],
    value: Float[Tensor, "G N L K"],
    attention_mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    **kwargs: object,
) -> tuple[Float[Tensor, "G L N K"], Float[Tensor, "G N L L"]]:
    """Attention written out: it alone gives its weights, and it makes the plainest exported graph.

    The mask is added, once made for all layers: exported, that is 2 to 6 % faster than filling.
    """
    scores = (query * scaling) @ key.transpose(-1, -2)
    if attention_mask is not None:
        scores = scores + torch.where(attention_mask, 0.0, torch.finfo(scores.dtype).min)
    weights = scores.softmax(dim=-1, dtype=torch.float32).to(query.dtype)
    weights = nn.functional.dropout(weights, p=dropout, training=module.training)
    return (weights @ value).transpose(1, 2), weights


class SelfAttention(nn.Module):
    """Multi-head self-attention over a pack.

    Args:
        hidden_size: width D.
        num_heads: heads N.
        dropout: of the attention weights.
        config: names the attention function, and may come to name another; transformers' kernels
            read it from here.
    """

    is_causal = False

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        dropout: float,
        config: PreTrainedConfig,
    ) -> None:
        super().__init__()
        self.q_proj = nn.Linear(hidden_size, hidden_size)
        self.k_proj = nn.Linear(hidden_size, hidden_size)
        self.v_proj = nn.Linear(hidden_size, hidden_size)
        self.out_proj = nn.Linear(hidden_size, hidden_size)
        self.num_heads = num_heads
        self.scaling = (hidden_size // num_heads) ** -0.5
        self.dropout = dropout
        self.config = config
        self.num_key_value_groups = 1

    def forward(self, hidden: Float[Tensor, "T D"], layout: Layout) -> Float[Tensor, "T D"]:
        """Each token's mixture of the tokens of its own sequence."""
        query, key, value = (
            linear(projection, hidden).unflatten(-1, (self.num_heads, -1))
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        attend = self._attend_groups if layout.groups else self._attend_pack
        return linear(self.out_proj, attend(query, key, value, layout).flatten(1))

    @property
    def _function(self) -> Callable[..., tuple[Tensor, Tensor | None]]:
        name = self.config._attn_implementation
        return eager_attention if name == "eager" else ALL_ATTENTION_FUNCTIONS[name]

    def _attend_groups(
        self,
        query: Float[Tensor, "T N K"],
        key: Float[Tensor, "T N K"],
        value: Float[Tensor, "T N K"],
        layout: Layout,
    ) -> Float[Tensor, "T N K"]:
        """One batched call for each group of like lengths."""
        function = self._function
        outputs = []
        rows = zip(*(_rows(one, layout) for one in (query, key, value)), strict=True)
        for group, own in zip(layout.groups, rows, strict=True):
            output, weights = function(
                self,
                *own,
                group.mask,
                dropout=self.dropout if self.training else 0.0,
                scaling=self.scaling,
            )
            outputs.append(output.flatten(0, 1))
            if layout.weights is not None and weights is not None:
                layout.weights.append(weights)
        return (
            outputs[0] if layout.back is None else torch.cat(outputs).index_select(0, layout.back)
        )

    def _attend_pack(
        self,
        query: Float[Tensor, "T N K"],
        key: Float[Tensor, "T N K"],
        value: Float[Tensor, "T N K"],
        layout: Layout,
    ) -> Float[Tensor, "T N K"]:
        """One call for the whole pack, by kernels that know boundaries."""
        if not len(query):
            return query
        output, _ = self._function(
            self,
            *(one.transpose(0, 1)[None] for one in (query, key, value)),
            layout.block_mask,
            dropout=self.dropout if self.training else 0.0,
            scaling=self.scaling,
            cu_seq_lens_q=layout.cu_seqlens,
            cu_seq_lens_k=layout.cu_seqlens,
            max_length_q=layout.reach,
            max_length_k=layout.reach,
        )
        return output[0]


def _rows(tokens: Float[Tensor, "T N K"], layout: Layout) -> list[Float[Tensor, "G N L K"]]:
    """Tokens as rows of a batch, group by group; read from the pack at once for all groups."""
    parts = (
        (tokens,)
        if layout.places is None
        else tokens.index_select(0, layout.places).split(
            [group.rows * group.longest for group in layout.groups]
        )
    )
    return [
        part.unflatten(0, (group.rows, group.longest)).transpose(1, 2)
        for part, group in zip(parts, layout.groups, strict=True)
    ]
