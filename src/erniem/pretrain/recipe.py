"""The recipe of a pre-training run: one file that a person can read aloud.

Read by `erniem.recipes`. What was resolved is saved beside the checkpoints as `recipe.yaml`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from erniem import recipes
from erniem.objectives import (
    BTMLMSettings,
    CAMLMSettings,
    LanguageTags,
    MaskingSettings,
    PlaceholderSettings,
)

__all__ = [
    "Batch",
    "Checkpoints",
    "Compute",
    "Encoder",
    "Health",
    "Objectives",
    "Opening",
    "Optimization",
    "Recipe",
    "Stage",
    "read_recipe",
]

OBJECTIVES = ("mmlm", "tlm", "camlm", "btmlm")
SHORTEST = 6
"""Tokens of the shortest pair: a piece on each side, and four special ones."""


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """Shape of an encoder that starts from nothing; a started one brings its own."""

    hidden_size: int = 768
    """Width D."""
    num_hidden_layers: int = 12
    """Layers."""
    num_attention_heads: int = 12
    """Heads; they divide the width."""
    intermediate_size: int = 3072
    """Width of the feed-forward layer; 4 times the width is usual."""
    max_position_embeddings: int = 514
    """Positions, the two reserved ones counted: the longest sequence is two less."""
    initializer_range: float = 0.02
    """Standard deviation of initial weights. 0.02 suits width 768; a narrow encoder learns sooner
    with 1 / √D, without which its layers hardly change what they pass on (docs/log.md)."""
    initial: Literal["random", "repeating"] = "random"
    """`random`: as BERT and XLM-R start. `repeating`: as an encoder that guesses what it reads, see
    `erniem.pretrain.initial`; a small one aligns languages in minutes with it, and did not in an
    hour without (docs/log.md)."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What the asking pass must show before stage 2 opens, as `erniem.objectives.health` counts."""

    distinct: float = 0.05
    """Least share of guesses that are distinct: below it, the same few tokens answer everything."""
    content: float = 0.05
    """Least share of guesses outside the commonest pieces of their language."""
    found_content: float = 0.10
    """Least share of those content guesses that stand in the reference translation."""

    def reached_by(self, shares: Mapping[str, float]) -> bool:
        """True if every share is as high as it must be; a share of nothing (NaN) never is."""
        return all(shares[name] >= least for name, least in asdict(self).items())


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of training."""

    steps: int
    """Optimiser steps. Stage 2 opens no sooner than stage 1 is long, and later if the asking pass
    is not healthy yet; the sum of both stages stays."""
    mix: dict[str, float]
    """Share of the tokens for each objective: mmlm, tlm, camlm, btmlm."""
    weights: dict[str, float] = field(default_factory=dict)
    """Weight of each objective's mean loss; 1 where not named (InfoXLM: MLM + TLM, equal)."""

    def weight(self, objective: str) -> float:
        """The weight of an objective's loss."""
        return self.weights.get(objective, 1.0)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """How much text one step sees."""

    tokens_per_step: int = 65_536
    """Real tokens in one optimiser step, over all processes."""
    tokens_per_micro_batch: int = 16_384
    """Real tokens in one forward and backward pass; divides `tokens_per_step`, decides memory."""
    max_length: int = 256
    """Longest sequence in tokens; longer ones are cropped."""
    alpha: float = 0.3
    """Temperature of the mix of languages: 1 natural, 0 all alike (XLM-R: 0.3)."""
    sources: dict[str, float] = field(default_factory=dict)
    """Weights of the corpus's sources within a language: `{wikipedia: 3.0, crawl: 0.5}`. 1 where
    not named, the natural share; 0 leaves a source out."""

    def __post_init__(self) -> None:
        _check_least("batch.tokens_per_step", self.tokens_per_step, 1)
        _check_least("batch.tokens_per_micro_batch", self.tokens_per_micro_batch, 1)
        _check_least("batch.max_length", self.max_length, SHORTEST)
        for name, weight in self.sources.items():
            if weight < 0:
                raise ValueError(f"batch.sources.{name} is {weight}; it cannot be negative.")


@dataclass(frozen=True, kw_only=True)
class Objectives:
    """Settings of the four objectives; the paper leaves most of them open."""

    masking: MaskingSettings = field(default_factory=MaskingSettings)
    """MMLM and TLM: how holes are made."""
    placeholders: PlaceholderSettings = field(default_factory=PlaceholderSettings)
    """CAMLM and BTMLM's question, which has the same form: how placeholders are laid out."""
    camlm: CAMLMSettings = field(default_factory=CAMLMSettings)
    """CAMLM: how many placeholders."""
    btmlm: BTMLMSettings = field(default_factory=BTMLMSettings)
    """BTMLM: how many placeholders, in which language, who answers, and how an answer is chosen."""
    rare_first: float = 0.0
    """Holes and placeholders are drawn with odds of 1 / frequency^this in the sentence's language:
    0 takes all tokens alike (BERT), 0.5 is XLM's choice, and aligns a small encoder sooner
    (docs/log.md)."""
    language_tags: LanguageTags = "placeholders"
    """Which tokens carry a language id: placeholders alone, or all (as the paper draws it)."""

    def __post_init__(self) -> None:
        if not 0 <= self.rare_first <= 1:
            raise ValueError(f"rare_first is {self.rare_first}; it must be from 0 to 1.")


@dataclass(frozen=True, kw_only=True)
class Health:
    """The check-up of the asking pass on held-out pairs."""

    every: int = 500
    """Steps between two check-ups; 0 for none: stage 2 then opens after the steps of stage 1."""
    pairs: int = 64
    """Held-out pairs of each language pair that are asked, in both directions."""
    opening: Opening = field(default_factory=Opening)
    """What opens stage 2."""

    def __post_init__(self) -> None:
        _check_least("health.every", self.every, 0)
        _check_least("health.pairs", self.pairs, 1)


@dataclass(frozen=True, kw_only=True)
class Optimization:
    """AdamW with warm-up and decay; figures of InfoXLM, which starts where ERNIE-M does."""

    learning_rate: float = 2e-4
    """Peak learning rate (base; large: 1e-4)."""
    table_rate: float = 1.0
    """Learning rate of the tables of pieces, positions and languages, in multiples of
    `learning_rate`. From nothing 10: a row moves only when its piece is read, and in a short run
    most pieces are read a few dozen times (docs/log.md)."""
    warmup_steps: int = 10_000
    """Steps of linear warm-up."""
    schedule: str = "linear"
    """A schedule that transformers' Trainer knows: linear, cosine, constant_with_warmup, …"""
    beta1: float = 0.9
    """Adam's decay of the mean."""
    beta2: float = 0.98
    """Adam's decay of the square."""
    epsilon: float = 1e-6
    """Adam's epsilon."""
    weight_decay: float = 0.01
    """Decoupled weight decay, none on biases and layer norms."""
    clip: float = 1.0
    """Largest norm of the gradient."""


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """What is written while training."""

    every: int = 500
    """Steps between two checkpoints."""
    keep: int | None = 2
    """How many checkpoints stay; all of them if null."""
    log_every: int = 50
    """Steps between two lines of the log."""

    def __post_init__(self) -> None:
        _check_least("checkpoints.every", self.every, 1)
        _check_least("checkpoints.keep", 1 if self.keep is None else self.keep, 1)
        _check_least("checkpoints.log_every", self.log_every, 1)


@dataclass(frozen=True, kw_only=True)
class Compute:
    """How the same sums are computed: the curve stays as it is, up to rounding and to the dice of
    dropout, which depend on the kernel and on the shape of a pack (docs/gpu.md)."""

    attention: Literal["auto", "sdpa", "flash_attention_2", "flex_attention"] = "auto"
    """`auto`: on a GPU flash_attention_2 if the package flash-attn is there and the precision is
    half, else flex_attention; sdpa on a CPU, and where flex_attention knows no dropout."""
    compile: Literal["default", "reduce-overhead"] | None = None
    """Mode of torch.compile for the layers, `reduce-overhead` with CUDA graphs; not compiled if
    null. It wants `pad_to_multiple_of`."""
    pad_to_multiple_of: int | None = None
    """Packs are filled up to a multiple of so many tokens, so that few shapes occur; so many that
    every pack fits, and there is one. Not filled if null."""

    def __post_init__(self) -> None:
        multiple = self.pad_to_multiple_of
        if multiple is not None and (multiple < 128 or multiple % 128):
            raise ValueError(
                f"compute.pad_to_multiple_of is {multiple}; it must be a multiple of 128, the "
                "block of the attention kernels."
            )
        if self.compile is not None and multiple is None:
            raise ValueError(
                f"compute.compile: {self.compile} would compile every pack anew: give "
                "compute.pad_to_multiple_of a number of tokens."
            )
        if self.compile is not None and self.attention == "sdpa":
            raise ValueError(
                "compute.compile: sdpa takes a pack in groups of like lengths, whose shapes never "
                "come again: choose flash_attention_2 or flex_attention."
            )


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a pre-training run."""

    corpus: Path
    """Folder of token shards, as `erniem corpus` makes it."""
    output: Path
    """Folder for checkpoints and logs; a run of this recipe that is found there goes on."""
    start: Path | None = None
    """Checkpoint to start from: ours or of XLM-R's shape; from nothing if null."""
    languages: list[str] | None = None
    """Languages to train on; all those of the corpus if null."""
    encoder: Encoder = field(default_factory=Encoder)
    """Shape of the encoder, if it starts from nothing."""
    dropout: float = 0.0
    """On hidden states and attention. InfoXLM's published continuation of XLM-R has none."""
    stage1: Stage = field(
        default_factory=lambda: Stage(steps=100_000, mix={"mmlm": 0.4, "tlm": 0.3, "camlm": 0.3})
    )
    """Alignment from parallel text."""
    stage2: Stage = field(
        default_factory=lambda: Stage(
            steps=100_000, mix={"mmlm": 0.2, "tlm": 0.2, "camlm": 0.2, "btmlm": 0.4}
        )
    )
    """Alignment from text alone; opens when the asking pass is healthy."""
    batch: Batch = field(default_factory=Batch)
    """How much text one step sees."""
    objectives: Objectives = field(default_factory=Objectives)
    """Settings of the objectives."""
    health: Health = field(default_factory=Health)
    """The check-up of BTMLM's asking pass."""
    optimization: Optimization = field(default_factory=Optimization)
    """Optimiser and schedule."""
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    """Checkpoints and logs."""
    compute: Compute = field(default_factory=Compute)
    """How the sums are computed."""
    seed: int = 1
    """Seed of weights, mix and masks."""
    parallel: Literal["ddp", "fsdp2"] = "ddp"
    """What several processes hold: `ddp` all weights each, the faster; `fsdp2` a part each, with
    its part of the optimiser's state, for GPUs with little memory. The curve is the same."""
    trainer: dict[str, Any] = field(default_factory=dict)
    """Further arguments of transformers' TrainingArguments: bf16, report_to, …"""

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("stage1.steps and stage2.steps are both 0: there is nothing to train.")
        if self.start is not None and self.encoder != Encoder():
            raise ValueError(
                f"encoder has no effect: {self.start} brings its own shape; take `encoder` out."
            )
        for name, stage in (("stage1", self.stage1), ("stage2", self.stage2)):
            _check_stage(name, stage)
        if self.stage2.steps and self.health.every and not sum(self.stage1.mix.values()):
            raise ValueError(
                "stage1.mix gives no objective a share, but stage 1 goes on until the asking pass "
                "is healthy: give it one, or open stage 2 at once (health.every: 0)."
            )
        if self.batch.tokens_per_step % self.batch.tokens_per_micro_batch:
            raise ValueError(
                f"batch.tokens_per_step {self.batch.tokens_per_step} is not a multiple of "
                f"batch.tokens_per_micro_batch {self.batch.tokens_per_micro_batch}: make it one."
            )

    @property
    def micro_batches(self) -> int:
        """Micro-batches in one step, over all processes."""
        return self.batch.tokens_per_step // self.batch.tokens_per_micro_batch

    @property
    def steps(self) -> int:
        """Optimiser steps of both stages."""
        return self.stage1.steps + self.stage2.steps


def _check_least(key: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{key} is {value}; it must be at least {least}.")


def _check_stage(name: str, stage: Stage) -> None:
    known = ", ".join(OBJECTIVES)
    _check_shares(f"{name}.mix", stage.mix)
    _check_shares(f"{name}.weights", stage.weights)
    if stage.steps < 0:
        raise ValueError(f"{name}.steps is {stage.steps}; it cannot be negative.")
    if stage.steps and not sum(stage.mix.values()):
        raise ValueError(f"{name}.mix gives no objective a share; name at least one of {known}.")
    for objective in stage.weights:
        if not stage.mix.get(objective):
            raise ValueError(
                f"{name}.weights.{objective} has no effect: {name}.mix gives it no tokens."
            )
    if name == "stage1" and stage.mix.get("btmlm"):
        raise ValueError("stage1.mix.btmlm: BTMLM asks a trained encoder; give it to stage2.")


def _check_shares(key: str, shares: Mapping[str, float]) -> None:
    for objective, share in shares.items():
        if objective not in OBJECTIVES:
            known = ", ".join(OBJECTIVES)
            raise ValueError(f"{key}: no objective {objective!r}; there are {known}.")
        if share < 0:
            raise ValueError(f"{key}.{objective} is {share}; it cannot be negative.")


def read_recipe(*paths: Path | str, overrides: Sequence[str] = ()) -> Recipe:
    """Reads a recipe from YAML files, as `erniem.recipes.read` does.

    Raises:
        ValueError: no such recipe, a key that it does not have, or a value that does not fit.
    """
    return recipes.read(Recipe, *paths, overrides=overrides)
