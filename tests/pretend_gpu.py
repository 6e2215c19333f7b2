"""A GPU that is none: tensors say `cuda`, and what mixes them with the processor's fails.

Their memory is the processor's, so everything is computed. What a real device would refuse is
refused: two devices in one operation, `numpy()` of a tensor that was not brought back. Not seen:
what runs in C++ alone, such as gradients; kernels that a GPU does not have.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree as pytree

__all__ = ["PretendGPU", "pretend_gpu"]

GPU = torch.device("cuda", 0)
DEVICE = torch.Tensor.device.__get__  # type: ignore[attr-defined]
IS_CUDA = torch.Tensor.is_cuda.__get__  # type: ignore[attr-defined]
SET_DATA = torch.Tensor.data.__set__  # type: ignore[attr-defined]
MOVES = (SET_DATA, torch._has_compatible_shallow_copy_type)
MAY_MIX = (*MOVES, torch.Tensor.__getitem__, torch.Tensor.copy_)
"""A weight that moves; an index of either device; a copy from one to the other."""
TO_PYTHON = ("numpy", "__array__")


class PretendGPU(TorchFunctionMode):
    """While it is on, `cuda` is a place of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._storages: dict[int, Any] = {}
        """Memory of the device, held lest an address be given twice."""

    @property
    def used(self) -> bool:
        """Was anything ever on it."""
        return bool(self._storages)

    def holds(self, tensor: Tensor) -> bool:
        """Is it on the device."""
        return tensor.untyped_storage()._cdata in self._storages

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if func in (DEVICE, IS_CUDA):
            there = self.holds(args[0])
            return (GPU if there else func(*args)) if func == DEVICE else there
        if name in ("to", "cuda", "cpu"):
            return self._moved(name, func, args, kwargs)
        tensors = [one for one in pytree.tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
        there = [self.holds(one) for one in tensors]
        if any(there) and name in TO_PYTHON:
            raise TypeError("can't convert cuda:0 device type tensor to numpy.")
        mixed = any(there) and any(
            one.dim() for one, held in zip(tensors, there, strict=True) if not held
        )
        if mixed and func not in MAY_MIX:
            raise RuntimeError(f"{name}: expected all tensors to be on the same device.")
        made_there = any(there)
        if _is_gpu(kwargs.get("device")):
            made_there, kwargs = True, {**kwargs, "device": "cpu"}
        found = func(*args, **kwargs)
        if made_there:
            for one in pytree.tree_leaves(found):
                self._take(one)
        return found

    def _moved(self, name: str, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A tensor on another device, in another precision, or both."""
        tensor, *given = args
        if given and isinstance(given[0], Tensor):
            given = [GPU if self.holds(given[0]) else "cpu", given[0].dtype, *given[1:]]
        asked = [*given, kwargs.get("device")]
        held = self.holds(tensor)
        goes = name == "cuda" or any(map(_is_gpu, asked))
        leaves = name == "cpu" or any(isinstance(one, torch.device | str) for one in asked)
        here = ["cpu" if _is_gpu(one) else one for one in given]
        kept = {key: "cpu" if _is_gpu(one) else one for key, one in kwargs.items()}
        found = tensor if name == "cuda" else func(tensor, *here, **kept)
        if goes != held and (goes or leaves):
            found = found.clone() if _same_memory(found, tensor) else found
        if goes or (held and not leaves):
            self._take(found)
        return found

    def _take(self, one: Any) -> None:
        if isinstance(one, Tensor):
            storage = one.untyped_storage()
            self._storages[storage._cdata] = storage


def _is_gpu(device: Any) -> bool:
    """Is it the name of one, or one."""
    return isinstance(device, torch.device | str) and torch.device(device).type == "cuda"


def _same_memory(one: Tensor, other: Tensor) -> bool:
    return one.untyped_storage()._cdata == other.untyped_storage()._cdata


@contextmanager
def pretend_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendGPU]:
    """Inside, torch sees one GPU."""
    with monkeypatch.context() as patch, PretendGPU() as mode:
        patch.setattr(torch.cuda, "is_available", lambda: True)
        patch.setattr(torch.cuda, "device_count", lambda: 1)
        yield mode
