"""How vectors are made where nobody says how."""

from pathlib import Path

from erniem.embed import TODAYS_VECTORS, VectorSettings
from erniem.embed.settings import read_vector_settings

__all__ = ["vectors_for"]


def vectors_for(encoder: Path) -> VectorSettings:
    """As an encoder's folder says, or the mean of the text's tokens in the last layer.

    Raises:
        ValueError: there is no such folder.
    """
    if not encoder.is_dir():
        raise ValueError(f"{encoder} is no folder: name one with an encoder and its tokenizer.")
    return read_vector_settings(encoder) or TODAYS_VECTORS
