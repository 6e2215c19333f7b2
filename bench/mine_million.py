"""Search for mining among many vectors: time, memory, and what an approximate search misses.

```sh
OMP_NUM_THREADS=1 python bench/mine_million.py REAL.npy --rows 100000 --search exact
OMP_NUM_THREADS=1 python bench/mine_million.py REAL.npy --rows 1000000 --search approximate
```

REAL.npy: vectors of sentences of both languages, as `erniem mine` leaves them in
`OUTPUT.mining/*/vectors.npy`. As many as are asked for are grown out of them: a real vector and
half of the difference of two others, which keeps their mean, so that cosines lie close together as
real ones do. Planted among them, pairs that differ by a third of such a difference. Seconds are of
the clock and of all cores, which differ where a machine has other work.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import faiss
import numpy as np

from erniem.tasks.retrieve.approximate import approximate_neighbours
from erniem.tasks.retrieve.candidates import pairs_of
from erniem.tasks.retrieve.margin import NEIGHBOURS, best_of_both
from erniem.tasks.retrieve.nearest import Found, neighbours
from erniem.tasks.retrieve.search import SEARCHES, search_both_ways

ROWS = 20_000
"""Made at once."""

ASKED = 500
"""Sentences for which the approximate search is compared with the exact one."""


def grown(path: Path, real: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Vectors grown out of real ones, in a file."""
    shape = (count, real.shape[1])
    made = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    rng = np.random.default_rng(seed)
    for first in range(0, count, ROWS):
        one, other, third = rng.integers(len(real), size=(3, min(ROWS, count - first)))
        made[first : first + len(one)] = real[one] + (real[other] - real[third]) / 2
    made.flush()
    return made


def plant(first: np.ndarray, second: np.ndarray, real: np.ndarray, count: int) -> set:
    """Makes some of the second like some of the first; their rows."""
    rng = np.random.default_rng(2)
    ones = rng.choice(len(first), count, replace=False)
    others = rng.choice(len(second), count, replace=False)
    one, other = rng.integers(len(real), size=(2, count))
    second[others] = first[ones] + (real[one] - real[other]) / 3
    return set(zip(ones.tolist(), others.tolist(), strict=True))


class OwnMemory(threading.Thread):
    """The most memory that no file backs, looked at ten times a second, in bytes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.before = self.most = self.now()

    @staticmethod
    def now() -> int:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(status.split("RssAnon:")[1].split()[0])

    def run(self) -> None:
        while True:
            self.most = max(self.most, self.now())
            time.sleep(0.1)


def compared(first: np.ndarray, second: np.ndarray, rows: np.ndarray) -> str:
    """Which of the exact neighbours were found, for some sentences."""
    asked = np.linspace(0, len(first) - 1, ASKED).astype(np.int64)
    _, exact = neighbours(first[asked], second, NEIGHBOURS)
    found = rows[asked]
    nearest = np.mean([exact[row, 0] in found[row] for row in range(ASKED)])
    every = np.mean([np.isin(exact[row], found[row]).mean() for row in range(ASKED)])
    return f"nearest found {nearest:.1%}, of all {NEIGHBOURS} {every:.1%} ({ASKED} sentences)"


def mined(forth: Found, back: Found, count: int) -> set:
    """The best pairs."""
    found = pairs_of(*best_of_both(forth, back, "ratio"))
    return {(int(one), int(other)) for one, other in found.rows[:count]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("real", type=Path, nargs="+")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, help="on the first side, one way alone")
    parser.add_argument("--search", choices=SEARCHES, default="auto")
    parser.add_argument("--planted", type=int, default=1_000)
    arguments = parser.parse_args()
    queries = arguments.queries or arguments.rows
    real = np.concatenate([np.load(path) for path in arguments.real])
    real /= np.linalg.norm(real, axis=1, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        first = grown(Path(folder, "first.npy"), real, queries, seed=0)
        second = grown(Path(folder, "second.npy"), real, arguments.rows, seed=1)
        planted = plant(first, second, real, arguments.planted)
        memory = OwnMemory()
        memory.start()
        started, worked = time.perf_counter(), time.process_time()
        if arguments.queries:
            forth, back = approximate_neighbours(first, second, NEIGHBOURS, progress=True), None
        else:
            forth, back = search_both_ways(
                first, second, NEIGHBOURS, search=arguments.search, progress=True
            )
        seconds, work = time.perf_counter() - started, time.process_time() - worked
        most = memory.most
        ways = "one way, approximate" if back is None else f"both ways, {arguments.search}"
        best = set() if back is None else mined(forth, back, len(planted))
        recall = compared(first, second, forth[1])
    print(
        f"{queries:,} × {arguments.rows:,}, {real.shape[1]} wide, {ways}, "
        f"{faiss.omp_get_max_threads()} threads: {seconds:,.0f} s by the clock, {work:,.0f} s of "
        "cores"
    )
    if back is not None:
        print(f"planted pairs among the best {len(planted):,}: {len(best & planted):,}")
    print(recall)
    print(
        f"memory, the mapped vectors ({(first.nbytes + second.nbytes) / 1e9:.2f} GB) aside: "
        f"{memory.before / 1e9:.2f} GB before, {most / 1e9:.2f} GB at most"
    )


if __name__ == "__main__":
    main()
