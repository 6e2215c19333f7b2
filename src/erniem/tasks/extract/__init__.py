"""Extraction with UIE-M: which spans of a text, in any language, are what a schema asks for.

```text
schema ─▶ questions ─▶ prompts ─┐
texts ─▶ windows ───────────────┴▶ [CLS] prompt [SEP] [SEP] window [SEP] ─packs─▶ first? last?
   answers ◀─ offsets of the text ◀─ spans of characters ◀─ pairs of first and last tokens ─┘
      └─▶ prompts of their relations, one level of the schema after the other
```
"""

from erniem.tasks.extract.extractor import Extractor, extract
from erniem.tasks.extract.settings import ExtractionSettings

__all__ = ["ExtractionSettings", "Extractor", "extract"]
