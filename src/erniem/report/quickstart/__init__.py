"""The report of a pre-training run: one HTML file that opens from disk and loads nothing.

```text
Results ──verdict, tables─┐
        ──figures─────────┼─template─▶ HTML
MapPoints ──t-SNE─────────┘
```
"""

from erniem.report.quickstart.maps import MapPoints
from erniem.report.quickstart.page import render_report, write_report
from erniem.report.quickstart.results import LanguageResult, Results, SourceCredit

__all__ = [
    "LanguageResult",
    "MapPoints",
    "Results",
    "SourceCredit",
    "render_report",
    "write_report",
]
