"""Runs in, a folder out: the page, and its tables as Markdown, LaTeX and CSV."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from erniem.report.parts import POLICY, environment, part
from erniem.report.xtreme.card import model_index
from erniem.report.xtreme.comparison import Comparison, compare_runs
from erniem.report.xtreme.drawings import HEIGHT, MARGIN, WIDTH, curve, heat_map
from erniem.report.xtreme.runs import XtremeRun, read_run
from erniem.report.xtreme.tables import (
    ORDER,
    Table,
    cares,
    kinship_table,
    notes,
    summary,
    task_table,
)
from erniem.report.xtreme.writing import latex, markdown, sheet

__all__ = ["report_xtreme"]

HERE = Path(__file__).parent


def report_xtreme(runs: Sequence[Path], output: Path) -> Path:
    """Writes the report of one run, or of several side by side.

    Args:
        runs: folders of `erniem xtreme`.
        output: folder for `index.html`, which opens from disk and loads nothing, `table.md`,
            `table.tex`, `figures.csv`, and of a single run `model-index.yaml`.

    Returns:
        The page.

    Raises:
        ValueError: a folder without a run; of two runs, that cannot be compared.
    """
    read = [read_run(one) for one in runs]
    comparison = compare_runs(*runs) if len(runs) == 2 else None
    told = [*notes(read), *cares().items()]
    tables = [
        summary(read),
        *(task_table(task, read) for task in ORDER if any(task in run.figures for run in read)),
    ]
    kinships = [kinship_table(run, kind) for run in read for kind in ("family", "script")]
    output.mkdir(parents=True, exist_ok=True)
    written = {
        "table.md": markdown([*tables, *kinships], told)
        + (f"\n{comparison.markdown()}" if comparison else ""),
        "table.tex": latex([*tables, *kinships]),
        "figures.csv": sheet(read),
        "index.html": _page(read, tables, told, comparison),
    }
    if len(read) == 1:
        index = {"model-index": model_index(read[0])}
        written["model-index.yaml"] = yaml.safe_dump(index, sort_keys=False, allow_unicode=True)
    for name, text in written.items():
        (output / name).write_text(text, encoding="utf-8")
    return output / "index.html"


def _page(
    runs: Sequence[XtremeRun],
    tables: Sequence[Table],
    told: Sequence[tuple[str, str]],
    comparison: Comparison | None,
) -> str:
    maps = [
        (run, heat_map(run), kinship_table(run, "family"), kinship_table(run, "script"))
        for run in runs
    ]
    return (
        environment(HERE)
        .get_template("page.html.jinja")
        .render(
            runs=runs,
            tables=tables,
            maps=maps,
            curves=[one for run in runs if (one := curve(run))],
            size={"width": WIDTH, "height": HEIGHT, "margin": MARGIN},
            notes=told,
            comparison="\n".join(comparison.lines()) if comparison else "",
            policy=POLICY,
            style=part("base.css") + part("page.css", folder=HERE),
            script=part("sorting.js"),
        )
    )
