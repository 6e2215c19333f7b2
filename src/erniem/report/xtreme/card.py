"""A run's figures as the Hub's metadata, `model-index`."""

from pathlib import Path
from statistics import fmean
from typing import Any

from huggingface_hub.repocard import metadata_load, metadata_save

from erniem.report.xtreme.runs import XtremeRun
from erniem.report.xtreme.tables import NAMES
from erniem.scores.xtreme import XTREME

__all__ = ["model_index", "write_model_card"]

KINDS = {
    "classification": "text-classification",
    "tagging": "token-classification",
    "qa": "question-answering",
    "retrieval": "sentence-similarity",
}
"""What the Hub calls the tasks of a group."""


def model_index(run: XtremeRun) -> list[dict[str, Any]]:
    """One entry, with a result for each task: means over its languages and seeds."""
    results = [
        {
            "task": {"type": KINDS[XTREME[task].group], "name": NAMES[task]},
            "dataset": {
                "name": f"XTREME {NAMES[task]}",
                "type": "google/xtreme",
                "config": task,
                "split": "/".join(sorted(set(run.tasks[task].splits.values()))),
            },
            "metrics": [_metric(run, task, name) for name in XTREME[task].metric.main],
        }
        for task in run.figures
        if task in run.tasks
    ]
    return [{"name": run.name, "results": results}]


def _metric(run: XtremeRun, task: str, name: str) -> dict[str, Any]:
    figures = run.figures[task][name]
    value = fmean(one.mean for one in figures.values())
    seeds = next(iter(figures.values())).seeds
    told = f"mean {NAMES[name]} over {len(figures)} languages, {seeds}"
    if why_not := run.tasks[task].why_not:
        told += f"; not to be compared with published figures: {why_not}"
    return {"type": name, "value": round(value, 2), "name": told}


def write_model_card(run: XtremeRun, folder: Path) -> Path:
    """Puts the figures into a folder's README.md; what else it says stays.

    Returns:
        The file.
    """
    path = folder / "README.md"
    told = (metadata_load(path) or {}) if path.is_file() else {}
    folder.mkdir(parents=True, exist_ok=True)
    metadata_save(path, {**told, "model-index": model_index(run)})
    return path
