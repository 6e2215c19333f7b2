"""XTREME's nine tasks: which languages, which metric, how their figures become one.

Source: Hu et al., 2020, and the benchmark's evaluate.py.

```text
metric by language ─mean over languages─▶ avg_… ─mean of the main ones─▶ avg_metric of a task
avg_metric ─mean over tasks─▶ classification, tagging, qa, retrieval; over all nine: all_task
```
"""

from collections.abc import Mapping
from dataclasses import dataclass

from erniem.scores.metrics import ACCURACY, ANSWERS, BITEXT, MLQA_ANSWERS, TAGS, Metric

__all__ = ["GROUPS", "XTREME", "Scoring"]


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How XTREME scores a task."""

    metric: Metric
    """How."""
    languages: tuple[str, ...]
    """Where, in the order of its table."""
    group: str
    """Which of the four means it counts in."""
    kind: str
    """What its files hold: `labels`, `tags`, `pairs` or `answers`."""
    classes: tuple[str, ...] = ()
    """All labels there are, if few."""

    @property
    def ending(self) -> str:
        """Of its files."""
        return "json" if self.kind == "answers" else "tsv"


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


XTREME: Mapping[str, Scoring] = {
    "pawsx": Scoring(
        metric=ACCURACY,
        languages=_codes("de en es fr ja ko zh"),
        group="classification",
        kind="labels",
        classes=("0", "1"),
    ),
    "xnli": Scoring(
        metric=ACCURACY,
        languages=_codes("ar bg de el en es fr hi ru sw th tr ur vi zh"),
        group="classification",
        kind="labels",
        classes=("contradiction", "entailment", "neutral"),
    ),
    "panx": Scoring(
        metric=TAGS,
        languages=_codes(
            "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja "
            "ka ko th sw yo my zh kk tr et fi hu"
        ),
        group="tagging",
        kind="tags",
    ),
    "udpos": Scoring(
        metric=TAGS,
        languages=_codes(
            "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl "
            "tr ur vi yo zh"
        ),
        group="tagging",
        kind="tags",
    ),
    "bucc2018": Scoring(
        metric=BITEXT, languages=_codes("de fr ru zh"), group="retrieval", kind="pairs"
    ),
    "tatoeba": Scoring(
        metric=ACCURACY,
        languages=_codes(
            "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko "
            "th sw zh kk tr et fi hu"
        ),
        group="retrieval",
        kind="labels",
    ),
    "xquad": Scoring(
        metric=ANSWERS,
        languages=_codes("en es de el ru tr ar vi th zh hi"),
        group="qa",
        kind="answers",
    ),
    "mlqa": Scoring(
        metric=MLQA_ANSWERS, languages=_codes("en es de ar hi vi zh"), group="qa", kind="answers"
    ),
    "tydiqa": Scoring(
        metric=ANSWERS, languages=_codes("en ar bn fi id ko ru sw te"), group="qa", kind="answers"
    ),
}
"""By the names of XTREME's folders."""

GROUPS = ("classification", "tagging", "qa", "retrieval")
"""The four means of XTREME's table."""
