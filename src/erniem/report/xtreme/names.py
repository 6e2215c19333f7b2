"""What tasks, groups and metrics are called, for people, and in which order they stand."""

from erniem.scores.xtreme import GROUPS, XTREME

__all__ = ["NAMES", "ORDER", "metrics_of"]

NAMES = {
    "xnli": "XNLI",
    "pawsx": "PAWS-X",
    "udpos": "UD-POS",
    "panx": "PAN-X",
    "xquad": "XQuAD",
    "mlqa": "MLQA",
    "tydiqa": "TyDiQA",
    "bucc2018": "BUCC",
    "tatoeba": "Tatoeba",
    "classification": "pairs",
    "tagging": "tags",
    "qa": "answers",
    "retrieval": "retrieval",
    "all_task": "all",
    "accuracy": "accuracy",
    "f1": "F1",
    "exact_match": "exact match",
    "mean": "mean",
}
"""Of tasks, groups and metrics."""

ORDER = tuple(task for group in GROUPS for task, one in XTREME.items() if one.group == group)
"""Tasks by group."""


def metrics_of(task: str) -> tuple[str, ...]:
    """What a task's mean is made of, F1 first."""
    return tuple(sorted(XTREME[task].metric.main, key=lambda metric: metric != "f1"))
