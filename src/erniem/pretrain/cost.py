"""What a run costs before it is run: tokens, floating-point operations, hours, money.

```text
recipe ─▶ work of each objective, by token of text ─┐
encoder's shape ─▶ operations of that work ─────────┴▶ of the run ─÷ peak · utilisation▶ hours ─▶ $
```

Operations are those of matrix products: a multiplication and an addition are two; backward is twice
forward. What is not counted (norms, softmax, optimiser, communication) is in the utilisation, which
is measured by others on other models: nothing here was measured on a GPU.

Letters: D width, F feed-forward width, V vocabulary.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from erniem.pretrain.recipe import Recipe

__all__ = ["BASE", "GPUS", "LARGE", "Cost", "Gpu", "Shape", "Work", "cost", "table", "work_of"]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """An encoder as far as its operations go."""

    name: str
    """What it is called."""
    width: int
    """D."""
    layers: int
    """Layers."""
    feed_forward: int
    """F."""
    vocabulary: int = 250_002
    """V."""

    def forward(self, work: "Work") -> float:
        """Operations of a forward pass over sequences, with logits at the holes alone.

        A layer: four products D × D and two D × F a token, and two of attention, L · D each, where
        a sequence has L tokens. The head: D × D and D × V a hole.
        """
        width = self.width
        token = 8 * width**2 + 4 * width * self.feed_forward
        layers = self.layers * (token * work.tokens + 4 * width * work.squares)
        return layers + (2 * width**2 + 2 * width * self.vocabulary) * work.holes


BASE = Shape(name="base", width=768, layers=12, feed_forward=3072)
LARGE = Shape(name="large", width=1024, layers=24, feed_forward=4096)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What an encoder reads and answers."""

    tokens: float
    """Tokens of all sequences, special ones and placeholders counted."""
    squares: float
    """Their lengths squared, summed over the sequences."""
    holes: float
    """Places where logits are computed."""

    def __mul__(self, times: float) -> "Work":
        return Work(
            tokens=self.tokens * times, squares=self.squares * times, holes=self.holes * times
        )

    @staticmethod
    def of(length: float, holes: float) -> "Work":
        """One sequence."""
        return Work(tokens=length, squares=length**2, holes=holes)


def work_of(objective: str, recipe: Recipe, length: float) -> tuple[Work, Work]:
    """What a token of text costs an objective: learned from, and asked without gradient.

    Args:
        objective: mmlm, tlm, camlm or btmlm.
        recipe: its ratios.
        length: mean pieces of a sentence; all are taken to be of it.
    """
    settings, nothing = recipe.objectives, Work.of(0.0, 0.0)
    masked = settings.masking.ratio * length
    if objective == "mmlm":
        return Work.of(length + 2, masked) * (1 / length), nothing
    if objective == "tlm":
        return Work.of(2 * length + 4, 2 * masked) * (1 / (2 * length)), nothing
    specials = 2 if settings.placeholders.frame == "source" else 4
    if objective == "camlm":
        added = settings.camlm.ratio * length
        return Work.of(length + added + specials, added) * (1 / length), nothing
    added = settings.btmlm.ratio * length
    learned = Work.of(length + added + 4, settings.btmlm.masking.ratio * length)
    passes = settings.btmlm.guess.passes if settings.btmlm.guess.method == "confident_first" else 1
    return learned * (1 / length), Work.of(length + added + specials, added) * (passes / length)


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """A GPU, as its maker and others describe it."""

    name: str
    """What it is called."""
    peak: float
    """Dense bf16 operations a second, by its maker's data sheet."""
    price: float
    """US dollars an hour; see docs/scaling.md for what was found."""
    utilisation: dict[str, tuple[float, float]]
    """By size of the encoder: share of the peak in one machine of eight, and in eight machines."""

    def share(self, shape: Shape, gpus: int) -> float:
        """The share of the peak; a shape is taken as the nearest by width, few GPUs as eight."""
        size = "base" if shape.width < (BASE.width + LARGE.width) / 2 else "large"
        return self.utilisation[size][gpus > 8]


GPUS = {
    # MosaicML's llm-foundry, scripts/train/benchmarking/README.md: decoders of 125 and 350 million
    # parameters on A100 40GB in bf16, 512 tokens on 8 GPUs, 2,048 on 64.
    "a100": Gpu(
        name="A100",
        peak=312e12,
        price=1.5,
        utilisation={"base": (0.40, 0.39), "large": (0.48, 0.46)},
    ),
    # The same, H100 80GB: 760 million parameters are the smallest, 0.40 on 8 (512 tokens), 0.37 on
    # 32. Base: that by the ratio of 125 to 760 million on A100 (0.40 / 0.53).
    "h100": Gpu(
        name="H100",
        peak=989e12,
        price=3.0,
        utilisation={"base": (0.30, 0.28), "large": (0.40, 0.37)},
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """A run, counted."""

    shape: Shape
    """The encoder."""
    gpu: Gpu
    """On which."""
    gpus: int
    """How many."""
    utilisation: float
    """Share of the peak."""
    price: float
    """US dollars a GPU and hour."""
    tokens: int
    """Tokens of text, both sides of a pair counted."""
    operations: float
    """Floating-point operations."""

    @property
    def hours(self) -> float:
        """Hours of training, without starting, checkpoints and failures."""
        return self.operations / (self.gpus * self.gpu.peak * self.utilisation) / 3600

    @property
    def money(self) -> float:
        """US dollars."""
        return self.hours * self.gpus * self.price

    def lines(self) -> list[str]:
        """What was counted and what was assumed."""
        rate = self.tokens / (self.hours * 3600 * self.gpus)
        peak = f"{self.gpu.peak / 1e12:,.0f} TFLOP/s"
        of_token = self.operations / self.tokens
        return [
            f"encoder     {self.shape.name}, {self.shape.vocabulary:,} pieces",
            f"text        {self.tokens / 1e6:,.0f} million tokens",
            f"operations  {self.operations:.2e}, {of_token:.2e} a token of text",
            f"speed       {rate:,.0f} tokens of text a second and {self.gpu.name}, if it reaches "
            f"{self.utilisation:.0%} of {peak}; not measured",
            f"time        {self.hours:,.2f} hours on {self.gpus} {self.gpu.name}",
            f"money       ${self.money:,.0f} at ${self.price:.2f} an hour and GPU",
        ]


def cost(
    recipe: Recipe,
    *,
    gpus: int = 8,
    gpu: str = "a100",
    size: str | None = None,
    vocabulary: int = 250_002,
    length: float = 30.0,
    utilisation: float | None = None,
    price: float | None = None,
) -> Cost:
    """Counts a run.

    Args:
        recipe: the run; stage 2 is taken to open when it may.
        gpus: how many.
        gpu: a100 or h100.
        size: base or large, the published shapes; else the recipe's encoder.
        vocabulary: pieces.
        length: mean pieces of a sentence, special ones not counted.
        utilisation: share of the peak; else what was published of like models.
        price: US dollars a GPU and hour; else a figure within what is asked.

    Raises:
        ValueError: an unknown GPU or size, or a figure that cannot be.
    """
    _check(gpus, gpu, size, length, utilisation)
    shape = {"base": BASE, "large": LARGE}[size] if size else _shape(recipe)
    shape = replace(shape, vocabulary=vocabulary)
    card = GPUS[gpu]
    return Cost(
        shape=shape,
        gpu=card,
        gpus=gpus,
        utilisation=card.share(shape, gpus) if utilisation is None else utilisation,
        price=card.price if price is None else price,
        tokens=recipe.steps * recipe.batch.tokens_per_step,
        operations=_operations(recipe, shape, length),
    )


def _check(gpus: int, gpu: str, size: str | None, length: float, utilisation: float | None) -> None:
    if gpu not in GPUS:
        raise ValueError(f"no GPU {gpu!r} is known; there are {', '.join(GPUS)}.")
    if size not in (None, "base", "large"):
        raise ValueError(f"no size {size!r}; there are base and large, or the recipe's own.")
    if gpus < 1 or length <= 0:
        raise ValueError(f"gpus is {gpus} and length {length}; both must be above 0.")
    if utilisation is not None and not 0 < utilisation <= 1:
        raise ValueError(f"utilisation is {utilisation}; it is a share, above 0 and at most 1.")


def _shape(recipe: Recipe) -> Shape:
    if recipe.start is not None:
        raise ValueError(
            f"the recipe starts from {recipe.start}, whose shape it does not say: give a size, "
            "base or large."
        )
    encoder = recipe.encoder
    return Shape(
        name="the recipe's",
        width=encoder.hidden_size,
        layers=encoder.num_hidden_layers,
        feed_forward=encoder.intermediate_size,
    )


def _operations(recipe: Recipe, shape: Shape, length: float) -> float:
    """Of all steps of both stages: three forward passes to learn, one to ask."""
    total = 0.0
    for stage in (recipe.stage1, recipe.stage2):
        whole = sum(stage.mix.values()) or 1.0
        for objective, share in stage.mix.items():
            learned, asked = work_of(objective, recipe, length)
            token = 3 * shape.forward(learned) + shape.forward(asked)
            total += stage.steps * recipe.batch.tokens_per_step * share / whole * token
    return total


def table(recipe: Recipe) -> Iterator[str]:
    """The costs of a recipe at both sizes on 1, 8 and 64 GPUs, as Markdown."""
    yield "| size | GPUs | share of peak | operations | hours | US dollars | at half the share |"
    yield "|---|---|---|---|---|---|---|"
    for size in ("base", "large"):
        for gpu in GPUS:
            for gpus in (1, 8, 64):
                one = cost(recipe, size=size, gpu=gpu, gpus=gpus)
                yield (
                    f"| {size} | {gpus} × {one.gpu.name} | {one.utilisation:.0%} | "
                    f"{one.operations:.1e} | {one.hours:,.1f} | {one.money:,.0f} | "
                    f"{2 * one.hours:,.1f} h, ${2 * one.money:,.0f} |"
                )
