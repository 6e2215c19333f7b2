"""What runs a network for its sentence vectors: torch or ONNX Runtime, in more or fewer bits.

Letters: S sentences of a batch, D width.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float32
from transformers import PreTrainedTokenizerFast

from erniem.embed.encoders import SentenceEncoder, open_encoder
from erniem.embed.onnx_backend import FILES, OnnxBackend
from erniem.embed.rounding import can_round, round_layers
from erniem.embed.rows import Rows
from erniem.embed.settings import TODAYS_VECTORS, VectorSettings, layer_for, read_vector_settings
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import open_tokenizer

__all__ = ["DTYPES", "Backend", "BackendName", "Opened", "TorchBackend", "open_backend"]

BackendName = Literal["torch", "torch-bf16", "torch-fp16", "torch-int8", "onnx", "onnx-int8"]
"""The names by which backends are asked for."""

DTYPES: Mapping[str, torch.dtype] = {
    "torch": torch.float32,
    "torch-bf16": torch.bfloat16,
    "torch-fp16": torch.float16,
}
"""Of the weights, by backend; the others have their own."""


@runtime_checkable
class Backend(Protocol):
    """Runs one network, for vectors made in one way."""

    width: int
    limit: int
    """Tokens of a sentence at most."""
    padded: bool
    """Whether padding costs what tokens cost."""

    @property
    def at_once(self) -> int:
        """Tokens that are computed fastest together."""
        ...

    def vectors(self, rows: Rows) -> Float32[np.ndarray, "S D"]:
        """Vectors of a batch of sentences by their pieces, not normalised."""
        ...


class TorchBackend:
    """Torch, in the precision and on the device that an encoder is in.

    Args:
        encoder: of any kind.
        settings: the layer and the pooling.
        threads: that torch computes with; as many as it is set to if None.

    Raises:
        ValueError: a layer that the network does not have.
    """

    def __init__(
        self, encoder: SentenceEncoder, settings: VectorSettings, threads: int | None = None
    ) -> None:
        layer_for(settings.layer, encoder.num_layers)
        self.encoder, self.settings, self.threads = encoder, settings, threads
        self.width, self.limit = encoder.layers.width, encoder.layers.limit
        self.padded = encoder.layers.padded

    @property
    def at_once(self) -> int:
        """Tokens that are computed fastest together."""
        with threads_of_torch(self.threads):
            return self.encoder.layers.at_once

    def vectors(self, rows: Rows) -> Float32[np.ndarray, "S D"]:
        """Vectors of a batch."""
        with threads_of_torch(self.threads):
            return self.encoder.of_rows(rows, self.settings)


@contextmanager
def threads_of_torch(threads: int | None) -> Iterator[None]:
    """So many threads inside; as many as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A backend, and what belongs to it."""

    backend: Backend
    tokenizer: PreTrainedTokenizerFast
    settings: VectorSettings
    """How it makes vectors."""


def open_backend(
    folder: Path,
    name: str,
    settings: VectorSettings | None,
    threads: int | None,
    device: torch.device | str | None,
) -> Opened:
    """Opens a folder's network on a backend, see `Encoder.from_pretrained`."""
    if name not in get_args(BackendName):
        raise ValueError(f"backend {name!r}: choose {', '.join(get_args(BackendName))}.")
    if threads is not None and threads < 1:
        raise ValueError(f"threads {threads}: give at least 1.")
    if name not in DTYPES:  # what they run on is the processor
        if device is not None and torch.device(device).type != "cpu":
            raise ValueError(f"backend {name!r} runs on the processor: choose {', '.join(DTYPES)}.")
        device = "cpu"
    if name in FILES:
        return _on_onnx(folder, name, settings, threads)
    encoder = open_encoder(folder, device=device, dtype=DTYPES.get(name, torch.float32))
    if name == "torch-int8":
        _round(encoder, folder)
    settings = settings or read_vector_settings(folder) or TODAYS_VECTORS
    return Opened(
        backend=TorchBackend(encoder, settings, threads),
        tokenizer=encoder.tokenizer,
        settings=settings,
    )


def _on_onnx(
    folder: Path, name: str, settings: VectorSettings | None, threads: int | None
) -> Opened:
    """A folder's ONNX file and the tokenizer beside it."""
    tokenizer = open_tokenizer(folder)
    backend = OnnxBackend(folder, name, tokenizer, settings, threads)
    return Opened(backend=backend, tokenizer=tokenizer, settings=backend.settings)


def _round(encoder: SentenceEncoder, folder: Path) -> None:
    """Gives an encoder of ours linear maps of 8 bits.

    Raises:
        ValueError: another encoder, a torch without products of integers.
    """
    if not can_round():
        raise ValueError("torch-int8 needs a torch with oneDNN: choose the backend onnx-int8.")
    network = encoder.network.base_model
    if not isinstance(network, ErnieMModel):
        raise ValueError(
            f"{folder} holds a {type(network).__name__}, which torch-int8 does not round: "
            "choose the backend torch."
        )
    round_layers(network)
