"""The report of XTREME: runs beside each other and beside published figures.

```text
RUN/run.json, seed-N/scores.json, layers.json ─▶ XtremeRun ─┬─▶ tables ─▶ page, Markdown, LaTeX
published.yaml ─────────────────────────────────────────────┘   drawings ─▶ page
```
"""

from erniem.report.xtreme.card import model_index, write_model_card
from erniem.report.xtreme.comparison import Comparison, compare_runs
from erniem.report.xtreme.page import report_xtreme
from erniem.report.xtreme.runs import XtremeRun, read_run

__all__ = [
    "Comparison",
    "XtremeRun",
    "compare_runs",
    "model_index",
    "read_run",
    "report_xtreme",
    "write_model_card",
]
