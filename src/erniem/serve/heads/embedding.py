"""Sentence vectors of rows.

Letters: S rows, D width.
"""

from collections.abc import Sequence

import numpy as np

from erniem.embed.encoder import Encoder, unit

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
        found = self.encoder.of_rows([*rows])
        if not np.isfinite(found).all():
            raise ArithmeticError("this model's vectors are no numbers")
        return list(unit(found))
