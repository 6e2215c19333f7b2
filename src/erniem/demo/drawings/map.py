"""Sentences on a plane as SVG: colour and mark are the language, what says the same lights up.

No script: a group that is pointed at, tapped or reached by the keyboard shows its sentences through
CSS alone.

Letters: n places of a group.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from markupsafe import Markup

from erniem.demo.collection import Sentence
from erniem.demo.drawings.parts import joined, words
from erniem.demo.sentence_map import SentenceMap
from erniem.languages import name_of

__all__ = ["svg_map"]

WIDTH, HEIGHT, EDGE = 640, 560, 16
"""Of the drawing, in its own units."""
RADIUS = 6.5
"""Of a mark."""
REACHED = 40
"""So many groups at most are reached by the keyboard one by one; of more, the list has all."""

_SHAPES = {
    "circle": '<circle r="{r:.1f}"/>',
    "square": '<path d="M-{r:.1f} -{r:.1f}h{d:.1f}v{d:.1f}h-{d:.1f}z"/>',
    "diamond": '<path d="M0 -{s:.1f}L{s:.1f} 0L0 {s:.1f}L-{s:.1f} 0z"/>',
    "triangle-up": '<path d="M0 -{s:.1f}L{s:.1f} {r:.1f}H-{s:.1f}z"/>',
}
"""Marks by plotly's names for them, as the report's maps have them."""

_FIGURE = Markup(
    '<figure class="em-map"><style>{}</style><div class="em-plane">'
    '<svg viewBox="0 0 {} {}" role="group" aria-label="Map of {} sentences">{}</svg>'
    '<ul class="em-legend">{}</ul></div><figcaption>{}{}</figcaption></figure>'
)
_GROUP = Markup('<g class="em-group" id="em-g{}" {} role="img" aria-label="{}">{}</g>')
_LINE = Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
_POINT = Markup('<g class="em-point {}" fill="{}" transform="translate({:.1f} {:.1f})">{}</g>')
_CAPTION = Markup('<dl class="em-caption" id="em-c{}">{}</dl>')
_SAID = Markup(
    '<div><dt><span style="color:{}" aria-hidden="true">{}</span> {}</dt><dd>{}</dd></div>'
)
_HINT = Markup(
    '<p class="em-hint">Point at a mark, tap it, or reach it by the Tab key: its sentences stand '
    "here.</p>"
)


def svg_map(found: SentenceMap) -> Markup:
    """The map with its legend, and the sentences of each group beside it."""
    looks = _looks(found)
    groups = _groups(found)
    places = _on_paper(found.places)
    drawn = joined(
        _group(number, rows, found, places, looks, reached=len(groups) <= REACHED)
        for number, rows in enumerate(groups)
    )
    captions = joined(
        _CAPTION.format(number, joined(_said(found, row, looks) for row in rows))
        for number, rows in enumerate(groups)
    )
    return _FIGURE.format(
        Markup("").join(_rules(len(groups))),
        WIDTH,
        HEIGHT,
        len(found.sentences),
        drawn,
        _legend(looks),
        _HINT,
        captions,
    )


Looks = Mapping[str, tuple[str, str, str]]
"""Code → colour, name of the mark, the mark as a letter; the visitor's own sentences are `own`."""


def _looks(found: SentenceMap) -> Looks:
    from erniem.report.quickstart.figures import color_of, mark_of, symbol_of  # plotly, slow

    codes = sorted({one.language for one in found.sentences[: len(found.sentences) - found.own]})
    looks = {
        code: (color_of(place), symbol_of(place), mark_of(place))
        for place, code in enumerate(codes)
    }
    return looks | ({"own": ("currentColor", "circle", "◉")} if found.own else {})


def _groups(found: SentenceMap) -> list[list[int]]:
    """Rows of sentences that say the same; a sentence of unknown meaning is alone."""
    groups: dict[object, list[int]] = {}
    for row, one in enumerate(found.sentences):
        key = ("alone", row) if one.meaning is None else one.meaning
        groups.setdefault(key, []).append(row)
    return list(groups.values())


def _on_paper(places: np.ndarray) -> np.ndarray:
    room = np.array([WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE])
    return EDGE + places * room


def _group(
    number: int,
    rows: list[int],
    found: SentenceMap,
    places: np.ndarray,
    looks: Looks,
    *,
    reached: bool,
) -> Markup:
    middle = places[rows].mean(axis=0)
    lines = joined(_LINE.format(*middle, *places[row]) for row in rows) if len(rows) > 1 else ""
    points = joined(_point(found, row, places[row], looks) for row in rows)
    own = rows[0] >= len(found.sentences) - found.own
    first = _first_to_read([found.sentences[row] for row in rows])
    focus = Markup('tabindex="0"') if reached or own else ""
    return _GROUP.format(number, focus, first, Markup(lines) + points)


def _first_to_read(group: list[Sentence]) -> str:
    """A group's sentence in English, or its first."""
    return next((one.text for one in group if one.language == "en"), group[0].text)


def _point(found: SentenceMap, row: int, place: np.ndarray, looks: Looks) -> Markup:
    own = row >= len(found.sentences) - found.own
    color, symbol, _ = looks["own" if own else found.sentences[row].language]
    radius = RADIUS + 2 * own
    shape = _SHAPES[symbol].format(r=radius * 0.9, d=radius * 1.8, s=radius * 1.2)
    return _POINT.format("em-own" if own else "", color, *place.tolist(), Markup(shape))


def _said(found: SentenceMap, row: int, looks: Looks) -> Markup:
    own = row >= len(found.sentences) - found.own
    one = found.sentences[row]
    color, _, mark = looks["own" if own else one.language]
    name = "yours" if own else name_of(one.language) or "?"
    return _SAID.format(color, mark, name, words(one.text, one.language))


def _legend(looks: Looks) -> Markup:
    return joined(
        Markup('<li><span style="color:{}" aria-hidden="true">{}</span> {}</li>').format(
            color, mark, "yours" if code == "own" else name_of(code) or "not known"
        )
        for code, (color, _, mark) in looks.items()
    )


def _rules(count: int) -> Iterator[str]:
    """Which caption belongs to which group."""
    for number in range(count):
        group = f"#em-g{number}:is(:hover,:focus)"
        yield f".em-map:has({group}) #em-c{number}{{display:block}}"
