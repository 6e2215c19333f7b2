"""Tables as Markdown and LaTeX, and all figures as lines of a sheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from erniem.report.xtreme.published import published
from erniem.report.xtreme.runs import XtremeRun
from erniem.report.xtreme.tables import Table

__all__ = ["latex", "markdown", "sheet"]


def markdown(tables: Iterable[Table], notes: Iterable[tuple[str, str]]) -> str:
    """Tables of a page of Markdown, and what is to be said of them."""
    lines = []
    for table in tables:
        lines += [f"## {table.title}", "", _row((table.corner, *table.heads))]
        lines.append(_row(("---", *["---:"] * len(table.heads))))
        for row in table.rows:
            name = f"**{row.name}**" if row.ours else row.name
            lines.append(_row((name, *(cell.text for cell in row.cells))))
        lines += ["", table.hint, ""]
    lines += [f"- {what}: {told}" for what, told in notes]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(one.replace("|", "\\|").replace("\n", " ") for one in cells) + " |"


LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "†": r"$^\dagger$",
    "‡": r"$^\ddagger$",
    "–": "--",
}
"""Signs that LaTeX takes for its own, or lacks."""


def latex(tables: Iterable[Table]) -> str:
    """Tables for `\\input`, with booktabs."""
    parts = ["% needs \\usepackage{booktabs,graphicx}"]
    for table in tables:
        parts += [
            r"\begin{table*}",
            r"\centering",
            rf"\caption{{{_tex(table.title)}. {_tex(table.hint)}}}",
            r"\resizebox{\textwidth}{!}{%",
            rf"\begin{{tabular}}{{l{'r' * len(table.heads)}}}",
            r"\toprule",
            " & ".join(map(_tex, (table.corner, *table.heads))) + r" \\",
            r"\midrule",
        ]
        for row in table.rows:
            name = rf"\textbf{{{_tex(row.name)}}}" if row.ours else _tex(row.name)
            parts.append(" & ".join((name, *(_tex(cell.text) for cell in row.cells))) + r" \\")
        parts += [r"\bottomrule", r"\end{tabular}}", r"\end{table*}", ""]
    return "\n".join(parts)


def _tex(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in text)


HEAD = (
    *("model", "task", "metric", "language", "mean", "deviation", "seeds", "split", "examples"),
    *("comparable", "source"),
)


def sheet(runs: Sequence[XtremeRun]) -> str:
    """Every figure, ours and published, a line each, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEAD)
    for run in runs:
        writer.writerows(_lines(run))
    for one in published():
        for code, value in {**one.figures, "mean": one.mean}.items():
            care = "with care" if one.care else "yes"
            writer.writerow(
                (one.model, one.task, one.metric, code, value, "", "", "", "", care, one.source)
            )
    return text.getvalue()


def _lines(run: XtremeRun) -> Iterator[tuple[object, ...]]:
    for task, metrics in run.figures.items():
        facts = run.tasks.get(task)
        comparable = "yes" if run.comparable(task) else "no"
        for metric, figures in metrics.items():
            for code, figure in figures.items():
                deviation = "" if figure.deviation is None else round(figure.deviation, 4)
                yield (
                    *(run.name, task, metric, code, round(figure.mean, 4), deviation),
                    len(figure.values),
                    facts.splits.get(code, "") if facts else "",
                    facts.examples.get(code, "") if facts else "",
                    *(comparable, run.command),
                )
