"""Losses at the holes without the table of logits: the vocabulary is gone through in blocks.

```text
forward    for each block of pieces:  logits (H, block) ─▶ exp(logits - highest) ─▶ its sum
backward   for each block of pieces:  softmax - answer ─▶ all three gradients
```

A block stays in the processor's cache from one product to the next, and the whole `(H, V)`, a
gigabyte for a thousand holes and 250,002 pieces, exists only where it is small (see `KEPT`).

Letters: H holes, D width, V vocabulary.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from erniem.model.products import multiply, multiply_into
from erniem.model.table import TiedTable

__all__ = ["Answered", "answer_losses"]

BLOCK = 8192
"""Pieces of a block; from 1,024 to 8,192 are as fast, more are slower."""
KEPT = 64 << 20
"""So many logits at most (256 MB) are kept for the way back; more are computed a second time."""
LOWEST = torch.finfo(torch.float32).min
"""Of a block whose pieces are all impossible (-inf), as the highest of it."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How the holes were answered."""

    losses: Float[Tensor, " H"]
    """Cross-entropy of each hole."""
    right: Bool[Tensor, " H"]
    """Is no other piece likelier than the answer."""


def answer_losses(
    hidden: Float[Tensor, "H D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"],
    answers: Int[Tensor, " H"],
    table: TiedTable | None = None,
) -> Answered:
    """Cross-entropies of the logits `hidden @ weight.T + bias`, equal to the plain computation.

    Under autocast the products are in its precision, and sums over the vocabulary in float32.

    Args:
        hidden, weight, bias, answers: vectors at the holes, the head's, the right pieces.
        table: where the gradient of `weight` is left, if this is the weight of a tied table.

    Raises:
        ValueError: an answer that is no piece; on a CPU, for a GPU would have to wait.
    """
    if answers.device.type == "cpu" and bool(((answers < 0) | (answers >= len(weight))).any()):
        raise ValueError(
            f"labels run from {int(answers.min())} to {int(answers.max())}, but the vocabulary has "
            f"{len(weight)} pieces: encode with the tokeniser that belongs to the model."
        )
    device = hidden.device.type
    if table is not None:
        weight = weight.detach()
    if torch.is_autocast_enabled(device):
        dtype = torch.get_autocast_dtype(device)
        hidden, weight, bias = (one.to(dtype) for one in (hidden, weight, bias))
    losses, right = _Losses.apply(hidden, weight, bias, answers, table)  # type: ignore[no-untyped-call]
    return Answered(losses=losses, right=right)


class _Losses(torch.autograd.Function):
    """The walk through the vocabulary, and back."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        answers: Tensor,
        table: TiedTable | None,
    ) -> tuple[Tensor, Tensor]:
        total = hidden.new_full((len(hidden),), -torch.inf, dtype=torch.float32)
        top, answered = total.clone(), torch.zeros_like(total)
        keep = hidden.requires_grad and len(hidden) * len(weight) <= KEPT
        kept = []
        for block in _blocks(len(weight)):
            logits = multiply(hidden, weight[block], bias[block]).float()
            rows, columns = _answers_within(answers, block)
            answered[rows] = logits[rows, columns]
            highest = logits.amax(dim=1).clamp_(min=LOWEST)
            logits = logits.sub_(highest[:, None]).exp_()
            total = torch.logaddexp(total, logits.sum(dim=1).log_() + highest)
            top = torch.maximum(top, highest)
            if keep:
                kept.append((logits, highest))
        ctx.save_for_backward(hidden, weight, bias, answers, total)
        ctx.kept, ctx.table = kept, table  # type: ignore[attr-defined]
        right = answered >= top
        ctx.mark_non_differentiable(right)
        return total - answered, right

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor, _: Tensor
    ) -> tuple[Tensor, Tensor | None, Tensor, None, None]:
        hidden, weight, bias, answers, total = ctx.saved_tensors  # type: ignore[attr-defined]
        kept = ctx.kept  # type: ignore[attr-defined]
        table: TiedTable | None = ctx.table  # type: ignore[attr-defined]
        of_hidden = torch.zeros_like(hidden, dtype=torch.float32)
        of_weight = torch.empty_like(weight) if table is None else table.memory.like(table.weight)
        of_bias = torch.empty_like(bias)
        for number, block in enumerate(_blocks(len(weight))):
            rows = weight[block]
            if kept:
                share, highest = kept[number]
                share = share * (gradient * (highest - total).exp_())[:, None]
            else:
                share = multiply(hidden, rows, bias[block]).float()
                share = share.sub_(total[:, None]).exp_().mul_(gradient[:, None])
            holes, columns = _answers_within(answers, block)
            share[holes, columns] -= gradient[holes]
            share = share.to(weight.dtype)
            of_hidden += multiply(share, rows.t())
            multiply_into(of_weight[block], share.t(), hidden.t())
            of_bias[block] = share.sum(dim=0)
        of_hidden = of_hidden.to(hidden.dtype)
        if table is None:
            return of_hidden, of_weight, of_bias, None, None
        table.waiting = of_weight
        return of_hidden, None, of_bias, None, None


def _blocks(vocabulary: int) -> Iterator[slice]:
    """The vocabulary in blocks."""
    for start in range(0, vocabulary, BLOCK):
        yield slice(start, min(start + BLOCK, vocabulary))


def _answers_within(answers: Int[Tensor, " H"], block: slice) -> tuple[Tensor, Tensor]:
    """The holes whose answers stand in a block, and the places of the answers in it."""
    rows = ((answers >= block.start) & (answers < block.stop)).nonzero()[:, 0]
    return rows, answers[rows] - block.start
