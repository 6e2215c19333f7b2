"""Everything a corpus can be read from: `find_sources` finds it, `read` gives its documents.

```text
SourceEntry ─find_sources─▶ Source, Source, … ─read─▶ Document, Document, …
```
"""

from erniem.corpus.sources.find import find_sources
from erniem.corpus.sources.formats import FORMATS, read
from erniem.corpus.sources.lines import lines_of
from erniem.corpus.sources.source import Source, SourceEntry

__all__ = ["FORMATS", "Source", "SourceEntry", "find_sources", "lines_of", "read"]
