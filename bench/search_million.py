"""A million sentences in an index: time, memory and disk of making, growing, opening, asking.

```sh
OMP_NUM_THREADS=1 python bench/search_million.py REAL.npy FOLDER --kind approximate
OMP_NUM_THREADS=1 python bench/search_million.py REAL.npy FOLDER --kind exact
```

REAL.npy: vectors of real sentences (`bench/search_recall.py --vectors` leaves them). As many as are
asked for are grown out of them, as in bench/mine_million.py: a real vector and half of the
difference of two others. A sentence is 40 letters and its number, which is all that its encoder
reads: encoding costs nothing here. Grown vectors lie otherwise than real ones: for what cells find
see bench/search_recall.py. Each step runs in a process of its own, so that memory is its own.
"""

import argparse
import multiprocessing
import resource
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from erniem.search import Index, IndexSettings
from mine_million import OwnMemory, grown

ASKED = 200
"""Queries, one after the other."""


class Numbers:
    """An encoder that reads the number at a text's end, and knows the vector of each number."""

    fingerprint = "numbers"

    def __init__(self, vectors: Path) -> None:
        self.vectors = np.load(vectors, mmap_mode="r")
        self.width = self.vectors.shape[1]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = [int(text.rsplit(" ", 1)[1]) for text in texts]
        vectors = np.asarray(self.vectors[rows])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def text(number: int) -> str:
    return f"{'abcdefghijklmnopqrstuvwxyz' * 2:.40} {number}"


def build(encoder: Numbers, folder: Path, rows: int, kind: Any) -> str:
    settings = IndexSettings(kind=kind)
    texts = map(text, range(rows))
    index = Index.build(encoder, texts, output=folder, settings=settings)
    size = sum(facts.bytes for facts in index.manifest.files.values())
    return f"{size / 1e9:.2f} GB on the disk; {index.manifest.cells}"


def add(encoder: Numbers, folder: Path, rows: int, kind: Any) -> str:
    index = Index.open(folder, encoder)
    more = index.add(map(text, range(rows, rows + 10_000)))
    return f"{len(index):,} → {len(more):,} sentences, {len(more.manifest.parts)} parts"


def again(encoder: Numbers, folder: Path, rows: int, kind: Any) -> str:
    index = Index.build(encoder, map(text, range(rows)), output=folder)
    return f"version {index.manifest.version}"


def remove(encoder: Numbers, folder: Path, rows: int, kind: Any) -> str:
    return f"{len(Index.open(folder).remove(map(str, range(0, 1000)))):,} sentences left"


def verify(encoder: Numbers, folder: Path, rows: int, kind: Any) -> str:
    return f"{len(Index.open(folder, encoder, verify=True)):,} sentences"


def opening(encoder: Numbers, folder: Path, rows: int, kind: Any) -> str:
    return f"{len(Index.open(folder, encoder)):,} sentences"


def ask(encoder: Numbers, folder: Path, rows: int, kind: Any, **given: Any) -> str:
    index = Index.open(folder, encoder)
    numbers = np.random.default_rng(5).integers(rows, size=ASKED)
    seconds, work = [], time.process_time()
    for number in numbers[: given.pop("asked", ASKED)]:
        started = time.perf_counter()
        index.search([text(int(number))], **given)
        seconds.append(time.perf_counter() - started)
    work = (time.process_time() - work) / len(seconds)
    half, most = np.quantile(seconds[1:], [0.5, 0.99]) * 1000
    return (
        f"the first {seconds[0] * 1000:.1f} ms, then median {half:.1f} ms, 99 % below {most:.1f} "
        f"ms; {work * 1000:.1f} ms of a core each"
    )


def ask_by_margin(*given: Any) -> str:
    return ask(*given, score="margin", asked=30)


def ask_exactly(*given: Any) -> str:
    return ask(*given, exact=True, asked=30)


def ask_together(encoder: Numbers, folder: Path, rows: int, kind: Any) -> str:
    index = Index.open(folder, encoder)
    numbers = np.random.default_rng(5).integers(rows, size=1000)
    started, work = time.perf_counter(), time.process_time()
    index.search([text(int(number)) for number in numbers])
    clock, work = time.perf_counter() - started, time.process_time() - work
    return f"1,000 queries in one call: {1000 / clock:,.0f}/s by the clock, {1000 / work:,.0f}/core"


Step = Callable[..., str]
STEPS: list[Step] = [
    *(build, opening, ask, ask_by_margin, ask_exactly, ask_together, again, add, ask, remove),
    *(ask, verify),
]


def measured(step: Step, *given: Any) -> None:
    """Runs a step, and says what it took: seconds, and memory that no file backs."""
    memory = OwnMemory()
    memory.start()
    started, worked = time.perf_counter(), time.process_time()
    said = step(*given)
    clock, work = time.perf_counter() - started, time.process_time() - worked
    with_files = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        f"{step.__name__:<14} {clock:8.2f} s by the clock, {work:8.2f} s of cores, memory "
        f"{memory.before / 1e9:.2f} → {memory.most / 1e9:.2f} GB ({with_files / 1e9:.2f} with "
        f"mapped files) · {said}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("real", type=Path)
    parser.add_argument("folder", type=Path, help="to work in")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=["auto", "exact", "approximate"], default="auto")
    arguments = parser.parse_args()
    vectors, folder = arguments.folder / "grown.npy", arguments.folder / "index"
    shutil.rmtree(folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    if not vectors.is_file():
        real = np.load(arguments.real)
        real /= np.linalg.norm(real, axis=1, keepdims=True)
        grown(vectors, real, arguments.rows + 10_000, seed=0)
    encoder = Numbers(vectors)
    fork = multiprocessing.get_context("fork")
    for step in STEPS:
        given = (step, encoder, folder, arguments.rows, arguments.kind)
        process = fork.Process(target=measured, args=given)
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{step.__name__} ended with {process.exitcode}")


if __name__ == "__main__":
    main()
