"""Layer-wise learning rates: the nearer to the text, the lower (Howard and Ruder, 2018).

```text
head, pooler   1
layer l of L   r^(L - l)      l from 1
embeddings     r^(L + 1)
```
"""

import re
from collections.abc import Mapping

import torch
from torch import nn

__all__ = ["give_rates", "layer_rates"]

LAYER = re.compile(r"\.(?:layers?|h|blocks)\.(\d+)\.")
"""The number of a layer in the names that encoders give their parameters."""


def layer_rates(network: nn.Module, decay: float) -> dict[str, float]:
    """The factor of each parameter's learning rate, by its name.

    Args:
        network: an encoder, in an attribute `base_model`, with a head.
        decay: r, as ERNIE-M was fine-tuned (Ouyang et al., 2021, appendix).

    Example: of 12 layers with r = 0.8, the first has 0.8¹¹, the embeddings 0.8¹³.
    """
    body = {id(one) for one in network.base_model.parameters()}  # type: ignore[union-attr]
    depths: dict[str, int | None] = {}
    for name, parameter in network.named_parameters():
        match = LAYER.search(name)
        if id(parameter) not in body or "pooler" in name:
            depths[name] = None
        else:
            depths[name] = int(match[1]) + 1 if match else -1
    count = max((one for one in depths.values() if one is not None), default=0)
    return {
        name: 1.0 if depth is None else decay ** (count - depth) for name, depth in depths.items()
    }


def give_rates(
    optimizer: torch.optim.Optimizer, network: nn.Module, factors: Mapping[str, float]
) -> None:
    """Splits an optimiser's groups so that each parameter has its factor of the learning rate."""
    by_id = {id(one): factors[name] for name, one in network.named_parameters()}
    for group in list(optimizer.param_groups):
        rate, members = group["lr"], group["params"]
        shares = sorted({by_id[id(one)] for one in members}, reverse=True)
        for factor in shares:
            part = [one for one in members if by_id[id(one)] == factor]
            if factor == shares[0]:
                group["params"], group["lr"] = part, rate * factor
            else:
                optimizer.add_param_group({**group, "params": part, "lr": rate * factor})
