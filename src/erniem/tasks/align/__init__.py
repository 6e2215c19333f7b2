"""Word alignment: which words of a sentence say what which words of its translation say."""

from erniem.tasks.align.aligner import Alignment, align
from erniem.tasks.align.soft import soft_alignment

__all__ = ["Alignment", "align", "soft_alignment"]
