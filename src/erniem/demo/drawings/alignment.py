"""A word alignment as a heat map: rows and columns are words, each in its script's direction."""

from markupsafe import Markup

from erniem.demo.drawings.parts import is_leftward, joined, words
from erniem.tasks.align import Alignment

__all__ = ["heat_map"]

SHOWN = 0.05
"""Below it, a cell has no figure."""

_MAP = Markup(
    '<div class="em-scroll" tabindex="0" role="region" aria-label="Heat map of the alignment">'
    '<table class="em-heat" dir="{}"><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table>'
    "</div>"
)
_PAIRS = Markup(
    '<p class="em-label">Words that choose each other</p><ul class="em-pairs">{}</ul>'
    '<p class="em-quiet">Vectors of layer {}, of 0 to {}.</p>'
)
_PAIR = Markup('<li>{} <span aria-label="is">↔</span> {}</li>')
_CELL = Markup('<td class="{}" style="--score:{:.2f}" title="{} – {}">{}</td>')


def heat_map(found: Alignment, num_layers: int) -> Markup:
    """The first sentence downwards, the second across; a ring where two words choose each other.

    The columns run to the left if the second sentence does.
    """
    direction = "rtl" if is_leftward(" ".join(found.second)) else "ltr"
    head = joined(
        Markup('<th scope="col"><span>{}</span></th>').format(words(word)) for word in found.second
    )
    rows = joined(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(words(word), _cells(found, row))
        for row, word in enumerate(found.first)
    )
    pairs = joined(
        _PAIR.format(words(found.first[one]), words(found.second[other]))
        for one, other in found.pairs
    )
    return _MAP.format(direction, head, rows) + _PAIRS.format(pairs, found.layer, num_layers - 1)


def _cells(found: Alignment, row: int) -> Markup:
    """The cells of a word."""
    best = {column for one, column in found.pairs if one == row}
    return joined(
        _CELL.format(
            "em-best" if column in best else "",
            score,
            found.first[row],
            word,
            f"{100 * score:.0f}" if score >= SHOWN else "",
        )
        for column, (word, score) in enumerate(
            zip(found.second, found.scores[row].tolist(), strict=True)
        )
    )
