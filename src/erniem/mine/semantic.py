"""Pairs scored by an encoder: how near their two sides are in meaning.

```text
pairs ─ some at a time ─▶ vectors of both sides ─▶ cosine, or margin among those ─▶ kept or dropped
```

A later pass over pairs that are there already, for a recipe of a corpus or alone (`erniem rate`).
It needs torch, which nothing else does that prepares text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float32

from erniem.corpus.document import Document, Drops, is_pair, sides_of
from erniem.corpus.steps.rule import Rule
from erniem.embed import SentenceEncoder, VectorSettings, open_encoder
from erniem.embed.encoder import unit
from erniem.mine.vectors import vectors_for
from erniem.tasks.retrieve.margin import NEIGHBOURS, around, margins
from erniem.tasks.retrieve.nearest import neighbours_both_ways

__all__ = ["BATCH", "FAR", "Nearness", "Semantic", "score_pairs", "scores_of"]

Nearness = Literal["cosine", "ratio", "distance"]
"""The cosine of the sides, or their margin among the pairs scored at once."""

BATCH = 1024
"""Pairs that are scored at once."""

FAR = "sides differ in meaning"
"""Why a pair is dropped."""


def score_pairs(
    documents: Iterable[Document],
    encoder: SentenceEncoder,
    settings: VectorSettings,
    *,
    by: Nearness = "cosine",
    batch: int = BATCH,
) -> Iterator[tuple[Document, float]]:
    """Pairs with their scores, in their order.

    Args:
        documents: pairs.
        encoder, settings: make the vectors.
        by: what the score is.
        batch: pairs scored at once, which a margin is taken among: more of them, truer margins. A
            rest of fewer is scored with the last of these.
    """
    for some in _lots(documents, batch):
        sides = [sides_of(document) for document in some]
        vectors = encoder.vectors([text for pair in sides for text in pair], settings)
        scores = scores_of(vectors[::2], vectors[1::2], by)
        yield from zip(some, scores.tolist(), strict=True)


def _lots(documents: Iterable[Document], size: int) -> Iterator[list[Document]]:
    """Documents, so many at a time; what is left goes with the last: a pair alone has margin 1."""
    waiting = iter(documents)
    some = list(islice(waiting, size))
    while len(more := list(islice(waiting, size))) == size:
        yield some
        some = more
    if some:
        yield some + more


def scores_of(
    first: Float32[np.ndarray, "N D"], second: Float32[np.ndarray, "N D"], by: Nearness
) -> Float32[np.ndarray, " N"]:
    """The score of each row's two sides; of vectors that are not finite, not a number."""
    cosines = np.einsum("nd,nd->n", unit(first), unit(second))
    if by == "cosine":
        return cosines
    forth, back = neighbours_both_ways(first, second, NEIGHBOURS)
    levels = (around(forth)[:, None], around(back)[:, None])
    return margins(cosines[:, None], *levels, by)[:, 0]


@dataclass(frozen=True, kw_only=True)
class Semantic(Rule):
    """A step that drops pairs whose sides are not near enough; sentences go through.

    A recipe names it by its import path, `erniem.mine.semantic:Semantic`.
    """

    encoder: Path
    """Folder of an encoder of any kind with its tokenizer."""
    least: float
    """Of a pair that is kept; docs/mining.md tells how to find it."""
    by: Nearness = "cosine"
    """The cosine of the sides, or their margin among the pairs scored at once."""
    batch: int = BATCH
    """Pairs that are scored at once."""
    vectors: VectorSettings | None = None
    """How a sentence becomes a vector; as the encoder's folder says, or the mean of the text's
    tokens in the last layer."""

    def __post_init__(self) -> None:
        if self.by not in get_args(Nearness):
            raise ValueError(f"nearness {self.by!r}: choose {', '.join(get_args(Nearness))}.")
        if self.batch < 1:
            raise ValueError(f"batch {self.batch}: give at least 1.")

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The encoder."""
        return (str(self.encoder),)

    def __getstate__(self) -> dict[str, object]:
        """All but the opened encoder, which each process opens for itself."""
        return {name: value for name, value in vars(self).items() if name != "_opened"}

    @cached_property
    def _opened(self) -> SentenceEncoder:
        return open_encoder(Path(self.encoder))

    def apply(self, documents: Iterable[Document], drops: Drops) -> Iterator[Document]:
        """The pairs that are near enough, and all sentences."""
        for some in _lots(documents, self.batch):
            scores = self._scores([document for document in some if is_pair(document)])
            for document in some:
                if not is_pair(document) or next(scores) >= self.least:
                    yield document
                else:
                    drops.drop(document, FAR)

    def _scores(self, pairs: list[Document]) -> Iterator[float]:
        settings = self.vectors or vectors_for(Path(self.encoder))
        for _, score in score_pairs(pairs, self._opened, settings, by=self.by, batch=self.batch):
            yield score
