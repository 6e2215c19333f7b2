"""Tatoeba: the nearest neighbour, both ways, and XTREME's figure and files of it.

```text
XTREME   for each English sentence the nearest foreign one   line i of test-de.tsv: its row
```
"""

from collections.abc import Mapping
from statistics import fmean

from erniem.embed import SentenceEncoder, VectorSettings
from erniem.tasks.retrieve.margin import Margin
from erniem.tasks.retrieve.table import RetrievalTable, Rows, retrieve_rows
from erniem.tasks.retrieve.tatoeba_files import XTREME_TATOEBA

__all__ = ["tatoeba_retrieval", "xtreme_accuracy"]


def tatoeba_retrieval(
    encoder: SentenceEncoder,
    tatoeba: Mapping[str, Rows],
    settings: VectorSettings,
    *,
    centred: bool = False,
    margin: Margin = "absolute",
    progress: bool = False,
) -> RetrievalTable:
    """Accuracy both ways between English and each language, on rows from `read_tatoeba`.

    Labels are `en-de`: `forward` asks each English sentence for the nearest foreign one, which is
    the direction that XTREME scores; `backward` is the other. Repeated lines stay, as in XTREME.
    """
    rows = {f"en-{code}": pairs for code, pairs in tatoeba.items()}
    found = retrieve_rows(
        encoder, rows, settings, centred=centred, margin=margin, progress=progress
    )
    return RetrievalTable(pairs=found, left_out={})


def xtreme_accuracy(table: RetrievalTable) -> float:
    """XTREME's Tatoeba figure: the mean over its 36 languages, from English.

    Raises:
        ValueError: one of the languages is missing.
    """
    return fmean(table.pair("en", code).forward for code in XTREME_TATOEBA)
