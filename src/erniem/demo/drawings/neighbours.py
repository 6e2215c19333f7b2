"""Neighbours as a table, nearest first."""

from collections.abc import Sequence

from markupsafe import Markup

from erniem.demo.collection import Neighbour
from erniem.demo.drawings.parts import bar, joined, language_tag, words

__all__ = ["neighbour_table"]

_TABLE = Markup(
    '<table class="em-hits"><thead><tr><th scope="col">Cosine</th><th scope="col">Language</th>'
    '<th scope="col">Sentence</th></tr></thead><tbody>{}</tbody></table>'
)
_ROW = Markup(
    '<tr><td class="em-score">{}</td><td class="em-language">{}</td>'
    '<td class="em-text" dir="auto">{}</td></tr>'
)


def neighbour_table(found: Sequence[Neighbour]) -> Markup:
    """A row for each, with its score as a bar between the lowest shown and the highest there is."""
    if not found:
        return Markup('<p class="em-quiet">Nothing is there to be found.</p>')
    low = min(0.0, min(one.score for one in found))
    rows = (
        _ROW.format(
            bar((one.score - low) / (1 - low), f"{one.score:.3f}"),
            language_tag(one.language) if one.language else "",
            words(one.text, one.language),
        )
        for one in found
    )
    return _TABLE.format(joined(rows))
