"""What a search finds."""

from dataclasses import dataclass

__all__ = ["Hit"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that was found."""

    score: float
    """Cosine or margin: the higher the nearer."""
    id: str
    """What it is known by."""
    text: str
    """The sentence."""
    language: str
    """Its code; empty if it is not known."""
