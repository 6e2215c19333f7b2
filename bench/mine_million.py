"""Exact mining among a million sentence vectors: time, and memory beside the vectors themselves.

```sh
OMP_NUM_THREADS=2 python bench/mine_million.py --queries 10000
OMP_NUM_THREADS=2 python bench/mine_million.py --queries 1000000      # all with all: hours
```

Vectors of width 384 by chance, in files mapped into memory; planted among them, pairs that are
alike up to noise. Both directions are searched whole: each query among a million keys, each key
among the queries. With fewer queries than keys, the time of a million queries is extrapolated, and
says so. Seconds are of the clock and of all cores, which differ where a machine has other work.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import faiss
import numpy as np

from erniem.tasks.retrieve.bucc import mine

ROWS = 50_000
"""Made at once."""


def write_vectors(path: Path, count: int, width: int, seed: int) -> np.ndarray:
    """Vectors by chance, in a file."""
    made = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(count, width))
    rng = np.random.default_rng(seed)
    for first in range(0, count, ROWS):
        rows = min(ROWS, count - first)
        made[first : first + rows] = rng.standard_normal((rows, width), dtype=np.float32)
    made.flush()
    return made


def plant(queries: np.ndarray, keys: np.ndarray, count: int, noise: float) -> set[tuple[int, int]]:
    """Makes some keys like queries; their rows."""
    rng = np.random.default_rng(2)
    ones = rng.choice(len(queries), count, replace=False)
    others = rng.choice(len(keys), count, replace=False)
    shape = (count, queries.shape[1])
    keys[others] = queries[ones] + noise * rng.standard_normal(shape, dtype=np.float32)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--queries", type=int, default=10_000)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--planted", type=int, default=1_000)
    parser.add_argument("--noise", type=float, default=1.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        size = (arguments.keys, arguments.width)
        keys = write_vectors(Path(folder, "keys.npy"), *size, seed=0)
        queries = write_vectors(
            Path(folder, "queries.npy"), arguments.queries, arguments.width, seed=1
        )
        planted = plant(queries, keys, arguments.planted, arguments.noise)
        memory = OwnMemory()
        memory.start()
        started, worked = time.perf_counter(), time.process_time()
        found = mine(queries, keys, progress=True)
        seconds, work = time.perf_counter() - started, time.process_time() - worked
    best = {(int(one), int(other)) for one, other in found.rows[: len(planted)]}
    products = 2 * len(queries) * len(keys)
    print(
        f"{len(queries):,} queries, {len(keys):,} keys, {arguments.width} wide; "
        f"{faiss.omp_get_max_threads()} threads"
    )
    print(
        f"mined both ways in {seconds:,.0f} s by the clock, {work:,.0f} s of cores: "
        f"{products / seconds:,.0f} products/s, "
        f"{2 * arguments.width * products / work / 1e9:,.0f} GFLOP/s of a core"
    )
    print(f"planted pairs among the best {len(planted):,}: {len(best & planted):,}")
    print(
        f"memory, the mapped vectors ({(keys.nbytes + queries.nbytes) / 1e9:.2f} GB) aside: "
        f"{memory.before / 1e9:.2f} GB before, {memory.most / 1e9:.2f} GB at most"
    )
    if len(queries) < len(keys):
        times = len(keys) / len(queries) / 3600
        print(
            f"as many queries as keys would take {seconds * times:,.1f} h, {work * times:,.1f} h "
            "of cores (extrapolated, not measured)"
        )


if __name__ == "__main__":
    main()
