"""The four objectives of ERNIE-M as pure functions: sentences and dice in, a batch out.

No objective knows the network, and no network knows an objective: every one of them is plain
attention inside sequences and none between them.
"""

from erniem.objectives.btmlm import (
    Ask,
    BTMLMSettings,
    GuessSettings,
    answer,
    ask,
    choose_targets,
    learn,
)
from erniem.objectives.camlm import CAMLMSettings, PlaceholderSettings, camlm
from erniem.objectives.frame import Batch, Joined, join
from erniem.objectives.health import Health, health
from erniem.objectives.masking import LanguageTags, MaskingSettings, hole_odds
from erniem.objectives.mlm import mmlm, tlm

__all__ = [
    "Ask",
    "BTMLMSettings",
    "Batch",
    "CAMLMSettings",
    "GuessSettings",
    "Health",
    "Joined",
    "LanguageTags",
    "MaskingSettings",
    "PlaceholderSettings",
    "answer",
    "ask",
    "camlm",
    "choose_targets",
    "health",
    "hole_odds",
    "join",
    "learn",
    "mmlm",
    "tlm",
]
