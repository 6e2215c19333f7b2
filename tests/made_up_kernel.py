"""A stand-in for the kernels of attention that run on a GPU alone, and a compiler that counts."""

import os
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch._dynamo.testing import CompileCounterWithBackend

from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.compute import compile_layers
from erniem.pretrain.recipe import Compute

__all__ = ["UNWATCHED", "as_dynamo_warns", "compiler", "half_alone", "stand_in", "unwatched"]

UNWATCHED = "UNWATCHED" in os.environ
"""No compiler follows functions whose types are watched. Tests that compile are run again in a
process where nobody watches, see `test_compute.py`."""

as_dynamo_warns = pytest.mark.filterwarnings(
    "ignore:The .grad attribute of a Tensor that is not a leaf"
)
unwatched = pytest.mark.skipif(not UNWATCHED, reason="no compiler follows watched types")


def stand_in(module: Any, query: Any, key: Any, value: Any, mask: Any, **kwargs: Any) -> Any:
    """Called as transformers calls flash attention: boundaries, no mask; shapes follow from T."""
    bounds = kwargs["cu_seq_lens_q"]
    row = torch.bucketize(torch.arange(query.shape[2]), bounds[1:], right=True)
    visible = row[:, None] == row
    output = F.scaled_dot_product_attention(query, key, value, visible, scale=kwargs["scaling"])
    return output.transpose(1, 2), None


def half_alone(module: Any, query: Any, *others: Any, **kwargs: Any) -> Any:
    """As flash attention does, computes nothing but bf16 and fp16."""
    if query.dtype not in (torch.bfloat16, torch.float16):
        raise RuntimeError("FlashAttention only support fp16 and bf16 data type")
    return stand_in(module, query, *others, **kwargs)


def compiler(forms: CompileCounterWithBackend) -> Any:
    """`compile_layers` by a compiler that counts: modes are inductor's own."""

    def compiled(model: ErnieMForMaskedLM, compute: Compute) -> None:
        if compute.compile is not None:
            plainly = Compute(compile="default", pad_to_multiple_of=compute.pad_to_multiple_of)
            compile_layers(model, plainly, forms)

    return compiled
