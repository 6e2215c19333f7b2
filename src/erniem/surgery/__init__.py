"""Vocabulary surgery: pieces out (`trim`) and pieces in (`extend`), encoder and tokeniser in step.

```text
checkpoint ─open─┬─ tokeniser ─count text─▶ which pieces ─revise─▶ tokeniser ─┬─write─▶ checkpoint
                 └─ tables: embeddings, decoder, its bias ─rows, means of rows┘
```

All weights but the tables go from file to file as they are, so any head will do.
"""

from erniem.surgery.extend import Extension, extend
from erniem.surgery.trim import Trimming, trim

__all__ = ["Extension", "Trimming", "extend", "trim"]
