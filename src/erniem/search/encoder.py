"""What an index asks of an encoder, and how one is opened by the name of its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from erniem.embed import Encoder, VectorSettings
from erniem.embed.backends import BackendName
from erniem.search.manifest import ModelFacts

__all__ = ["Encodes", "model_facts", "open_model"]


@runtime_checkable
class Encodes(Protocol):
    """Makes vectors of sentences, as `erniem.Encoder` does."""

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        ...

    @property
    def fingerprint(self) -> str:
        """What tells it from encoders that make other vectors."""
        ...

    def encode(self, texts: Sequence[str]) -> Float32[np.ndarray, "N D"]:
        """A vector of length one for each text, in the order given."""
        ...


def open_model(
    model: Encodes | Path | str,
    settings: Mapping[str, Any] | None = None,
    *,
    backend: BackendName = "torch",
    device: str | None = None,
) -> Encodes:
    """An encoder as it is, or that of a folder.

    Args:
        model: an encoder or its folder.
        settings: of the vectors that a folder's encoder is to make; None: as the folder says.
        backend: what runs a folder's network.
        device: where it runs; a GPU if there is one.

    Raises:
        ValueError: a folder that cannot be read, no such device.
    """
    if not isinstance(model, Path | str):
        return model
    if not Path(model).is_dir():
        raise ValueError(f"{model} is no folder: name one with an encoder and its tokenizer.")
    way = VectorSettings(**settings) if settings else None
    return Encoder.from_pretrained(Path(model), backend=backend, settings=way, device=device)


def model_facts(encoder: Encodes) -> ModelFacts:
    """What an index keeps of an encoder."""
    folder = getattr(encoder, "folder", None)
    settings = getattr(encoder, "settings", None)
    return ModelFacts(
        fingerprint=encoder.fingerprint,
        folder=str(Path(folder).resolve()) if folder else "",
        vectors=asdict(settings) if isinstance(settings, VectorSettings) else None,
    )
