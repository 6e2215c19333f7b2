"""How a run computes its sums: the kernel of attention, compiled layers, packs of few shapes.

Letters: T tokens of a pack, S sequences.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers.utils.import_utils import is_flash_attn_2_available

from erniem.model.heads import ErnieMForMaskedLM
from erniem.packing import NO_LANGUAGE, Pack, within
from erniem.pretrain.recipe import Compute

__all__ = ["Filling", "choose_attention", "compile_layers", "in_words", "keep_gradients"]

MEAN_LENGTH = 8
"""A filled pack of T tokens has T / 8 sequences, empty ones at its end; text of a shorter mean
takes the next multiple."""
SHAPES = 64
"""So many compiled forms of a layer at most; further shapes run uncompiled, with a warning."""


def choose_attention(
    compute: Compute, *, device: str, half: bool, dropout: float, flash: bool | None = None
) -> str:
    """The attention function of a run, by transformers' name.

    Args:
        compute: what the recipe says.
        device: type of the device.
        half: do products run in bf16 or fp16.
        dropout: of attention weights.
        flash: is the package flash-attn there, and a GPU for it; looked up if None.

    Raises:
        ValueError: the one asked for cannot run here, or layers are to be compiled and none that
            a compiler can follow runs here.
    """
    flash = is_flash_attn_2_available() if flash is None else flash
    asked = compute.attention
    if asked == "auto":
        chosen = _best(device=device, half=half, dropout=dropout, flash=flash)
        if compute.compile is not None and chosen == "sdpa":
            way_out = "set dropout: 0, or " if device == "cuda" else ""
            raise ValueError(
                f"compute.compile: {compute.compile} wants flash_attention_2 or flex_attention, "
                f"and neither runs here (device {device}, dropout {dropout:g}): {way_out}take "
                "compute.compile out."
            )
        return chosen
    lacks = {
        "flash_attention_2": [
            (not flash, "wants an NVIDIA GPU and the package flash-attn (pip install flash-attn)"),
            (not half, "computes in half precision alone: set trainer.bf16"),
        ],
        "flex_attention": [
            (device == "cpu", "has no backward pass on a CPU"),
            (bool(dropout), "knows no dropout: set dropout: 0"),
        ],
    }
    for lacking, why in lacks.get(asked, []):
        if lacking:
            raise ValueError(f"compute.attention: {asked} {why}; auto takes what there is.")
    return asked


def _best(*, device: str, half: bool, dropout: float, flash: bool) -> str:
    """The fastest attention that runs here."""
    if device != "cuda":
        return "sdpa"
    if flash and half:
        return "flash_attention_2"
    return "sdpa" if dropout else "flex_attention"


def in_words(compute: Compute) -> str:
    """What a run says of it when it starts.

    Example: `attention sdpa · layers not compiled · packs filled to multiples of 1,024 tokens`.
    """
    compiled = "not compiled" if compute.compile is None else f"compiled ({compute.compile})"
    multiple = compute.pad_to_multiple_of
    filled = "not filled" if multiple is None else f"filled to multiples of {multiple:,} tokens"
    return f"attention {compute.attention} · layers {compiled} · packs {filled}"


def compile_layers(model: ErnieMForMaskedLM, compute: Compute, backend: Any = "inductor") -> None:
    """Compiles the layers in place, if the recipe says so: one form serves them all.

    A layer, not the stack: it is compiled once for twelve, and FSDP gathers weights between two.
    """
    if compute.compile is None:
        return
    mode = None if compute.compile == "default" else compute.compile
    if mode is not None:
        # What CUDA graphs gave to the pass before may be written over from here on.
        model.ernie_m.encoder.register_forward_pre_hook(
            lambda *_: torch.compiler.cudagraph_mark_step_begin()
        )
    for layer in model.ernie_m.encoder.layers:
        layer.compile(dynamic=False, mode=mode, backend=backend, recompile_limit=SHAPES)


@dataclass(frozen=True, kw_only=True)
class Filling:
    """Fills packs up to a multiple, tokens and sequences both.

    Filler stands at the end, in sequences of its own: no hole lies in it, and nothing sees it.
    """

    multiple: int
    """Tokens of a filled pack are a multiple of so many."""
    longest: int
    """Longest sequence of filler."""
    pad: int
    """The id that fills."""

    def fill(self, pack: Pack) -> Pack:
        """A pack in one of few shapes; a full one goes to the next multiple, nothing is dropped.

        Example: multiple 128, 130 tokens in 9 sequences → 256 tokens in 32 sequences.
        """
        tokens, sequences = len(pack.input_ids), len(pack)
        total = -(-tokens // self.multiple) * self.multiple
        while total // MEAN_LENGTH < sequences + -(-(total - tokens) // self.longest):
            total += self.multiple
        filler = np.diff(np.append(np.arange(0, total - tokens, self.longest), total - tokens))
        ends = np.append(pack.cu_seqlens, tokens + filler.cumsum())
        count = total - tokens
        return Pack(
            input_ids=np.append(pack.input_ids, np.full(count, self.pad)),
            position_ids=np.append(pack.position_ids, within(filler)),
            language_ids=np.append(pack.language_ids, np.full(count, NO_LANGUAGE)),
            cu_seqlens=np.pad(ends, (0, total // MEAN_LENGTH + 1 - len(ends)), mode="edge"),
        )


def keep_gradients(model: torch.nn.Module) -> None:
    """Gives every weight a gradient of its own, which CUDA graphs then add to.

    Else the first backward pass leaves a graph's own memory there, and the second one writes over
    it (pytorch issue 169545).
    """
    for weight in model.parameters():
        if weight.requires_grad and weight.grad is None:
            weight.grad = torch.zeros_like(weight)
