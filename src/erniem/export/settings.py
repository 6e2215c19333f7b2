"""How an exported encoder makes sentence vectors."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from erniem.embed.settings import TODAYS_VECTORS, VectorSettings, read_vector_settings

__all__ = ["describe", "settings_for"]


def settings_for(folder: Path, given: Mapping[str, Any]) -> VectorSettings:
    """As given, else as the folder's `vectors.json` says, else the last layer's mean over the text.

    Args:
        folder: of the model.
        given: some of `layer`, `pooling`, `prefix`.

    Raises:
        ValueError: values that are none.
    """
    return replace(read_vector_settings(folder) or TODAYS_VECTORS, **given)


def describe(settings: VectorSettings) -> str:
    """For people: `layer last, pooling mean, prefix 'query: '`."""
    layer = "past the middle" if settings.layer is None else settings.layer
    prefix = f", prefix {settings.prefix!r}" if settings.prefix else ""
    return f"layer {layer}, pooling {settings.pooling}{prefix}"
