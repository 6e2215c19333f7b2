"""Tables that are read by number, and one gradient for the one that is read at both ends.

```text
forward    pieces ─▶ rows of the table ─▶ layers ─▶ the table turned round ─▶ losses
backward   rows are added to it, and it goes on  ◀── layers ◀── a gradient (V, D), which waits
```

PyTorch makes a `(V, D)` for each of the two readings and adds them up: with 250,002 pieces of width
768 that is 768 MB too much, written, read and given back in every step.

Letters: T tokens, V vocabulary, D width.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from erniem.model.products import has_hooks

__all__ = ["TiedTable", "look_up"]


def look_up(table: nn.Module, ids: Tensor, what: str) -> Tensor:
    """Rows of a table; what is not in it is named (on a GPU, by CUDA's own error).

    Args:
        table: an `nn.Embedding`, or what stands in its place.
        ids: numbers of rows, in any shape.
        what: what the numbers are.

    Raises:
        ValueError: a number that the table does not have.
    """
    if torch.compiler.is_compiling():
        return table(ids)
    try:
        return table(ids)
    except IndexError as error:
        rows = next(table.parameters()).shape[0]
        raise ValueError(
            f"{what} run from {int(ids.min())} to {int(ids.max())}, but the table has {rows} rows: "
            "encode with the tokeniser that belongs to the model."
        ) from error


class TiedTable(nn.Module):
    """A table for one step: read first as rows, and last by a head that leaves its gradient here.

    The head's way back comes before the rows', always: what it leaves is there when they come.

    Args:
        table: the table of pieces.
    """

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self.weight = table.weight
        self.padding = table.padding_idx
        self.waiting: Float[Tensor, "V D"] | None = None
        """The head's gradient, from its way back to the rows'."""

    @classmethod
    def of(cls, table: nn.Module, head: nn.Module) -> "TiedTable | None":
        """The table, if the head reads the same one and nobody looks on; None otherwise."""
        plain = type(table) is nn.Embedding and type(head) is nn.Linear
        if not plain or has_hooks(table) or has_hooks(head) or torch.compiler.is_compiling():
            return None
        assert isinstance(table, nn.Embedding)
        alone = head.weight is table.weight and type(table.weight) is nn.Parameter
        learns = torch.is_grad_enabled() and table.weight.requires_grad
        return cls(table) if alone and learns else None

    def forward(self, ids: Int[Tensor, " T"]) -> Float[Tensor, "T D"]:
        """Rows, as `nn.Embedding` gives them."""
        return _Rows.apply(self.weight, ids, self)  # type: ignore[no-untyped-call]


class _Rows(torch.autograd.Function):
    """Rows of a table, and the table's whole gradient."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx, weight: Tensor, ids: Tensor, table: TiedTable
    ) -> Tensor:
        ctx.save_for_backward(ids)
        ctx.table = table  # type: ignore[attr-defined]
        return F.embedding(ids, weight)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor, None, None]:
        (ids,) = ctx.saved_tensors  # type: ignore[attr-defined]
        table: TiedTable = ctx.table  # type: ignore[attr-defined]
        whole, table.waiting = table.waiting, None
        if whole is None:
            whole = torch.zeros_like(table.weight)
        if table.padding is not None:
            gradient = gradient.masked_fill((ids == table.padding)[:, None], 0.0)
        return whole.index_add_(0, ids, gradient.to(whole.dtype)), None, None
