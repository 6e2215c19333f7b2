"""An encoder that knows its sentences' vectors by heart."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from erniem.embed import SentenceEncoder, VectorSettings

Vector = Sequence[float]


class Known(SentenceEncoder):
    """In an encoder's place: a table, and the sentences that it was asked for."""

    num_layers = 3  # type: ignore[assignment]

    def __init__(self, table: Mapping[str, Vector]) -> None:
        self.table = table
        self.asked: list[str] = []

    def vectors(
        self, texts: Sequence[str], settings: VectorSettings, *, progress: bool = False
    ) -> np.ndarray:
        self.asked.extend(texts)
        return np.array([self.table[text] for text in texts], dtype=np.float32)


@pytest.fixture
def known() -> Callable[[Mapping[str, Vector]], Known]:
    return Known
