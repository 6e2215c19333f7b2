"""Runs in, a folder out: the page, and its tables as Markdown, LaTeX and CSV."""

from collections.abc import Sequence
from pathlib import Path

import yaml

from erniem.report.parts import POLICY, environment, part
from erniem.report.xtreme.card import model_index
from erniem.report.xtreme.contents import Report, gather
from erniem.report.xtreme.drawings import curves, heat_map
from erniem.report.xtreme.notes import MARKS
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
    report = gather(runs)
    written = {
        "table.md": markdown(report),
        "table.tex": latex(report),
        "figures.csv": sheet(report.runs),
        "index.html": _page(report),
    }
    if len(report.runs) == 1:
        index = {"model-index": model_index(report.runs[0])}
        written["model-index.yaml"] = yaml.safe_dump(index, sort_keys=False, allow_unicode=True)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (output / name).write_text(text, encoding="utf-8")
    return output / "index.html"


def _page(report: Report) -> str:
    return (
        environment(HERE)
        .get_template("page.html.jinja")
        .render(
            report=report,
            maps=[heat_map(run) for run in report.runs],
            curves=curves(report.runs),
            marks=MARKS,
            policy=POLICY,
            style=part("base.css") + part("page.css", folder=HERE),
            script=part("sorting.js"),
        )
    )
