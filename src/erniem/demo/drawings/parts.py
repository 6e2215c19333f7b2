"""Parts that the drawings share; whatever a visitor wrote is escaped by `Markup.format`."""

from collections.abc import Iterable

from markupsafe import Markup

from erniem.languages import name_of

__all__ = ["bar", "is_leftward", "joined", "language_tag", "notice", "words"]


def notice(message: str) -> Markup:
    """What went wrong, where the result would stand; read aloud as it appears."""
    return Markup('<p class="em-notice" role="alert">{}</p>').format(message)


def bar(share: float, shown: str) -> Markup:
    """A share as a bar with its figure.

    Args:
        share: from 0 to 1; what lies outside is drawn as the nearer of them.
        shown: the figure as text.
    """
    return Markup(
        '<span class="em-bar"><i style="width:{:.1f}%" aria-hidden="true"></i></span>'
        '<span class="em-figure">{}</span>'
    ).format(100 * min(1.0, max(0.0, share)), shown)


def language_tag(code: str) -> Markup:
    """A language by its name; its code is the tip."""
    return Markup('<span class="em-tag" title="{}">{}</span>').format(code, name_of(code) or "?")


def words(text: str, code: str = "") -> Markup:
    """A text in the direction of its script, and in its language for who reads aloud."""
    if not code:
        return Markup('<bdi dir="auto">{}</bdi>').format(text)
    return Markup('<bdi dir="auto" lang="{}">{}</bdi>').format(code, text)


def joined(parts: Iterable[Markup]) -> Markup:
    """Parts one after the other."""
    return Markup("").join(parts)


def is_leftward(text: str) -> bool:
    """Whether a text runs to the left: by its first letter, as `dir=auto` decides.

    Example: `is_leftward("שלום")` → `True`.
    """
    from unicodedata import bidirectional

    kinds = (bidirectional(one) for one in text)
    return next((kind != "L" for kind in kinds if kind in ("L", "R", "AL")), False)
