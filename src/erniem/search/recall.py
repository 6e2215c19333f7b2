"""How many cells to look into: as few as find the share of the true nearest that is wanted.

Queries are sentences of the index, each asked for its neighbours but not for itself: as if it had
been left out. Or they are somebody's own, which is better: those of another language than the
index's lie elsewhere, and need more cells.

Letters: N queries, D width, k neighbours.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from erniem.search.parts import Parts

__all__ = ["Asked", "Probed", "choose_probes", "left_out", "share_found"]

QUERIES = 256
"""Sentences that are asked for."""

STEP = 1.3
"""From one number of cells that is tried to the next."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Queries that cells are tried with."""

    vectors: Float32[np.ndarray, "N D"]
    """Of length one."""
    rows: Int64[np.ndarray, " N"]
    """The row of each in the index, which is not to be found; -1 if it has none."""


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What was chosen."""

    probes: int
    """Cells to look into."""
    found: float
    """Share of the true nearest found so."""


def left_out(parts: Parts, seed: int = 0) -> Asked:
    """Sentences of an index as queries."""
    every = np.concatenate(
        [part.live_rows() + start for part, start in zip(parts.parts, parts.starts, strict=False)]
    )
    chosen = np.random.default_rng(seed).choice(every, min(QUERIES, len(every)), replace=False)
    rows = np.sort(chosen)
    return Asked(vectors=parts.vectors(rows), rows=rows)


def choose_probes(
    parts: Parts,
    cells: int,
    asked: Asked,
    *,
    recall: float,
    at: int,
    language: int | None = None,
) -> Probed:
    """The fewest cells with which so much is found; all, if none fewer do.

    Args:
        parts: of the index.
        cells: that there are.
        asked: queries.
        recall: share of the true nearest that is to be found.
        at: how many nearest.
        language: of the sentences that are looked for; None: any.
    """
    truth = _neighbours(parts, asked, at, language, None)
    probes, found = 1, 0.0
    while True:
        found = share_found(truth, _neighbours(parts, asked, at, language, probes))
        if found >= recall or probes >= cells:
            return Probed(probes=probes, found=found)
        probes = min(cells, max(probes + 1, round(probes * STEP)))


def share_found(truth: Int64[np.ndarray, "N k"], found: Int64[np.ndarray, "N k"]) -> float:
    """Mean share of the true rows that were found, of queries that have any."""
    there = [set(row[row >= 0].tolist()) for row in truth]
    shares = [
        len(row & set(other.tolist())) / len(row)
        for row, other in zip(there, found, strict=True)
        if row
    ]
    return float(np.mean(shares)) if shares else 1.0


def _neighbours(
    parts: Parts, asked: Asked, at: int, language: int | None, probes: int | None
) -> Int64[np.ndarray, "N k"]:
    """Rows of the nearest but the queries themselves."""
    _, rows = parts.nearest(asked.vectors, at + 1, language=language, probes=probes)
    itself = rows == asked.rows[:, None]
    itself[~itself.any(axis=1), -1] = True  # none to leave out: the farthest goes
    return rows[~itself].reshape(len(rows), at)
