"""Retrieval on pairs that a corpus held out, between all of its languages.

```text
held-out pairs ─ through a third language where two have none ─▶ rows by label ─▶ RetrievalTable
```
"""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import combinations

from erniem.corpus.normalised import normalised
from erniem.embed import SentenceEncoder, VectorSettings
from erniem.tasks.retrieve.margin import Margin
from erniem.tasks.retrieve.table import RetrievalTable, Rows, retrieve_rows

__all__ = ["between_all", "held_out_retrieval"]

_Sides = dict[tuple[str, str], dict[str, tuple[str, str]]]
"""By languages, both ways round: the rows by their first side, letters and digits alone."""


def between_all(held_out: Mapping[str, Rows]) -> dict[str, Rows]:
    """Held-out rows between all languages that have any, not only those that share a file.

    Two languages without pairs of their own meet in the third language that gives most rows: a
    German and a French sentence are a row if their pairs have the same English side, letters and
    digits compared. A corpus holds the same English segments out in every language, so there are
    such rows. A row whose one side repeats another row's, or its own other side, is dropped.

    Args:
        held_out: rows by label, as in `Corpus.held_out`.

    Returns:
        Rows by label; labels as given, and for the languages that meet in a third in alphabetical
        order.

    Example: `{"en-de": [("Yes.", "Ja.")], "en-fr": [("yes", "Oui.")]}` → these, and
    `"de-fr": [("Ja.", "Oui.")]`.
    """
    key = cache(normalised)
    sides: _Sides = {}
    for label, rows in held_out.items():
        one, other = label.split("-")
        for text, translation in rows:
            sides.setdefault((one, other), {}).setdefault(key(text), (text, translation))
            sides.setdefault((other, one), {}).setdefault(key(translation), (translation, text))
    found = {}
    for one, other in combinations(sorted({code for code, _ in sides}), 2):
        first, second = (other, one) if f"{other}-{one}" in held_out else (one, other)
        own = list(sides.get((first, second), {}).values())
        rows = _distinct(own or _through_a_third(sides, first, second), key)
        if rows:
            found[f"{first}-{second}"] = rows
    return found


def _through_a_third(sides: _Sides, one: str, other: str) -> Rows:
    """Rows of two languages whose pairs with a third have the same side there."""
    best: Rows = []
    for third in sorted({code for code, _ in sides}):
        firsts, seconds = sides.get((third, one), {}), sides.get((third, other), {})
        rows = [(firsts[key][1], seconds[key][1]) for key in firsts if key in seconds]
        best = max(best, rows, key=len)
    return best


def _distinct(rows: Rows, key: Callable[[str], str]) -> Rows:
    """Rows without those that cannot be told apart: a side said before, or both sides the same."""
    kept: Rows = []
    ones: set[str] = set()
    others: set[str] = set()
    for one, other in rows:
        if key(one) not in ones and key(other) not in others and key(one) != key(other):
            kept.append((one, other))
            ones.add(key(one))
            others.add(key(other))
    return kept


def held_out_retrieval(
    encoder: SentenceEncoder,
    held_out: Mapping[str, Rows],
    settings: VectorSettings,
    *,
    min_rows: int = 20,
    max_rows: int | None = None,
    centred: bool = False,
    margin: Margin = "absolute",
    progress: bool = False,
) -> RetrievalTable:
    """Accuracy both ways between all pairs of languages of a corpus, see `between_all`.

    Args:
        encoder: with its tokenizer.
        held_out: pairs kept from training, `Corpus.held_out`.
        settings: how a sentence becomes a vector.
        min_rows: pairs of languages with fewer rows are left out, and named in the table.
        max_rows: only so many rows of each pair of languages, the first; all if None.
        centred, margin: see `retrieve`.
        progress: show a bar.
    """
    rows = between_all(held_out)
    enough = {label: pairs[:max_rows] for label, pairs in rows.items() if len(pairs) >= min_rows}
    return RetrievalTable(
        pairs=retrieve_rows(
            encoder, enough, settings, centred=centred, margin=margin, progress=progress
        ),
        left_out={label: len(pairs) for label, pairs in rows.items() if label not in enough},
    )
