"""Encoders of any origin, as things that make vectors of sentences.

```text
ERNIE-M (ours, transformers 4, Paddle), XLM-R, BERT ─▶ our encoder, packed ─┬─▶ SentenceEncoder
any other that transformers' AutoModel loads ─▶ as it is, padded ───────────┘
```

Letters: N sentences, S sentences and T tokens of a batch, D width.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from erniem.convert.checkpoint import becomes_ours, read_checkpoint
from erniem.convert.quiet import quiet
from erniem.device import device_for
from erniem.embed.rows import Rows, at_once, frame_of
from erniem.embed.settings import VectorSettings
from erniem.embed.vectors import Layers, batch_vectors, vectors_of
from erniem.model.attention import layout_of
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel
from erniem.model.heads import ErnieMForMaskedLM
from erniem.packing import boundaries, within
from erniem.tokenization import open_tokenizer

__all__ = ["SentenceEncoder", "open_encoder", "positions_of", "sentence_vectors"]


class SentenceEncoder:
    """A network and its tokenizer, which make vectors of sentences.

    Example: `open_encoder(folder).vectors(["Hallo", ""], VectorSettings())` → `(2, D)`.
    """

    def __init__(self, network: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
        self.network = network
        self.tokenizer = tokenizer
        ours = isinstance(network, ErnieMPreTrainedModel)
        self.frame = frame_of(tokenizer)
        self.layers: Layers = PackedLayers(network) if ours else PaddedLayers(network, tokenizer)

    @property
    def num_layers(self) -> int:
        """That vectors can be taken from."""
        return self.layers.num_layers

    def vectors(
        self, sentences: Sequence[str], settings: VectorSettings, *, progress: bool = False
    ) -> Float32[np.ndarray, "N D"]:
        """One vector for each sentence, see `sentence_vectors`."""
        (found,) = self.in_ways(sentences, [settings], progress=progress)
        return found

    def in_ways(
        self,
        sentences: Sequence[str],
        ways: Sequence[VectorSettings],
        *,
        progress: bool = False,
    ) -> list[Float32[np.ndarray, "N D"]]:
        """The same sentences in several ways, from one pass, see `vectors_of`."""
        with _evaluating(self.network):
            return vectors_of(self.layers, self.tokenizer, sentences, ways, progress=progress)

    def of_rows(self, rows: Rows, settings: VectorSettings) -> Float32[np.ndarray, "S D"]:
        """Vectors of one batch of sentences by their pieces."""
        with _evaluating(self.network), torch.no_grad():
            return batch_vectors(self.layers, rows, settings, self.frame).cpu().numpy()

    def by_layer(
        self, sentences: Sequence[str], settings: VectorSettings, *, progress: bool = False
    ) -> list[Float32[np.ndarray, "N D"]]:
        """The vectors of every layer, from one pass."""
        ways = [replace(settings, layer=layer) for layer in range(self.num_layers)]
        return self.in_ways(sentences, ways, progress=progress)


def sentence_vectors(
    model: ErnieMModel | ErnieMForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    settings: VectorSettings,
    *,
    progress: bool = False,
) -> Float32[np.ndarray, "N D"]:
    """One vector for each sentence, in the order given, not normalised.

    Runs on the model's device, without dropout and without gradient, and computes neither the
    layers above the one that is asked for, nor a head, nor padding.

    Args:
        model: the encoder, with or without the masked-LM head.
        tokenizer: frames a sentence as `[CLS] A [SEP]`; an empty sentence is the frame alone.
        sentences: the text; longer sentences are cut at `settings.max_length`.
        settings: the layer, the pooling and the size of a batch.
        progress: show a bar.

    Raises:
        ValueError: a layer that the model does not have.

    Example: `sentence_vectors(model, tokenizer, ["Hallo", ""], VectorSettings())` → `(2, D)`.
    """
    return SentenceEncoder(model, tokenizer).vectors(sentences, settings, progress=progress)


def open_encoder(
    folder: Path,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float32,
) -> SentenceEncoder:
    """The encoder of a folder; a head on it is left aside.

    Args:
        folder: a checkpoint of any kind that we or transformers' AutoModel read, with a fast
            tokenizer; of an encoder and a decoder, the encoder is taken.
        device: where it runs; a GPU if there is one, see `device_for`.
        dtype: of its weights.

    Raises:
        ValueError: a folder that neither we nor transformers can read, no such device.
    """
    place = device_for(device)
    if becomes_ours(folder):
        network = read_checkpoint(folder, dtype=dtype).model.to(place)
        return SentenceEncoder(network, open_tokenizer(folder))
    try:
        with quiet():
            theirs: Any = AutoModel.from_pretrained(folder, dtype=dtype, local_files_only=True)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{folder} cannot be read: {error}") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast) or tokenizer.pad_token_id is None:
        raise ValueError(f"{folder} has no fast tokenizer that pads: put a tokenizer.json there.")
    network = theirs.get_encoder() if hasattr(theirs, "decoder") else theirs
    return SentenceEncoder(network.eval().to(place), tokenizer)


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """No dropout inside; afterwards every part is in the mode it was in."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


class PackedLayers:
    """Ours: no padding, and no layer above the last that is asked for."""

    padded = False

    def __init__(self, network: PreTrainedModel) -> None:
        encoder = network.base_model
        assert isinstance(encoder, ErnieMModel)
        self.encoder = encoder
        self.num_layers = encoder.config.num_hidden_layers
        self.width = encoder.config.hidden_size
        self.limit = encoder.config.longest_sequence

    @property
    def at_once(self) -> int:
        """Tokens that are computed fastest together, where the network now is."""
        return _at_once(self.encoder.device)

    def states(self, rows: list[list[int]]) -> Iterator[Float[Tensor, "T D"]]:
        """Tokens after each layer; the next is computed when it is asked for."""
        encoder, device = self.encoder, self.encoder.device
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        ids = torch.tensor([piece for row in rows for piece in row])
        words = encoder.embeddings.word_embeddings(ids.to(device))
        positions = torch.from_numpy(within(lengths)).to(device)
        bounds = torch.from_numpy(boundaries(lengths)).to(device)
        layout = layout_of(bounds, encoder.config._attn_implementation)
        hidden = encoder.embeddings(words, positions, None)
        for layer in encoder.encoder.layers:
            hidden = layer(hidden, layout)
            yield hidden


class PaddedLayers:
    """Any network of transformers, called as its users call it."""

    padded = True

    def __init__(self, network: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
        self.network = network
        self.pad = tokenizer.pad_token_id
        config = network.config.get_text_config()
        self.num_layers = config.num_hidden_layers
        self.width = config.hidden_size
        self.limit = min(tokenizer.model_max_length, positions_of(network))

    @property
    def at_once(self) -> int:
        """Tokens that are computed fastest together, where the network now is."""
        return _at_once(self.network.device)

    def states(self, rows: list[list[int]]) -> Iterator[Float[Tensor, "T D"]]:
        """Real tokens after each layer; the last with whatever the network still does to it."""
        device = self.network.device
        longest = max(map(len, rows))
        ids = torch.tensor([row + [self.pad] * (longest - len(row)) for row in rows])
        lengths = torch.tensor([len(row) for row in rows])
        real = torch.arange(longest) < lengths[:, None]
        found = self.network(
            input_ids=ids.to(device),
            attention_mask=real.long().to(device),
            output_hidden_states=True,
        )
        for hidden in (*found.hidden_states[1:-1], found.last_hidden_state):
            yield hidden[real.to(device)]


def _at_once(device: torch.device) -> int:
    return at_once(torch.get_num_threads() if device.type == "cpu" else None)


def positions_of(network: nn.Module) -> int:
    """Tokens that a network has positions for; RoBERTa's kind begin after their padding's."""
    for name, part in network.named_modules():
        if name.endswith("position_embeddings") and isinstance(part, nn.Embedding):
            before = 0 if part.padding_idx is None else part.padding_idx + 1
            return part.num_embeddings - before
    return int(1e30)  # as transformers writes "no limit"
