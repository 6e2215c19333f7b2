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

__all__ = ["GradientMemory", "TiedTable", "look_up"]


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


class GradientMemory:
    """The memory of a table's gradient, kept from step to step on a CPU.

    A system gives new memory page by page, at the first touch: for 768 MB that is as long as four
    such writes. Memory that anybody still holds (a gradient that was not set to None, above all) is
    left alone. A GPU's allocator keeps its memory by itself.
    """

    def __init__(self) -> None:
        self._kept: torch.UntypedStorage | None = None

    def like(self, weight: Float[Tensor, "V D"]) -> Float[Tensor, "V D"]:
        """A tensor of the weight's shape; what stands in it is of no meaning."""
        if weight.device.type != "cpu":
            return torch.empty_like(weight)
        if self._kept is None or self._kept.nbytes() != weight.nbytes or _is_held(self._kept):
            self._kept = weight.new_empty(weight.shape).untyped_storage()
        return weight.new_empty(0).set_(self._kept, 0, weight.shape, (weight.shape[1], 1))

    def __reduce__(self) -> tuple[type["GradientMemory"], tuple[()]]:
        """Copies and files of a model have none of it."""
        return GradientMemory, ()


def _is_held(memory: torch.UntypedStorage) -> bool:
    """Does any tensor still stand in a memory that one name of ours holds."""
    return torch._C._storage_Use_Count(memory._cdata) > 1


class TiedTable(nn.Module):
    """A table for one step: read first as rows, and last by a head that leaves its gradient here.

    The head's way back comes before the rows', always: what it leaves is there when they come.

    Args:
        table: the table of pieces.
        memory: for its gradient.
    """

    def __init__(self, table: nn.Embedding, memory: GradientMemory) -> None:
        super().__init__()
        self.weight = table.weight
        self.memory = memory
        self.padding = table.padding_idx
        self.waiting: Float[Tensor, "V D"] | None = None
        """The head's gradient, from its way back to the rows'."""

    @classmethod
    def of(cls, table: nn.Module, head: nn.Module, memory: GradientMemory) -> "TiedTable | None":
        """The table, if the head reads the same one and nobody looks on; None otherwise."""
        plain = type(table) is nn.Embedding and type(head) is nn.Linear
        if not plain or has_hooks(table) or has_hooks(head) or torch.compiler.is_compiling():
            return None
        assert isinstance(table, nn.Embedding)
        alone = head.weight is table.weight and type(table.weight) is nn.Parameter
        learns = torch.is_grad_enabled() and table.weight.requires_grad
        return cls(table, memory) if alone and learns else None

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
