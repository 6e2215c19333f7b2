"""The arguments of a call as a pack, and the way back to the shape they came in.

```text
padded   input_ids (B, L), attention_mask ─┬─ real tokens alone ─▶ Packed (T = real tokens)
                                           └─ every place ───────▶ Packed (T = B L), for compilers
packed   input_ids (T,), cu_seqlens ────────────────────────────▶ Packed
```

A compiler that follows shapes cannot follow "as many tokens as are real": compiled and exported
calls compute every place, and so do calls that ask for attention weights.

Letters: B rows, L tokens of a row, T tokens of the pack, S sequences, D width.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from erniem.model.attention import Layout, layout_of, layout_of_rows

__all__ = ["Packed", "pack_every_place", "pack_real_tokens"]


@dataclass(frozen=True, kw_only=True)
class Packed:
    """A call's tokens, laid out for attention."""

    words: Float[Tensor, "T D"]
    position_ids: Int[Tensor, " T"]
    language_ids: Int[Tensor, " T"] | None
    layout: Layout
    first: Int[Tensor, " S"]
    """The first token of each sequence; of an empty one, any."""
    real: Bool[Tensor, " S"]
    """Has the sequence a token."""
    restore: Callable[[Tensor], Tensor]
    """Puts token vectors `(T, D)` into the caller's shape, zero at padding."""

    def first_vectors(self, hidden: Float[Tensor, "T D"]) -> Float[Tensor, "S D"]:
        """The vector of each sequence's first token, zero where there is none."""
        if not len(hidden):
            return hidden.new_zeros(len(self.first), hidden.shape[-1])
        return hidden[self.first] * self.real[:, None].to(hidden.dtype)


def pack_real_tokens(
    tokens: Tensor,
    embed: Callable[[Tensor], Tensor] | None,
    *,
    attention_mask: Tensor | None,
    position_ids: Tensor | None,
    language_ids: Tensor | None,
    cu_seqlens: Tensor | None,
    implementation: str,
) -> Packed:
    """Packs the real tokens alone.

    Args:
        tokens: ids `(B, L)`, or `(T,)` with `cu_seqlens`; vectors with D behind if `embed` is None.
        embed: looks pieces up, of real tokens alone.
        attention_mask, position_ids, language_ids: shape of the ids, or None; a pack has no mask.
        cu_seqlens: boundaries of a pack.
        implementation: of attention, by transformers' name.

    Raises:
        ValueError: shapes that do not fit together.
    """
    if cu_seqlens is not None and attention_mask is not None:
        raise ValueError("a pack holds real tokens alone: give cu_seqlens without attention_mask.")
    shape = tokens.shape[:1] if cu_seqlens is not None else _rows(tokens, embed)
    _check_shapes(shape, attention_mask, position_ids, language_ids)
    select: Callable[[Tensor], Tensor]
    restore: Callable[[Tensor], Tensor]
    if cu_seqlens is not None:
        _check_boundaries(cu_seqlens, shape)
        select = restore = _everything
        bounds = cu_seqlens.long()
    else:
        mask = attention_mask if attention_mask is not None else tokens.new_ones(shape)
        select, restore, bounds = _unpadding(mask.bool())
    words = select(tokens)
    if embed is not None:
        words = embed(words)
    lengths = bounds.diff()
    in_order = torch.arange(len(words), device=words.device) - torch.repeat_interleave(
        bounds[:-1], lengths
    )
    return Packed(
        words=words,
        position_ids=in_order if position_ids is None else select(position_ids),
        language_ids=None if language_ids is None else select(language_ids),
        layout=layout_of(bounds, implementation),
        first=torch.where(lengths > 0, bounds[:-1], 0),
        real=lengths > 0,
        restore=restore,
    )


def pack_every_place(
    tokens: Tensor,
    embed: Callable[[Tensor], Tensor] | None,
    *,
    attention_mask: Tensor | None,
    position_ids: Tensor | None,
    language_ids: Tensor | None,
    keep_weights: bool = False,
) -> Packed:
    """Packs whole rows, padding too, in shapes that follow from `(B, L)` alone.

    Args:
        tokens, embed, attention_mask, position_ids, language_ids: as for `pack_real_tokens`.
        keep_weights: keep the attention weights of every layer in the layout.

    Raises:
        ValueError: shapes that do not fit together.
    """
    shape = _rows(tokens, embed)
    _check_shapes(shape, attention_mask, position_ids, language_ids)
    rows, width = shape
    mask = (attention_mask if attention_mask is not None else tokens.new_ones(shape)).bool()
    if position_ids is None:
        position_ids = (mask.cumsum(dim=1) - 1).clamp(min=0)
    words = tokens.flatten(0, 1)
    if embed is not None:
        words = embed(words)

    def restore(value: Tensor) -> Tensor:
        behind = (1,) * (value.dim() - 1)
        return value.unflatten(0, (rows, width)) * mask.view(rows, width, *behind).to(value.dtype)

    return Packed(
        words=words,
        position_ids=position_ids.flatten(),
        language_ids=None if language_ids is None else language_ids.flatten(),
        layout=layout_of_rows(mask, keep_weights=keep_weights),
        first=mask.int().argmax(dim=1) + torch.arange(rows, device=mask.device) * width,
        real=mask.any(dim=1),
        restore=restore,
    )


def _everything(value: Tensor) -> Tensor:
    return value


def _rows(tokens: Tensor, embed: Callable[[Tensor], Tensor] | None) -> torch.Size:
    """The shape (B, L) of a padded call."""
    if tokens.dim() != (3 if embed is None else 2):
        raise ValueError(
            f"the tokens have shape {tuple(tokens.shape)}: give rows, (B, L), or a pack, (T,) with "
            "cu_seqlens; vectors have D behind."
        )
    return tokens.shape[:2]


def _check_shapes(
    shape: torch.Size,
    attention_mask: Tensor | None,
    position_ids: Tensor | None,
    language_ids: Tensor | None,
) -> None:
    """What is said of each token has the shape of the tokens."""
    if attention_mask is not None and attention_mask.dim() != len(shape):
        raise ValueError(
            f"attention_mask has {attention_mask.dim()} dimensions; give (B, L), 1 where a token "
            "is real."
        )
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


def _check_boundaries(cu_seqlens: Tensor, shape: torch.Size) -> None:
    """Boundaries of a pack run from 0 to its number of tokens."""
    ends = (int(cu_seqlens[0]), int(cu_seqlens[-1])) if cu_seqlens.numel() else None
    if len(shape) != 1 or ends != (0, shape[0]) or bool((cu_seqlens.diff() < 0).any()):
        raise ValueError(
            f"cu_seqlens must ascend from 0 to the {shape[0]} tokens of the pack, "
            f"but runs {cu_seqlens.tolist()[:8]}…{cu_seqlens.tolist()[-1:]}."
        )


def _unpadding(
    mask: Bool[Tensor, "B L"],
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor], Tensor]:
    """How to take the real tokens of rows, how to put them back, and their boundaries."""
    rows, width = mask.shape
    places = mask.flatten().nonzero()[:, 0]
    bounds = nn.functional.pad(mask.sum(dim=1).cumsum(dim=0), (1, 0))

    def select(value: Tensor) -> Tensor:
        return value.flatten(0, 1)[places]

    def restore(value: Tensor) -> Tensor:
        whole = value.new_zeros(rows * width, *value.shape[1:])
        return whole.index_copy(0, places, value).view(rows, width, *value.shape[1:])

    return select, restore, bounds
