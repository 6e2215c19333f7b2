"""What surgery says of itself: lines for the terminal, a model card for the folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Size", "card", "check_output", "difference"]


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a checkpoint is."""

    pieces: int
    """V."""
    parameters: int
    """Numbers in its weights; tied tables count once."""
    megabytes: float
    """Of its weights, 10⁶ bytes."""


def check_output(output: Path) -> None:
    """Refuses a folder that is there already.

    Raises:
        ValueError: it exists.
    """
    if output.exists():
        raise ValueError(f"{output} exists already: choose another output, or delete it.")


def difference(before: Size, after: Size) -> list[str]:
    """Pieces, parameters and megabytes, before and after."""
    return [
        f"pieces: {before.pieces:,} → {after.pieces:,}",
        f"parameters: {before.parameters:,} → {after.parameters:,}",
        f"megabytes: {before.megabytes:,.1f} → {after.megabytes:,.1f}",
    ]


def card(source: Path, verb: str, facts: Sequence[str]) -> str:
    """A README.md that says what was done, from what.

    Args:
        source: the checkpoint that was operated on; its name is told, its place is not.
        verb: `trimmed` or `extended`.
        facts: what to tell, a line each.
    """
    listed = "\n".join(f"- {fact}" for fact in facts)
    return (
        f"---\nlibrary_name: transformers\ntags:\n- vocabulary-{verb}\n---\n\n"
        f"# {source.resolve().name}, its vocabulary {verb}\n\n"
        f"Made by erniem from the checkpoint `{source.resolve().name}`, whose licence and card go "
        f"on to hold. Nothing was trained.\n\n{listed}\n"
    )
