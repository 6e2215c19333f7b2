"""Pre-training runs of seconds, and what of them can be compared."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from erniem.corpus.corpus import Corpus
from erniem.pretrain.recipe import (
    Batch,
    Checkpoints,
    Encoder,
    Health,
    Opening,
    Optimization,
    Recipe,
    Stage,
)

__all__ = ["OPEN", "assert_same_bits", "curve", "recipe_for", "weights"]

OPEN = Opening(distinct=0.0, content=0.0, found_content=0.0)
TIMING = ("tokens_per_second", "train_runtime", "train_samples_per_second")


def recipe_for(corpus: Corpus, output: Path, **changes: Any) -> Recipe:
    """A run of twelve steps, dropout included, in which stage 2 opens at step 5."""
    return replace(
        Recipe(
            corpus=corpus.folder,
            output=output,
            encoder=Encoder(
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=32,
                max_position_embeddings=66,
            ),
            dropout=0.1,
            stage1=Stage(steps=5, mix={"mmlm": 0.4, "tlm": 0.3, "camlm": 0.3}),
            stage2=Stage(steps=7, mix={"mmlm": 0.3, "camlm": 0.3, "btmlm": 0.4}),
            batch=Batch(tokens_per_step=512, tokens_per_micro_batch=256, max_length=64),
            health=Health(every=4, pairs=5, opening=OPEN),
            optimization=Optimization(learning_rate=1e-2, warmup_steps=2),
            checkpoints=Checkpoints(every=3, log_every=2),
            trainer={"report_to": "none"},
        ),
        **changes,
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def curve(output: Path) -> list[dict[str, float]]:
    """The lines of the log, without what a clock says."""
    log = json.loads((output / "trainer_state.json").read_text())["log_history"]
    return [{k: v for k, v in line.items() if k not in TIMING} for line in log if "stage" in line]


def assert_same_bits(one: Path, other: Path) -> None:
    first, second = weights(one / "final"), weights(other / "final")
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert curve(one) == curve(other)
