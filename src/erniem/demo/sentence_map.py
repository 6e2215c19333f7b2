"""Sentences on a plane: who lies where.

Letters: N sentences, D width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from erniem.demo.collection import Sentence
from erniem.report.quickstart.maps import on_a_plane

__all__ = ["MOST", "Method", "SentenceMap", "draw_map"]

Method = Literal["t-SNE", "PCA"]

MOST = 300
"""Sentences of a collection on a map: t-SNE of so many takes seconds."""


@dataclass(frozen=True, kw_only=True)
class SentenceMap:
    """Sentences with their places."""

    sentences: tuple[Sentence, ...]
    """Those of the collection, then the visitor's own."""
    places: Float[np.ndarray, "N 2"]
    """From 0 to 1 both ways, the same scale on both."""
    own: int
    """How many, at the end, are the visitor's own."""


def draw_map(
    sentences: Sequence[Sentence],
    vectors: Float[np.ndarray, "N D"],
    method: Method = "t-SNE",
    own: int = 0,
) -> SentenceMap:
    """Places sentences on a plane, near each other where the encoder finds them alike.

    Args:
        sentences: of a collection, then the visitor's own.
        vectors: theirs, of length one.
        method: t-SNE keeps neighbours together; PCA shows the two directions that differ most.
        own: how many, at the end, are the visitor's own.

    Raises:
        ValueError: no such method, fewer than three sentences.
    """
    if method not in get_args(Method):
        raise ValueError(f"method {method!r}: choose {', '.join(get_args(Method))}.")
    if len(sentences) < 3:
        raise ValueError("A map takes three sentences or more. Write some, one a line.")
    places = on_a_plane(vectors) if method == "t-SNE" else _principal(vectors)
    return SentenceMap(sentences=tuple(sentences), places=_scaled(places), own=own)


def _principal(vectors: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N 2"]:
    from sklearn.decomposition import PCA

    return PCA(n_components=2, svd_solver="full").fit_transform(vectors).astype(np.float64)


def _scaled(places: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "N 2"]:
    """The same picture between 0 and 1, in the middle of the shorter side."""
    low, high = places.min(axis=0), places.max(axis=0)
    scale = max(float((high - low).max()), 1e-12)
    return 0.5 + (places - (low + high) / 2) / scale
