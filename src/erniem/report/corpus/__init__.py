"""What a corpus is made of, as one HTML file that opens from disk and loads nothing, and as JSON.

```text
Corpus ──contents─▶ CorpusFacts ──template─▶ HTML
                                ──────────▶ JSON
```
"""

from erniem.report.corpus.contents import CorpusFacts, corpus_facts
from erniem.report.corpus.page import render_corpus_report, write_corpus_report

__all__ = ["CorpusFacts", "corpus_facts", "render_corpus_report", "write_corpus_report"]
