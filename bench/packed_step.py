"""A training step of ours, packed, against transformers' XLM-R as its Trainer runs it.

```text
python bench/packed_step.py --threads 1 --repeats 3
```

Forward, backward, clipping and AdamW over the same weights and the same sentences, three ways:

packed       ErnieMForMaskedLM: sentences end to end, logits at the holes
padded       XLMRobertaForMaskedLM: rows padded to the longest, logits everywhere, as the Trainer's
padded-holes the same network and rows, logits at the holes: what padding alone costs

What comes before the step, collating above all, is not measured. A repeat is one batch, which all
three take in turn; the batches differ. Real tokens are those of the sentences, [CLS] and [SEP] too.
The more sentences in a batch, the longer its longest and the more padding: see --sentences.

Letters: B sentences, L tokens of the longest, T tokens of all, H holes.
"""

import argparse
import platform
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from torch import Tensor, nn
from transformers import XLMRobertaForMaskedLM

from erniem.convert import to_xlm_roberta
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import IGNORED, ErnieMForMaskedLM

SHAPE = {
    "vocab_size": 16_000,
    "hidden_size": 256,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "intermediate_size": 1024,
}
MEAN, SPREAD = 32.0, 0.6
"""Lengths are log-normal; the spread of log length is 0.4 to 0.8 in the languages of the corpus of
real text in docs/log.md."""
SHORTEST, LONGEST = 5, 256
HOLES = 0.15
NAMES = ("packed", "padded", "padded-holes")
CLS, PAD, SEP, MASK = 0, 1, 2, 15_999


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """One batch in both shapes."""

    flat: Tensor
    """`(T,)` ids with their holes."""
    bounds: Tensor
    """`(B + 1,)` where sentences begin and end."""
    holes: Tensor
    """`(H,)` places in `flat`."""
    answers: Tensor
    """`(H,)` the ids that stood there."""
    rows: Tensor
    """`(B, L)` ids, padded on the right."""
    mask: Tensor
    """`(B, L)`, 1 where a token is real."""
    labels: Tensor
    """`(B, L)`, the answers at the holes, -100 elsewhere."""


Loss = Callable[[Sentences], Tensor]
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}


def draw(seed: int, count: int) -> Sentences:
    """Invented sentences of natural lengths."""
    rng = np.random.default_rng(seed)
    drawn = rng.lognormal(np.log(MEAN) - SPREAD**2 / 2, SPREAD, count)
    lengths = torch.from_numpy(drawn.round().clip(SHORTEST, LONGEST).astype(np.int64))
    bounds = F.pad(lengths.cumsum(0), (1, 0))
    total = int(bounds[-1])
    whole = torch.from_numpy(rng.integers(4, MASK, total))
    whole[bounds[:-1]], whole[bounds[1:] - 1] = CLS, SEP
    hole = torch.from_numpy(rng.random(total) < HOLES) & (whole >= 4)
    flat = whole.masked_fill(hole, MASK)
    split = partial(torch.split, split_size_or_sections=lengths.tolist())
    padded = partial(nn.utils.rnn.pad_sequence, batch_first=True)
    return Sentences(
        flat=flat,
        bounds=bounds,
        holes=hole.nonzero()[:, 0],
        answers=whole[hole],
        rows=padded(split(flat), padding_value=PAD),
        mask=padded(split(torch.ones_like(flat)), padding_value=0),
        labels=padded(split(whole.masked_fill(~hole, IGNORED)), padding_value=IGNORED),
    )


def packed(model: ErnieMForMaskedLM, batch: Sentences) -> Tensor:
    return model(
        input_ids=batch.flat, cu_seqlens=batch.bounds, holes=batch.holes, labels=batch.answers
    ).loss


def padded(model: XLMRobertaForMaskedLM, batch: Sentences) -> Tensor:
    return model(input_ids=batch.rows, attention_mask=batch.mask, labels=batch.labels).loss


def padded_holes(model: XLMRobertaForMaskedLM, batch: Sentences) -> Tensor:
    hidden = model.roberta(input_ids=batch.rows, attention_mask=batch.mask).last_hidden_state
    at = batch.labels != IGNORED
    return F.cross_entropy(model.lm_head(hidden[at]), batch.labels[at])


def contestants(
    names: tuple[str, ...] = ("packed", "padded", "padded-holes"),
) -> dict[str, tuple[nn.Module, Loss]]:
    """For each name a network, of the same weights as the others', and its loss."""
    torch.manual_seed(0)
    ours = ErnieMForMaskedLM(ErnieMConfig(**SHAPE))
    peers = {"padded": padded, "padded-holes": padded_holes}
    models: dict[str, tuple[nn.Module, Loss]] = {}
    for name in names:
        model = ours if name == "packed" else to_xlm_roberta(ours)
        models[name] = (model, partial(peers.get(name, packed), model))
    return models


def check_same_losses(models: dict[str, tuple[nn.Module, Loss]], batch: Sentences) -> None:
    """Without dropout all three must compute one and the same loss."""
    with torch.no_grad():
        losses = {
            name: float(loss(batch)) for name, (model, loss) in models.items() if model.eval()
        }
    assert max(losses.values()) - min(losses.values()) < 1e-4, losses


def stepper(model: nn.Module, loss: Loss, clock: Clock) -> Callable[[Sentences], float]:
    """A training step with the Trainer's defaults: seconds it takes."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    model.train()

    def step(batch: Sentences) -> float:
        start = clock()
        optimizer.zero_grad()
        loss(batch).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return clock() - start

    return step


def measure(batches: list[Sentences], clock: Clock) -> dict[str, list[float]]:
    """Seconds of each contestant for each batch but the first, which warms up."""
    models = contestants()
    check_same_losses(models, batches[0])
    steps = {name: stepper(*model, clock) for name, model in models.items()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for batch in batches:
        for name, step in steps.items():
            seconds[name].append(step(batch))
    return {name: taken[1:] for name, taken in seconds.items()}


def peak_memory(name: str, threads: int, batches: list[Sentences]) -> float:
    """MB that steps add to the peak of a fresh process in which the network stands."""
    torch.set_num_threads(threads)
    ((_, model),) = contestants((name,)).items()
    step = stepper(*model, time.perf_counter)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for batch in batches:
        step(batch)
    unit = 1024**2 if platform.system() == "Darwin" else 1024
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit


def report(seconds: dict[str, list[float]], real: list[int], memory: dict[str, float]) -> None:
    """Medians, and medians of the ratios within each repeat."""
    print(
        f"{'':14}{'real tokens/s':>15}{'times padded':>14}{'lowest':>8}{'highest':>9}{'peak MB':>9}"
    )
    for name, taken in seconds.items():
        speed = statistics.median(r / s for r, s in zip(real, taken, strict=True))
        ratios = [peer / s for peer, s in zip(seconds["padded"], taken, strict=True)]
        print(
            f"{name:14}{speed:15,.0f}{statistics.median(ratios):14.2f}{min(ratios):8.2f}"
            f"{max(ratios):9.2f}{memory[name]:9,.0f}"
        )


def arguments() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--repeats", type=int, default=5, help="batches, one step each")
    parser.add_argument("--sentences", type=int, default=32, help="sentences of a batch")
    parser.add_argument(
        "--clock", choices=list(CLOCKS), default="wall", help="cpu: beside others, with one thread"
    )
    options = parser.parse_args()
    if options.clock == "cpu" and options.threads != 1:
        parser.error("--clock cpu adds the threads up: it needs --threads 1")
    return options


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    batches = [draw(seed, options.sentences) for seed in range(options.repeats + 1)]
    # First of all: a new process starts with the peak of the one that makes it.
    with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
        memory = {
            name: pool.submit(peak_memory, name, options.threads, batches[1:2]).result()
            for name in NAMES
        }
    seconds = measure(batches, CLOCKS[options.clock])
    real = [len(batch.flat) for batch in batches[1:]]
    places = sum(batch.rows.numel() for batch in batches[1:])
    print(
        f"torch {torch.__version__}, transformers {transformers.__version__}, "
        f"Python {platform.python_version()}, {platform.machine()}, {options.threads} threads, "
        f"{options.repeats} repeats, {options.clock} clock"
    )
    print(
        f"{SHAPE['num_hidden_layers']} layers x {SHAPE['hidden_size']}, {SHAPE['vocab_size']:,} "
        f"pieces; {options.sentences} sentences a batch, "
        f"{sum(real) / options.sentences / len(real):.1f} tokens each; "
        f"{1 - sum(real) / places:.0%} of a padded batch is padding"
    )
    report(seconds, real, memory)


if __name__ == "__main__":
    main()
