"""Search: sentences in any language in a folder, found by queries in any language."""

from erniem.search.entries import Entry
from erniem.search.hit import Hit
from erniem.search.index import Index
from erniem.search.settings import IndexSettings

__all__ = ["Entry", "Hit", "Index", "IndexSettings"]
