"""What was filled in: guesses with their probabilities, and pseudo tokens."""

from markupsafe import Markup

from erniem.demo.drawings.parts import bar, joined, words
from erniem.tasks.fill import Filling, Hole, Piece, PseudoTokens

__all__ = ["filling_cards", "pseudo_chips"]

_WAYS = (
    ("camlm", "From the other sentence alone", "CAMLM: no word of its own sentence is read"),
    ("mmlm", "From its own sentence alone", "MMLM: as every masked-LM fills in"),
    ("tlm", "From both", "TLM: the sentence and its translation side by side"),
)
"""Ways to fill in: field, heading, explanation."""

_CARD = Markup('<section class="em-card"><h3>{}</h3><p class="em-quiet">{}</p>{}</section>')
_HOLE = Markup('<p class="em-verdict {}">{}</p><table class="em-guesses"><tbody>{}</tbody></table>')
_GUESS = Markup('<tr class="{}"><th scope="row">{}</th><td class="em-score">{}</td></tr>')
_LEGEND = Markup(
    '<p class="em-quiet">A dot before a piece: it goes on with a word, and does not begin one.</p>'
)


def filling_cards(found: Filling, vocabulary: int) -> Markup:
    """A card for each way, in it the guesses of each hidden piece.

    Args:
        found: what was filled in.
        vocabulary: number of pieces.
    """
    cards = joined(
        _CARD.format(
            heading, about, joined(_hole(hole, vocabulary) for hole in getattr(found, way))
        )
        for way, heading, about in _WAYS
    )
    hidden = joined(Markup("<mark>{}</mark> ").format(words(word)) for word in found.hidden)
    return Markup('<p class="em-label">Hidden: {}</p><div class="em-cards">{}</div>{}').format(
        hidden, cards, _LEGEND
    )


def pseudo_chips(found: PseudoTokens, target: str) -> Markup:
    """The pieces in their order, each as dark as the network is sure of it, and the text."""
    chips = joined(
        Markup('<li style="--score:{:.2f}"><span>{}</span><small>{}</small></li>').format(
            piece.probability, _piece(piece), _percent(piece.probability)
        )
        for piece in found.pieces
    )
    return Markup(
        '<p class="em-said" dir="auto" lang="{}">{}</p><ol class="em-chips" dir="auto">{}</ol>{}'
    ).format(target, found.text, chips, _LEGEND)


def _hole(hole: Hole, vocabulary: int) -> Markup:
    rows = joined(_guess(guess, hole.answer) for guess in hole.guesses)
    return _HOLE.format("em-right" if hole.rank == 1 else "", _verdict(hole, vocabulary), rows)


def _verdict(hole: Hole, vocabulary: int) -> Markup:
    """Where what stood there stands among the answers."""
    if not hole.rank:
        return Markup("What stood there is not in the vocabulary.")
    place = "found first" if hole.rank == 1 else f"number {hole.rank:,} of {vocabulary:,}"
    return Markup("<b>{}</b> {}, {}").format(
        _piece(hole.answer), place, _percent(hole.answer.probability)
    )


def _guess(guess: Piece, answer: Piece) -> Markup:
    right = (guess.text, guess.begins_word) == (answer.text, answer.begins_word)
    return _GUESS.format(
        "em-right" if right else "",
        _piece(guess),
        bar(guess.probability, _percent(guess.probability)),
    )


def _piece(piece: Piece) -> Markup:
    """A piece; one that goes on with a word has a dot before it."""
    before = Markup("") if piece.begins_word else Markup('<span class="em-inner">·</span>')
    return before + words(piece.text)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "< 0.1 %"
