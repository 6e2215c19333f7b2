"""Rows as one packed call of a network.

Letters: S rows, T tokens.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from erniem.packing import boundaries

__all__ = ["packed"]


def packed(
    rows: Sequence[Sequence[int]], device: torch.device
) -> tuple[Int[Tensor, " T"], Int[Tensor, " bounds"]]:
    """`input_ids` and `cu_seqlens` on a device: `[[5, 6], [7]]` → `[5, 6, 7]`, `[0, 2, 3]`."""
    ids = torch.tensor([piece for row in rows for piece in row], device=device)
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    return ids, torch.from_numpy(boundaries(lengths)).to(device)
