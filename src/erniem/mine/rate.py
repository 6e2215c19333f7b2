"""`erniem rate`: a file of pairs, scored by an encoder; those that are near enough are kept."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erniem.corpus.document import Drops, sides_of
from erniem.corpus.sources import Source, read
from erniem.embed import VectorSettings, open_encoder
from erniem.mine.semantic import BATCH, FAR, Nearness, score_pairs
from erniem.mine.vectors import vectors_for
from erniem.whole import whole_file

__all__ = ["Rated", "rate_file"]


@dataclass(frozen=True, kw_only=True)
class Rated:
    """What came of a file of pairs."""

    output: Path
    """The pairs that were kept."""
    kept: int
    """How many."""
    dropped: dict[str, int]
    """Lines that were not, by reason."""
    quantiles: dict[str, float]
    """Scores of all pairs: the least, quarters, the greatest."""

    def lines(self) -> list[str]:
        """What was done, for a person."""
        told = ", ".join(f"{name} {score:.4f}" for name, score in self.quantiles.items())
        left_out = "".join(f"; {count:,} {why}" for why, count in self.dropped.items())
        return [f"scores: {told}", f"{self.output}: {self.kept:,} pairs{left_out}"]


QUANTILES = {"least": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "most": 1.0}


def rate_file(
    pairs: Path,
    *,
    encoder: Path,
    output: Path,
    least: float | None = None,
    by: Nearness = "cosine",
    batch: int = BATCH,
    vectors: VectorSettings | None = None,
) -> Rated:
    """Scores the pairs of a file and writes those that are near enough, in their order.

    Args:
        pairs: two sides and a tab between them a line, plain or packed.
        encoder: folder of an encoder of any kind.
        output: `score TAB side TAB side`; without scores if pairs are dropped, for a corpus.
        least: of a pair that is kept; None: all, with their scores.
        by, batch, vectors: see `Semantic`.

    Raises:
        ValueError: no pairs, or no encoder.
        OSError: a file that is not there, or could not be written.
    """
    drops, scores, kept = Drops(), [], 0
    settings = vectors or vectors_for(encoder)
    source = Source(path=str(pairs), format="tsv", languages=("", ""), name=pairs.name)
    documents = read(source, drops)
    scored = score_pairs(documents, open_encoder(encoder), settings, by=by, batch=batch)
    with (
        whole_file(output) as partial,
        partial.open("w", encoding="utf-8", newline="\n") as file,
    ):
        for document, score in scored:
            scores.append(score)
            if least is not None and not score >= least:
                drops.drop(document, FAR)
                continue
            kept += 1
            told = () if least is not None else (f"{score:.4f}",)
            file.write("\t".join((*told, *sides_of(document))) + "\n")
    quantiles = {name: float(np.quantile(scores, part)) for name, part in QUANTILES.items()}
    return Rated(output=output, kept=kept, dropped=drops.by_reason(), quantiles=quantiles)
