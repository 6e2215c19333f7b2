"""The threshold that is right for an encoder, from pairs that are known to be translations.

Letters: P known pairs, N, K sentences, D width, k neighbours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from erniem.corpus.document import Drops, sides_of
from erniem.corpus.sources import Source, read
from erniem.embed import SentenceEncoder, VectorSettings
from erniem.embed.encoder import unit
from erniem.mine.settings import RATIO, MineSettings
from erniem.mine.side import Side
from erniem.tasks.retrieve.bucc import best_threshold, mine_bitext
from erniem.tasks.retrieve.bucc_files import NAMES, read_bitext
from erniem.tasks.retrieve.margin import margins
from erniem.tasks.retrieve.nearest import neighbours

__all__ = [
    "KEPT",
    "Threshold",
    "known_scores",
    "least_score",
    "threshold_of_dev",
    "threshold_of_known",
]

KEPT = 0.9
"""Share of the known pairs that the threshold takes."""

ROUNDING = 1e-5
"""Two ways to compute a margin in float32 differ by less: a known pair is not lost to that."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """Where the least score of a pair comes from; nothing said: the literature's."""

    least: float | None = None
    """Said."""
    known: Path | None = None
    """Known pairs, a tab between the sides, of which nine in ten are to score so much."""
    dev: Path | None = None
    """A folder with a development set in BUCC's form, on which F1 is to be best."""

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.least, self.known, self.dev)) > 1:
            raise ValueError("a threshold comes from one place: a number, known pairs or a set.")

    def or_usual(self, settings: MineSettings) -> "Threshold":
        """This one, or the literature's if nothing was said.

        Raises:
            ValueError: none is known for the margin.
        """
        if self != Threshold():
            return self
        if settings.margin != "ratio":
            raise ValueError(
                f"no threshold is known for margin {settings.margin}: say one, or give known pairs "
                "or a development set to find it with."
            )
        return Threshold(least=RATIO)


def least_score(
    threshold: Threshold,
    sides: Sequence[Side],
    encoder: Callable[[], SentenceEncoder],
    vectors: VectorSettings,
    settings: MineSettings,
) -> float:
    """The least score of a pair; the encoder is opened only if it is needed."""
    if threshold.known is not None:
        first, second = (side.vectors for side in sides)
        return threshold_of_known(threshold.known, first, second, encoder(), vectors, settings)
    if threshold.dev is not None:
        return threshold_of_dev(threshold.dev, encoder(), vectors, settings)
    assert threshold.least is not None
    return threshold.least


def threshold_of_known(
    path: Path,
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "K D"],
    encoder: SentenceEncoder,
    vectors: VectorSettings,
    settings: MineSettings,
) -> float:
    """The threshold that takes nine of ten known pairs, were they among the sentences mined.

    Args:
        path: pairs, a tab between the sides, plain or packed.
        first, second: vectors of the sentences.
        encoder, vectors: that they were made with.
        settings: how pairs are scored.

    Raises:
        ValueError: a file that cannot be read or has no pairs.
    """
    source = Source(path=str(path), format="tsv", languages=("", ""), name=path.name)
    pairs = [sides_of(document) for document in read(source, Drops())]
    made = encoder.vectors([text for pair in pairs for text in pair], vectors)
    scores = known_scores(made[::2], made[1::2], first, second, settings)
    return float(np.quantile(scores, 1 - KEPT)) - ROUNDING


def known_scores(
    ones: Float32[np.ndarray, "P D"],
    others: Float32[np.ndarray, "P D"],
    first: Float32[np.ndarray, "N D"],
    second: Float32[np.ndarray, "K D"],
    settings: MineSettings,
) -> Float32[np.ndarray, " P"]:
    """Margins of known pairs, as if each stood among the sentences that are mined.

    The neighbours of a known sentence are its translation and sentences of the other side.
    """
    cosines = np.einsum("pd,pd->p", unit(ones), unit(others))[:, None]
    levels = [
        _level(neighbours(known, among, settings.neighbours)[0], cosines)
        for known, among in ((ones, second), (others, first))
    ]
    return margins(cosines, levels[0], levels[1], settings.margin)[:, 0]


def _level(
    near: Float32[np.ndarray, "P k"], cosines: Float32[np.ndarray, "P 1"]
) -> Float32[np.ndarray, "P 1"]:
    """Mean cosine with the k nearest, once the translation is among them."""
    itself = np.isclose(near, cosines, atol=1e-6).any(axis=1, keepdims=True)
    every = np.concatenate([near, np.where(itself, -np.inf, cosines)], axis=1)
    nearest = -np.sort(-every, axis=1)[:, : near.shape[1]]
    there = np.isfinite(nearest)
    total = np.where(there, nearest, 0).sum(axis=1, keepdims=True)
    return (total / there.sum(axis=1, keepdims=True)).astype(np.float32)


def threshold_of_dev(
    folder: Path, encoder: SentenceEncoder, vectors: VectorSettings, settings: MineSettings
) -> float:
    """The threshold of best F1 on a development set in BUCC's form.

    Args:
        folder: holds `XX-en.dev.XX`, `.en` and `.gold` of one language.
        encoder, vectors: as in mining.
        settings: the margin, as in mining.

    Raises:
        ValueError: no such set, or several.
    """
    names = {path.name.split("-en.")[0] for path in _gold_files(folder)}
    if len(names) != 1:
        raise ValueError(
            f"{folder} holds development sets of {', '.join(sorted(names)) or 'no language'}: put "
            "XX-en.dev.XX, XX-en.dev.en and XX-en.dev.gold of one there."
        )
    bitext = read_bitext(folder, names.pop(), "dev")
    if bitext is None or bitext.gold is None:
        raise ValueError(f"{folder} lacks the sentences of its gold pairs: put them beside.")
    mined = mine_bitext(encoder, bitext, vectors, margin=settings.margin, k=settings.neighbours)
    return best_threshold(mined, bitext.gold).score


def _gold_files(folder: Path) -> list[Path]:
    return [path for name in NAMES["dev"] for path in folder.glob(f"*-en.{name}.gold*")]
