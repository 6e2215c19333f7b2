"""Tables as Markdown and LaTeX, and all figures as lines of a sheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from erniem.report.xtreme.contents import Report
from erniem.report.xtreme.notes import MARKS
from erniem.report.xtreme.published import published
from erniem.report.xtreme.runs import XtremeRun
from erniem.report.xtreme.tables import Table

__all__ = ["latex", "markdown", "sheet"]


def markdown(report: Report) -> str:
    """A page of Markdown."""
    lines = [f"# {report.title}", "", MARKS + ".", ""]
    for table in report.tables:
        lines += [f"## {table.title}", "", _row((table.corner, *table.heads))]
        lines.append(_row(("---", *["---:"] * len(table.heads))))
        for row in table.rows:
            name = _marked(row.name)
            shown = f"**{name}**" if row.ours else name
            lines.append(_row((shown, *(cell.text for cell in row.cells))))
        lines += ["", table.hint, ""]
    lines += ["## On what the figures rest", ""]
    lines += [f"- {_marked(what)}: {_marked(said)}" for what, said in report.notes]
    lines += ["", "## The commands", "", "```", *(run.command for run in report.runs), "```"]
    return "\n".join(lines) + "\n"


def _marked(text: str) -> str:
    """Words of others, which may hold signs that Markdown takes for its own."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#" else sign for sign in text)


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
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
}
"""Signs that LaTeX takes for its own, or lacks."""


def latex(report: Report) -> str:
    """Tables and notes for `\\input`, with booktabs."""
    parts = ["% needs \\usepackage[T1]{fontenc} and \\usepackage{booktabs,graphicx}"]
    parts += [f"% {run.name}: {' '.join(run.command.split())}" for run in report.runs]
    parts += ["", *(_latex_table(table) for table in report.tables)]
    parts += [rf"\paragraph{{On what the figures rest}} {_tex(MARKS)}.", r"\begin{itemize}"]
    # The braces: a bracket right behind \item would be its label.
    parts += [rf"\item {{}}{_tex(what)}: {_tex(said)}" for what, said in report.notes]
    return "\n".join([*parts, r"\end{itemize}"]) + "\n"


def _latex_table(table: Table) -> str:
    parts = [
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
    return "\n".join([*parts, r"\bottomrule", r"\end{tabular}}", r"\end{table*}", ""])


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
            means = {"mean": run.mean_of(task, metric)}
            for code, figure in {**figures, **means}.items():
                deviation = "" if figure.deviation is None else round(figure.deviation, 4)
                yield (
                    *(run.name, task, metric, code, round(figure.mean, 4), deviation),
                    len(figure.values),
                    facts.splits.get(code, "") if facts else "",
                    facts.examples.get(code, "") if facts else "",
                    *(comparable, run.command),
                )
