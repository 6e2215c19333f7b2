"""Training steps of ours, packed, against transformers' XLM-R as its Trainer runs it.

```text
ERNIEM_DATA=data python bench/training_step.py [--quick] [--threads 2] [--tokenizer xlm-r/]
```

A step is forward, backward, clipping and AdamW (fused, for all) on the same sentences:

erniem          ErnieMForMaskedLM, packed, losses at the holes, without dropout
defaults        XLMRobertaForMaskedLM: rows as they come, padded to the longest of the batch, logits
                everywhere, dropout 0.1: the Trainer's defaults but for the number of rows
best settings   the same with rows of like lengths together (`group_by_length`), without dropout

Both peers run sdpa. What comes before a step, collating above all, is not measured. Real tokens are
those of the sentences, [CLS] and [SEP] too. The limit is the machine's own matrix product, measured
in the same turns, over the operations that cannot be spared: see `operations`.

Letters: B sentences, L tokens of the longest, T tokens of all, H holes, V vocabulary.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import XLMRobertaForMaskedLM

from erniem.convert import to_xlm_roberta
from erniem.model.configuration import ErnieMConfig
from erniem.model.masked_lm import IGNORED, ErnieMForMaskedLM
from erniem.objectives import (
    Batch,
    CAMLMSettings,
    GuessSettings,
    MaskingSettings,
    PlaceholderSettings,
    answer,
    ask,
    camlm,
    join,
    learn,
    mmlm,
    tlm,
)
from erniem.packing import Pack, Sentences
from harness import Row, Samples, alternate, compared, ratios, record, spread
from step_text import BASE, SMALL, TINY, Size, Text

OBJECTIVES = ("mmlm", "tlm", "camlm", "btmlm")
MASKING = MaskingSettings()
FORM = PlaceholderSettings()
BY_HOLE = True
"""Whether ours goes through the vocabulary in blocks, as pre-training does."""


# Ours


def masked(batch: Batch, size: Size) -> dict[str, Tensor]:
    """A batch of any objective as arguments of the network."""
    joined = join([batch], OBJECTIVES)
    arrays = {
        "input_ids": joined.pack.input_ids,
        "position_ids": joined.pack.position_ids,
        "language_ids": joined.pack.language_ids,
        "cu_seqlens": joined.pack.cu_seqlens,
        "holes": joined.holes,
        "labels": joined.answers,
    }
    return {name: torch.from_numpy(array) for name, array in arrays.items()}


def sentences(pieces: list[list[int]], language: int) -> Sentences:
    return Sentences.of(pieces, [language] * len(pieces))


class Ours:
    """A step of ours with one of the objectives."""

    def __init__(
        self,
        size: Size,
        text: Text,
        model: ErnieMForMaskedLM,
        objective: str,
        camlm: CAMLMSettings | None = None,
    ) -> None:
        self.size, self.text, self.objective = size, text, objective
        self.camlm = camlm or CAMLMSettings()
        self.model, self.step = model, optimizer_step(model)

    def __call__(self, repeat: int) -> float:
        rng = np.random.default_rng(repeat + 1000)
        special = self.size.special
        if self.objective in ("tlm", "camlm"):
            first, second = (
                sentences(side, 1 + at) for at, side in enumerate(self.text.pairs(repeat))
            )
            real = framed(first, second)
            batch = (
                tlm(first, second, MASKING, special, rng)
                if self.objective == "tlm"
                else camlm(first, second, self.camlm, FORM, special, rng)
            )
            inputs = masked(batch, self.size)
            return self._timed(real, lambda: inputs)
        single = sentences(self.text.singles(repeat), 1)
        if self.objective == "mmlm":
            inputs = masked(mmlm(single, MASKING, special, rng), self.size)
            return self._timed(framed(single), lambda: inputs)
        return self._timed(framed(single), partial(self._asked, single, rng))

    def _asked(self, single: Sentences, rng: np.random.Generator) -> dict[str, Tensor]:
        """BTMLM's questions, answered: part of the step."""
        special = self.size.special
        question = ask(single, np.full(len(single), 2), 0.75, FORM, special)
        guesses = answer(question, self._answers, GuessSettings(), special, torch.Generator())
        return masked(learn(question, guesses, MASKING, special, rng), self.size)

    @torch.no_grad()
    def _answers(self, pack: Pack, holes: np.ndarray) -> Tensor:
        arrays = (pack.input_ids, pack.position_ids, pack.language_ids, pack.cu_seqlens, holes)
        names = ("input_ids", "position_ids", "language_ids", "cu_seqlens", "holes")
        tensors = {name: torch.from_numpy(one) for name, one in zip(names, arrays, strict=True)}
        return self.model(**tensors).logits

    def _timed(self, real: int, inputs: Callable[[], dict[str, Tensor]]) -> float:
        """Real tokens a second."""
        start = time.perf_counter()
        self.step(loss_of(self.model, inputs()))
        return real / (time.perf_counter() - start)


def loss_of(model: ErnieMForMaskedLM, inputs: dict[str, Tensor]) -> Callable[[], Tensor]:
    return lambda: model(**inputs, by_hole=BY_HOLE).loss


def framed(*sides: Sentences) -> int:
    """Tokens of sentences, or of pairs, [CLS] and [SEP] too."""
    frame = {1: 2, 2: 4}[len(sides)]
    return sum(len(side.ids) for side in sides) + frame * len(sides[0])


# Theirs


class Theirs:
    """A step of transformers' XLM-R on padded rows."""

    def __init__(self, size: Size, text: Text, model: XLMRobertaForMaskedLM, alike: bool) -> None:
        self.size, self.text, self.alike = size, text, alike
        self.model, self.step = model, optimizer_step(model)

    def __call__(self, repeat: int) -> float:
        rows = self._rows(repeat)
        batch = single_batch(rows, self.size, repeat)
        real = int(batch["attention_mask"].sum())
        start = time.perf_counter()
        self.step(lambda: self.model(**batch).loss)
        return real / (time.perf_counter() - start)

    def _rows(self, repeat: int) -> list[list[int]]:
        """A batch as it comes; or one of like lengths, out of as much text."""
        return self.text.alike(repeat) if self.alike else self.text.singles(repeat)


def single_batch(rows: list[list[int]], size: Size, seed: int) -> dict[str, Tensor]:
    """Padded rows with holes, as transformers' collator makes them."""
    rng = np.random.default_rng(seed + 1000)
    special = size.special
    batch = mmlm(sentences(rows, 1), MASKING, special, rng)
    bounds = batch.pack.cu_seqlens
    longest = int(np.diff(bounds).max())
    ids = torch.full((len(rows), longest), special.pad)
    labels = torch.full((len(rows), longest), IGNORED)
    wanted = np.full(len(batch.pack.input_ids), IGNORED)
    wanted[batch.holes] = batch.answers
    for row, (start, end) in enumerate(pairwise(bounds)):
        ids[row, : end - start] = torch.from_numpy(batch.pack.input_ids[start:end])
        labels[row, : end - start] = torch.from_numpy(wanted[start:end])
    return {"input_ids": ids, "labels": labels, "attention_mask": (ids != special.pad).long()}


def optimizer_step(model: nn.Module) -> Callable[[Callable[[], Tensor]], None]:
    """A step as the Trainer's defaults take it."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    model.train()

    def step(loss: Callable[[], Tensor]) -> None:
        optimizer.zero_grad()
        loss().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


# The limit


def operations(size: Size) -> float:
    """Floating-point operations a real token that a step of MMLM cannot spare.

    Two for each weight of the layers' matrices forward and four backward, and the same for a row of
    the table for each piece at each hole, 15 % of the tokens. Attention's own products, norms,
    the optimiser and the rest are not counted: the limit is a little high.
    """
    shape = size.shape
    width, inner = shape["hidden_size"], shape["intermediate_size"]
    layers = shape["num_hidden_layers"] * (4 * width * width + 2 * width * inner)
    head = MASKING.ratio * (width * width + width * shape["vocab_size"])
    return 6.0 * (layers + head)


def matrix_product(width: int) -> Callable[[int], float]:
    """A contestant: floating-point operations a second of PyTorch's plain matrix product."""
    first, second = torch.randn(2, 2048, width).unbind()
    second = second.t().contiguous()

    def run(repeat: int) -> float:
        del repeat
        start = time.perf_counter()
        for _ in range(4):
            first @ second
        return 4 * 2.0 * 2048 * 2048 * width / (time.perf_counter() - start)

    return run


# Measuring


def contestant(name: str, size: Size, text: Text) -> Callable[[int], float]:
    """One of the contestants by name; all start from the same weights."""
    torch.manual_seed(0)
    shape = {**size.shape, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    ours = ErnieMForMaskedLM(ErnieMConfig(**shape, languages=["en", "de"]))
    if name == "erniem":
        return Ours(size, text, ours, "mmlm")
    theirs = to_xlm_roberta(ours)
    if name == "best settings":
        return Theirs(size, text, theirs, alike=True)
    theirs.config.hidden_dropout_prob = theirs.config.attention_probs_dropout_prob = 0.1
    for part in theirs.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.1
    return Theirs(size, text, theirs, alike=False)


NAMES = ("erniem", "defaults", "best settings")
TARGETS = {
    SMALL.name: {"defaults": "≥ 8", "best settings": "≥ 2"},
    BASE.name: {"defaults": "≥ 6", "best settings": "≥ 2", "limit": "≥ 0.7"},
}


def mmlm_rows(size: Size, text: Text, repeats: int) -> list[Row]:
    """Ours against both peers and the limit."""
    product = matrix_product(size.shape["hidden_size"])
    needed = operations(size)
    contestants = {name: contestant(name, size, text) for name in NAMES}
    samples = alternate({**contestants, "limit": lambda repeat: product(repeat) / needed}, repeats)
    return compared(
        samples,
        ours="erniem",
        what=f"{size.name}, MMLM",
        unit="real tokens/s",
        targets=TARGETS.get(size.name),
    )


def objective_rows(size: Size, text: Text, repeats: int) -> list[Row]:
    """Our objectives against our MMLM, time a real token."""
    torch.manual_seed(0)
    shape = {**size.shape, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = ErnieMForMaskedLM(ErnieMConfig(**shape, languages=["en", "de"]))
    runs = {name: Ours(size, text, model, name) for name in OBJECTIVES}
    runs["camlm, as few holes"] = Ours(size, text, model, "camlm", CAMLMSettings(ratio=0.15))
    samples: Samples = alternate(runs, repeats)
    most = {"tlm": "≤ 1.3", "camlm": "≤ 1.3", "btmlm": "≤ 2", "camlm, as few holes": "≤ 1.3"}
    return [
        Row(
            what=f"{size.name}, time a real token",
            name=name,
            unit="real tokens/s",
            figure=spread(taken),
            against=None if name == "mmlm" else "mmlm",
            ratio=None if name == "mmlm" else ratios(samples["mmlm"], taken),
            target=most.get(name),
        )
        for name, taken in samples.items()
    ]


def memory_rows(size: Size, options: argparse.Namespace) -> list[Row]:
    """The most memory of a process that takes the same steps, and larger ones."""
    rows = []
    more = [] if options.quick else [size.sentences * 3 // 2]
    for sentences in (size.sentences, *more):
        rows += memory_of_steps(size, sentences, options)
    return rows


def memory_of_steps(size: Size, sentences: int, options: argparse.Namespace) -> list[Row]:
    peaks = {}
    for name in NAMES:
        command = [sys.executable, __file__, "--memory-of", name, "--size", size.name]
        command += ["--sentences", str(sentences)]
        command += ["--threads", str(options.threads), "--repeats", str(options.repeats)]
        command += ["--tokenizer", str(options.tokenizer)] * bool(options.tokenizer)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == -signal.SIGKILL:
            print(f"{name}: {sentences} sentences did not fit into memory and are left out")
            continue
        done.check_returncode()
        peaks[name] = [float(done.stdout.split()[-1])]
    return compared(
        peaks,
        ours="erniem",
        what=f"{size.name}, {sentences} sentences, most memory of the process",
        unit="MB",
        targets={"defaults": "≤ 0.5"} if size is BASE else None,
    )


def peak() -> float:
    """MB that this process held at most."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny; nothing is recorded")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--repeats", type=int, default=5, help="steps each")
    parser.add_argument("--tokenizer", type=Path, help="folder; for real text (ERNIEM_DATA)")
    parser.add_argument("--only", choices=["small", "base"], help="this size alone")
    parser.add_argument("--size", help=argparse.SUPPRESS)
    parser.add_argument("--sentences", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.repeats = 1
    torch.set_num_threads(options.threads)
    by_name = {size.name: size for size in (TINY, SMALL, BASE)}
    if options.memory_of:
        size = replace(by_name[options.size], sentences=options.sentences)
        step = contestant(options.memory_of, size, Text(size, options.tokenizer))
        for repeat in range(options.repeats):
            step(repeat)
        print(peak())
        return
    named = {"small": [SMALL], "base": [BASE], None: [SMALL, BASE]}
    sizes = [TINY] if options.quick else named[options.only]
    rows = []
    for size in sizes:
        text = Text(size, options.tokenizer)
        memory = shown(memory_rows(size, options))  # before this process holds any
        for found in (mmlm_rows, objective_rows):
            rows += shown(found(size, text, options.repeats))
        rows += memory
    if not options.quick:
        about = (
            "A step: forward, backward, clipping, AdamW. Peers: transformers' XLM-R with its "
            "Trainer's defaults (padded, logits everywhere, dropout 0.1), and with rows of like "
            "lengths together, without dropout. Not measured: collating, the data. "
            + ("Real sentences." if text.real else "Invented sentences of real lengths.")
        )
        settings = {"threads": options.threads, "repeats": options.repeats}
        settings |= {f"sentences at {size.name}": size.sentences for size in sizes}
        record("training_step", rows, about=about, settings=settings)


def shown(rows: list[Row]) -> list[Row]:
    for row in rows:
        ratio = f"   {row.ratio} × {row.against} ({row.target or 'no target'})" if row.ratio else ""
        print(f"{row.what:<48} {row.name:<15} {row.figure} {row.unit}{ratio}", flush=True)
    return rows


if __name__ == "__main__":
    main()
