"""An encoder on XTREME's two retrieval tasks, kept as the trained tasks are."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from erniem.embed import VectorSettings
from erniem.scores.xtreme import XTREME
from erniem.tasks.retrieve.predictions import Predicted, preset, retrieval_predictions
from erniem.tasks.retrieve.scan import LayerScan
from erniem.xtreme.measured import Measured, Measurement, Records, figures_of

__all__ = ["measure_retrieval"]


def measure_retrieval(
    task: str,
    model: Path,
    data: Path,
    output: Path,
    *,
    languages: Sequence[str] | None = None,
    layer: int | None = None,
    settings: VectorSettings | None = None,
    limit: int | None = None,
    layers_file: Path | None = None,
    progress: bool = True,
) -> Measurement:
    """Retrieves in every language that there is data of.

    Args:
        task: `tatoeba` or `bucc2018`.
        model: folder of the encoder and its tokenizer.
        data: folder with the task's folder.
        output: where predictions go, see `Records`; languages that it has are not repeated.
        languages: only these.
        layer: of the vectors; as the settings say if None.
        settings: how a sentence becomes a vector; see `preset` if None.
        limit: sentences of each language at most, its first.
        layers_file: write Tatoeba's accuracy by layer there, see `LayerScan`; all layers come from
            one pass, which then runs through all of them.
        progress: show bars.

    Raises:
        ValueError: files or a model that cannot be read, or no data at all.
    """
    codes = tuple(languages or XTREME[task].languages)
    settings = settings or preset(task, model)
    settings = settings if layer is None else replace(settings, layer=layer)
    plan = {"model": str(model), "limit": limit, "settings": str(settings)}
    records = Records(output, task, plan)
    folder = data / task if (data / task).is_dir() else data
    scan = None
    if layers_file is not None and task == "tatoeba":
        scan = LayerScan(layers_file, task, afresh=not records.found)
    left = [code for code in codes if code not in records.found]
    for code, one in retrieval_predictions(
        task,
        folder,
        model,
        languages=left,
        settings=settings,
        limit=limit,
        by_layer=scan is not None,
        progress=progress,
    ):
        if scan is not None and one.layers is not None:
            scan.add(code, one.layers)
        records.add(code, XTREME[task].kind, _measured(one, code), one.predictions, one.references)
    if not records.found:
        raise ValueError(f"{folder} has no data of {task} in {', '.join(codes)}.")
    return records.measurement(codes)


def _measured(one: Predicted, code: str) -> Measured:
    figures = None
    if one.references is not None:
        figures = figures_of(one.metric, one.predictions, one.references, code)
    return Measured(
        split=one.split,
        examples=len(one.references or one.predictions),
        figures=figures,
        dropped={},
        note=one.note,
    )
