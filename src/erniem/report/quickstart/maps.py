"""Sentences on a plane: near each other where the encoder finds them alike.

Letters: N sentences, D width of a vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

__all__ = ["MapPoints", "Neighbours", "neighbours", "on_a_plane"]

WIDTH = 50
"""t-SNE sees so many principal components at most: it is quicker, and noise is left out."""
PERPLEXITY = 30.0
"""Neighbours that t-SNE keeps near each other; the usual figure."""
ITERATIONS = 500
"""Half of scikit-learn's: on 600 sentences the rest gains 0.5 % of the divergence."""
FEW = 6
"""So few sentences are shown by their principal components: t-SNE has nothing to arrange."""


@dataclass(frozen=True, kw_only=True)
class MapPoints:
    """Sentences with their vectors from one checkpoint."""

    vectors: Float[np.ndarray, "N D"]
    """Of the sentences; their lengths do not matter."""
    languages: Sequence[str] | np.ndarray
    """Code of each sentence's language."""
    texts: Sequence[str] | np.ndarray
    """The sentences."""
    groups: Sequence[int] | np.ndarray
    """Number of each sentence's segment; translations of each other share it."""

    def __post_init__(self) -> None:
        lengths = {
            "vectors": len(self.vectors),
            "languages": len(self.languages),
            "texts": len(self.texts),
            "groups": len(self.groups),
        }
        if len(set(lengths.values())) > 1:
            raise ValueError(f"a map needs one of each for every sentence, and has {lengths}.")
        if not np.isfinite(self.vectors).all():
            raise ValueError("vectors of a map have NaN or infinity: leave these sentences out.")


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """Of what kind the nearest neighbour of a sentence is, by cosine: shares of all sentences."""

    translation: float
    """It is a translation of the sentence."""
    same_language: float
    """It is another sentence of the same language."""


def on_a_plane(vectors: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N 2"]:
    """Places sentences on a plane by t-SNE on the cosine of their vectors, always alike.

    Source: van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 2008.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # the same picture on every number of cores
        components = _principal_components(_unit(vectors), WIDTH)
        if len(vectors) <= FEW or not components.any():
            return _two_columns(components)
        start = components[:, :2] / max(float(components[:, 0].std()), 1e-12) * 1e-4
        tsne = TSNE(
            perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
            init=_two_columns(start).astype(np.float32),
            max_iter=ITERATIONS,
            random_state=1,
            n_jobs=1,
        )
        return tsne.fit_transform(components.astype(np.float32)).astype(np.float64)


def neighbours(points: MapPoints) -> Neighbours:
    """Measures on all dimensions what a map can only hint at."""
    if len(points.vectors) < 2:
        return Neighbours(translation=float("nan"), same_language=float("nan"))
    unit = _unit(points.vectors)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    nearest = cosine.argmax(axis=1)
    groups, languages = np.asarray(points.groups), np.asarray(points.languages)
    same_language = languages == languages[nearest]
    return Neighbours(
        translation=float(((groups == groups[nearest]) & ~same_language).mean()),
        same_language=float(same_language.mean()),
    )


def _unit(vectors: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "N D"]:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-12)


def _principal_components(
    vectors: Float[np.ndarray, "N D"], width: int
) -> Float[np.ndarray, "N W"]:
    """Exact, by singular values; each component's sign is that of its largest weight."""
    if not vectors.size:
        return np.zeros((len(vectors), 0))
    _, _, directions = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    directions = directions[:width]
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    components = (vectors - vectors.mean(axis=0)) @ (directions * signs[:, None]).T
    return np.where(np.abs(components) < 1e-9, 0.0, components)


def _two_columns(positions: Float[np.ndarray, "N W"]) -> Float[np.ndarray, "N 2"]:
    """The first two columns, with zeros where there are fewer."""
    out = np.zeros((len(positions), 2))
    out[:, : positions.shape[1]] = positions[:, :2]
    return out
