"""An encoder of ours with linear maps of 8 bits, in torch.

Weights are rounded once, each row by its own largest value; activations are rounded as they come,
each token by its own: a vector does not depend on the batch it was computed in. Sums are of
integers, by oneDNN; all else stays float32.

Letters: T tokens, I width in, O width out.
"""

import torch
from jaxtyping import Float32
from torch import Tensor, nn

from erniem.model.encoder import ErnieMModel

__all__ = ["RoundedLinear", "can_round", "round_layers"]

LARGEST = 127
"""Of a rounded number: as far from zero on both sides."""

ZERO = 128
"""Where activations have their zero: with signed ones oneDNN took 3,000 times as long."""


class RoundedLinear(nn.Module):
    """What a linear map computes, by integers.

    Args:
        linear: in float32, on the CPU, with a bias.
    """

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scales = _scales(weight)
        rounded = torch.round(weight / scales).to(torch.int8)
        self.packed = torch.ops.onednn.qlinear_prepack(rounded, None)
        self.scales = scales[:, 0].contiguous()
        self.zeros = torch.zeros(len(weight), dtype=torch.long)
        self.bias = linear.bias.detach()

    def forward(self, inputs: Float32[Tensor, "T I"]) -> Float32[Tensor, "T O"]:
        """The map of each token."""
        scales = _scales(inputs)
        rounded = torch.round(inputs / scales).add_(ZERO).to(torch.uint8)
        weight = (self.packed, self.scales, self.zeros)
        as_it_is: tuple[object, ...] = (None, 1.0, 0, torch.float32, "none", [], "")
        products = torch.ops.onednn.qlinear_pointwise(rounded, 1.0, ZERO, *weight, *as_it_is)
        return torch.addcmul(self.bias, products, scales)


def can_round() -> bool:
    """Has this torch oneDNN's products of integers."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.onednn, "qlinear_pointwise")


def round_layers(encoder: ErnieMModel) -> None:
    """Puts maps of 8 bits in the place of all linear maps of the layers; the tables stay."""
    for part in list(encoder.encoder.modules()):
        for name, child in list(part.named_children()):
            if isinstance(child, nn.Linear):
                setattr(part, name, RoundedLinear(child))


def _scales(rows: Float32[Tensor, "R I"]) -> Float32[Tensor, "R 1"]:
    """What each row is divided by, so that its largest value is 127; never zero."""
    return (rows.abs().amax(dim=1, keepdim=True) / LARGEST).clamp(min=1e-30)
