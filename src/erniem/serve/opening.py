"""A folder as what can be served of it: sentence vectors always, and its head if it has one.

```text
folder ─▶ network with its head ─┬─▶ Encoder on torch, over the same weights
                                 └─▶ fill-mask, classify or extract
       ─▶ Encoder on ONNX Runtime or in int8, by itself
```
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast

from erniem.convert.checkpoint import becomes_ours, read_checkpoint
from erniem.device import device_for
from erniem.embed.backends import DTYPES, TorchBackend
from erniem.embed.encoder import Encoder
from erniem.embed.encoders import SentenceEncoder
from erniem.embed.settings import TODAYS_VECTORS, VectorSettings, read_vector_settings
from erniem.model import heads
from erniem.search import Index
from erniem.serve.heads.classifying import Classifying
from erniem.serve.heads.embedding import Embedding
from erniem.serve.heads.extracting import Extracting
from erniem.serve.heads.filling import Filling
from erniem.serve.heads.searching import Searching
from erniem.serve.settings import ServerSettings
from erniem.serve.worker import Work
from erniem.tasks.extract import Extractor
from erniem.tasks.extract.extractor import extraction_tokenizer
from erniem.tokenization import open_tokenizer

__all__ = ["Opened", "open_folder"]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What can be done with a checkpoint."""

    encoder: Encoder
    works: dict[str, Work] = field(default_factory=dict)
    """By name; vectors among them."""


def open_folder(folder: Path, settings: ServerSettings) -> Opened:
    """Opens a checkpoint with its tokenizer.

    Args:
        folder: of any kind that `erniem.Encoder` reads; heads are served of those that become ours.
        settings: the backend, the threads and the device.

    Raises:
        ValueError: a folder that cannot be read, no such device, an index that another model made.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    network = _network(folder, settings) if becomes_ours(folder) else None
    if network is None or settings.backend not in DTYPES:
        encoder = Encoder.from_pretrained(
            folder,
            backend=settings.backend,
            settings=settings.vectors,
            threads=settings.threads,
            device=settings.device,
        )
    else:
        encoder = _over(network, folder, settings.vectors)
    works: dict[str, Work] = {"embedding": Embedding(encoder)}
    works |= _head(network, folder, encoder.tokenizer)
    if settings.index is not None:
        works["search"] = Searching(Index.open(settings.index, encoder))
    return Opened(encoder=encoder, works=works)


def _network(folder: Path, settings: ServerSettings) -> Any:
    """Our network of a folder with its head, in the backend's precision; in float32 beside one that
    has weights of its own."""
    dtype = DTYPES.get(settings.backend, torch.float32)
    model: Any = read_checkpoint(folder, dtype=dtype).model
    return model.to(device_for(settings.device))


def _over(network: Any, folder: Path, settings: VectorSettings | None) -> Encoder:
    """An encoder that shares a network with its head."""
    settings = settings or read_vector_settings(folder) or TODAYS_VECTORS
    sentences = SentenceEncoder(network, open_tokenizer(folder))
    return Encoder(TorchBackend(sentences, settings), sentences.tokenizer, settings, folder)


def _head(network: Any, folder: Path, tokenizer: PreTrainedTokenizerFast) -> dict[str, Work]:
    if isinstance(network, heads.ErnieMForMaskedLM):
        return {"fill-mask": Filling(network, tokenizer.mask_token_id)}
    if isinstance(network, heads.ErnieMForSequenceClassification):
        return {"classify": Classifying(network)}
    if isinstance(network, heads.ErnieMForInformationExtraction):
        # A tokenizer of its own: it is used by the network's thread.
        return {"extract": Extracting(Extractor(network, extraction_tokenizer(folder)))}
    return {}
