"""The report of a pre-training run: one HTML file that opens from disk and loads nothing.

```text
Results ──verdict, tables─┐
        ──figures─────────┼─template─▶ HTML
MapPoints ──t-SNE─────────┘
```
"""

from erniem.report.maps import MapPoints
from erniem.report.page import render_report, write_report
from erniem.report.results import LanguageResult, Results, SourceCredit

__all__ = [
    "LanguageResult",
    "MapPoints",
    "Results",
    "SourceCredit",
    "render_report",
    "write_report",
]
