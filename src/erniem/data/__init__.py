"""Open corpora and benchmarks, fetched by name.

CATALOGUE ─name, language─▶ Download ─web─▶ files below a folder, data.lock.json
"""

from erniem.data.catalogue import CATALOGUE, GROUPS, data_sets_named
from erniem.data.dataset import DataSet, Part
from erniem.data.fetch import Fetched, fetch

__all__ = ["CATALOGUE", "GROUPS", "DataSet", "Fetched", "Part", "data_sets_named", "fetch"]
