"""What an index asks of an encoder, and how one is opened by the name of its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from erniem.corpus.arrays import facts_of
from erniem.embed import TODAYS_VECTORS, VectorSettings, open_encoder, read_vector_settings
from erniem.search.manifest import ModelFacts
from erniem.tasks.retrieve.nearest import unit

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


class _Opened:
    """Stands in until `erniem.Encoder` is there."""

    def __init__(self, folder: Path, settings: VectorSettings | None) -> None:
        self.encoder = open_encoder(folder)
        self.folder = folder
        self.settings = settings or read_vector_settings(folder) or TODAYS_VECTORS
        files = sorted(path for path in folder.iterdir() if path.is_file())
        told = [f"{path.name} {facts_of(path).sha256}" for path in files]
        self.fingerprint = sha256(f"{told} {self.settings}".encode()).hexdigest()
        self.width = self.encoder.layers.width

    def encode(self, texts: Sequence[str]) -> Float32[np.ndarray, "N D"]:
        return unit(self.encoder.vectors(texts, self.settings))


def open_model(model: Encodes | Path | str, settings: Mapping[str, Any] | None = None) -> Encodes:
    """An encoder as it is, or that of a folder.

    Args:
        model: an encoder or its folder.
        settings: of the vectors that a folder's encoder is to make; None: as the folder says.

    Raises:
        ValueError: a folder that cannot be read.
    """
    if not isinstance(model, Path | str):
        return model
    if not Path(model).is_dir():
        raise ValueError(f"{model} is no folder: name one with an encoder and its tokenizer.")
    return _Opened(Path(model), VectorSettings(**settings) if settings else None)


def model_facts(encoder: Encodes) -> ModelFacts:
    """What an index keeps of an encoder."""
    folder = getattr(encoder, "folder", None)
    settings = getattr(encoder, "settings", None)
    return ModelFacts(
        fingerprint=encoder.fingerprint,
        folder=str(Path(folder).resolve()) if folder else "",
        vectors=asdict(settings) if isinstance(settings, VectorSettings) else None,
    )
