"""A run's figures as the Hub's metadata, `model-index`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub.repocard import metadata_load, metadata_save

from erniem.report.xtreme.names import NAMES
from erniem.report.xtreme.runs import XtremeRun
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
    value = run.mean_of(task, name).mean
    count = len(run.figures[task][name])
    told = f"mean {NAMES[name]} over {count} languages, {run.seeds_of(task)}"
    if why_not := run.tasks[task].why_not:
        told += f"; not to be compared with published figures: {why_not}"
    return {"type": name, "value": round(value, 2), "name": told}


def write_model_card(run: XtremeRun, folder: Path) -> Path:
    """Puts the figures into a folder's README.md; what else it says stays.

    Results of other benchmarks stay too; those of the same tasks of XTREME are replaced.

    Returns:
        The file.
    """
    path = folder / "README.md"
    told = (metadata_load(path) or {}) if path.is_file() else {}
    index = _merged(told.get("model-index") or [], model_index(run))
    folder.mkdir(parents=True, exist_ok=True)
    metadata_save(path, {**told, "model-index": index})
    return path


def _merged(before: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our results in the model's entry, which the Hub wants to be one."""
    if not before:
        return ours
    results = ours[0]["results"]
    measured = [_of(one) for one in results]
    first, *others = before
    kept = [one for one in first.get("results", []) if _of(one) not in measured]
    return [{**first, "results": [*kept, *results]}, *others]


def _of(result: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Of which benchmark a result is."""
    dataset = result.get("dataset", {})
    return dataset.get("type"), dataset.get("config")
