"""Matrix products of a training step on a CPU, by the faster of two libraries.

PyTorch multiplies float32 matrices with MKL, which takes its AVX-512 code on Intel's processors
alone: on AMD's it stays at AVX2, at half the speed of oneDNN, the library that PyTorch brings for
bfloat16 and for inference. Where that is so, `linear` computes `nn.Linear` with oneDNN, forward and
backward, and gives what `nn.Linear` gives up to the order of sums.

Letters: T tokens, I width in, O width out.
"""

import functools
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

__all__ = ["has_hooks", "linear", "multiply", "multiply_into", "onednn_is_faster"]

PROCESSOR = Path("/proc/cpuinfo")


@functools.cache
def onednn_is_faster() -> bool:
    """Has the processor AVX-512, and is it none of Intel's."""
    if torch.backends.cpu.get_cpu_capability() != "AVX512" or not PROCESSOR.exists():
        return False
    there = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return there and "GenuineIntel" not in PROCESSOR.read_text()


def linear(module: nn.Module, inputs: Float[Tensor, "... I"]) -> Float[Tensor, "... O"]:
    """What `module(inputs)` gives, by the faster library if the module is a plain `nn.Linear`.

    A module with hooks, one that an adapter or a quantiser put in its place, another device or
    precision and a compiler all get the module itself.
    """
    if type(module) is not nn.Linear or has_hooks(module) or not _suits(inputs, module.weight):
        return module(inputs)
    return _Linear.apply(inputs, module.weight, module.bias)  # type: ignore[no-untyped-call]


def multiply(
    inputs: Float[Tensor, "T I"], weight: Float[Tensor, "O I"], bias: Tensor | None = None
) -> Float[Tensor, "T O"]:
    """`inputs @ weight.T + bias`, without gradient, by the faster library where both suit."""
    if not _suits(inputs, weight):
        return F.linear(inputs, weight, bias)
    return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")


def multiply_into(
    output: Float[Tensor, "T O"], inputs: Float[Tensor, "T I"], weight: Float[Tensor, "O I"]
) -> None:
    """Writes `inputs @ weight.T` to where it belongs, without a copy where the library can."""
    if _suits(inputs, weight) or output.dtype != inputs.dtype:
        output.copy_(multiply(inputs, weight))
    else:
        torch.mm(inputs, weight.t(), out=output)


def has_hooks(module: nn.Module) -> bool:
    """Does anybody look on when the module is called."""
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )


def _suits(inputs: Tensor, weight: Tensor) -> bool:
    """Are both plain float32 matrices on a CPU whose oneDNN is faster, and nobody compiles."""
    return (
        not torch.compiler.is_compiling()
        and onednn_is_faster()
        and not torch._C._get_tracing_state()
        and not torch.is_autocast_enabled("cpu")
        and all(_is_plain(one) for one in (inputs, weight))
    )


def _is_plain(one: Tensor) -> bool:
    return (
        type(one) in (Tensor, nn.Parameter)
        and one.device.type == "cpu"
        and one.dtype is torch.float32
        and one.dim() == 2
        and one.numel() > 0
    )


class _Linear(torch.autograd.Function):
    """`nn.Linear` by oneDNN, and its gradients."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        inputs: Tensor,
        weight: Tensor,
        bias: Tensor | None,
    ) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        return multiply(inputs, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(
        ctx: torch.autograd.function.FunctionCtx, gradient: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        inputs, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        wanted = ctx.needs_input_grad  # type: ignore[attr-defined]
        return (
            multiply(gradient, weight.t()) if wanted[0] else None,
            multiply(gradient.t(), inputs.t()) if wanted[1] else None,
            gradient.sum(dim=0) if wanted[2] else None,
        )
