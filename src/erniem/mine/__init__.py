"""Mining: pairs of translations out of two monolingual files, by vectors of any encoder."""

from erniem.mine.found import MiningRun
from erniem.mine.rate import rate_file
from erniem.mine.run import mine_files
from erniem.mine.semantic import Semantic, score_pairs
from erniem.mine.settings import MineSettings
from erniem.mine.threshold import Threshold

__all__ = [
    "MineSettings",
    "MiningRun",
    "Semantic",
    "Threshold",
    "mine_files",
    "rate_file",
    "score_pairs",
]
