"""Sentence vectors of rows.

Letters: S rows, D width.
"""

from collections.abc import Sequence

import numpy as np

from erniem.embed.encoder import Encoder, unit
from erniem.embed.rows import batches

__all__ = ["Embedding"]


class Embedding:
    """Makes vectors of length one.

    Args:
        encoder: on any backend.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder

    def run(self, rows: Sequence[list[int]]) -> list[np.ndarray]:
        """A vector `(D,)` for each row.

        Raises:
            ArithmeticError: vectors that are no numbers.
        """
        backend = self.encoder.backend
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        found = np.empty((len(rows), backend.width), dtype=np.float32)
        budget = self.encoder.settings.tokens_per_batch
        for batch in batches(lengths, budget, padded=backend.padded):
            found[batch] = backend.vectors([rows[row] for row in batch])
        if not np.isfinite(found).all():
            raise ArithmeticError("this model's vectors are no numbers")
        return list(unit(found))
