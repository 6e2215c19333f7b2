"""Nearest neighbours by cosine among so many that an exact search takes hours: faiss's IVF.

```text
a sample of the keys ─ k-means ─▶ cells      keys ─▶ the cell each lies in, at 16 bits
a query ─▶ its nearest cells ─▶ the nearest keys of these alone
```

Source: Jégou, Douze and Schmid, 2011, section IV (inverted lists), as faiss has it.

Letters: N queries, K keys, D width, k neighbours.
"""

import math

import faiss
import numpy as np
from jaxtyping import Float32
from tqdm import tqdm

from erniem.embed.encoder import unit
from erniem.tasks.retrieve.nearest import Found

__all__ = ["approximate_both_ways", "approximate_neighbours"]

BLOCK = 2**14
"""Rows that are read, added or asked at once."""

PROBES = 32
"""Cells that are looked into; docs/mining.md tells what is found then."""

PER_CELL = 48
"""Keys that k-means sees for each cell, at most; below 39 faiss warns."""

ROUNDS = 6
"""Of k-means."""


def approximate_both_ways(
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "K D"],
    k: int,
    *,
    probes: int = PROBES,
    progress: bool = False,
) -> tuple[Found, Found]:
    """What `neighbours_both_ways` finds, but for some: two searches, one index after the other."""
    forth = approximate_neighbours(first, second, k, probes=probes, progress=progress)
    return forth, approximate_neighbours(second, first, k, probes=probes, progress=progress)


def approximate_neighbours(
    queries: Float32[np.ndarray, "N D"],
    keys: Float32[np.ndarray, "K D"],
    k: int,
    *,
    probes: int = PROBES,
    progress: bool = False,
) -> Found:
    """The k nearest keys of each query by cosine, but for some that lie in other cells.

    Args:
        queries, keys: also from files mapped into memory; the index holds the keys once more, with
            two bytes for each of their numbers.
        k: neighbours.
        probes: cells that are looked into; all of them find all that float16 tells apart.
        progress: show a bar.
    """
    index = _index(keys, progress=progress)
    index.nprobe = probes
    cosines = np.full((len(queries), k), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), k), -1, dtype=np.int64)
    with tqdm(total=len(queries), desc="searching", unit_scale=True, disable=not progress) as bar:
        for start in range(0, len(queries), BLOCK):
            part = slice(start, start + BLOCK)
            there = np.isfinite(queries[part]).all(axis=1)
            found, places = index.search(_asked(queries[part], there), k)
            none = (places < 0) | ~there[:, None]
            cosines[part] = np.where(none, -np.inf, found)
            rows[part] = np.where(none, -1, places)
            bar.update(len(there))
    return cosines, rows


def _index(keys: Float32[np.ndarray, "K D"], *, progress: bool) -> faiss.IndexIVF:
    """Cells with all finite keys in them, under their row's number."""
    count, width = keys.shape
    cells = max(1, min(4 * math.isqrt(count), count // PER_CELL))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(width),
        width,
        cells,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
    )
    index.cp.niter = ROUNDS
    sample = np.linspace(0, count - 1, min(count, cells * PER_CELL)).astype(np.int64)
    learnt = keys[sample]
    learnt = learnt[np.isfinite(learnt).all(axis=1)]
    index.train(unit(learnt))
    with tqdm(total=count, desc="indexing", unit_scale=True, disable=not progress) as bar:
        for start in range(0, count, BLOCK):
            some = keys[start : start + BLOCK]
            there = np.flatnonzero(np.isfinite(some).all(axis=1))
            index.add_with_ids(unit(some[there]), start + there)
            bar.update(len(some))
    return index


def _asked(vectors: Float32[np.ndarray, "N D"], there: np.ndarray) -> Float32[np.ndarray, "N D"]:
    """Unit vectors; zero where one is not finite."""
    return unit(np.where(there[:, None], vectors, np.float32(0)))
