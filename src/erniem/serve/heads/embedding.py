"""Sentence vectors of rows.

Letters: S rows, D width.
"""

from collections.abc import Sequence

import numpy as np

from erniem.embed.encoder import Encoder, unit
from erniem.embed.rows import in_batches

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
        found = np.empty((len(rows), backend.width), dtype=np.float32)
        in_batches(
            list(rows),
            lambda some: [backend.vectors(some)],
            [found],
            budget=self.encoder.settings.tokens_per_batch,
            padded=backend.padded,
        )
        if not np.isfinite(found).all():
            raise ArithmeticError("this model's vectors are no numbers")
        return list(unit(found))
