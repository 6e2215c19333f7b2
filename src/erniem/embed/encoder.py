"""`erniem.Encoder`: texts in, vectors out, in order, as many as come.

```text
texts ─a window at a time─▶ pieces ─like lengths together─▶ batches ─backend─▶ vectors ─in order─▶
```

Letters: N texts, D width.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from erniem.embed.backends import Backend, open_backend
from erniem.embed.fingerprints import fingerprint_of
from erniem.embed.rows import Rows, encoded, in_batches
from erniem.embed.settings import VectorSettings

__all__ = ["Encoder", "Window", "unit"]

TEXTS = 8192
"""Texts of a window at most: among them those of like length are looked for."""
CHARACTERS = 2**21
"""Characters of a window, about: so that long texts take no more memory than short ones."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Some texts of a stream, encoded."""

    texts: list[str]
    """As they came."""
    vectors: Float32[np.ndarray, "N D"]
    """In the order of the texts, not normalised."""
    tokens: int
    """That were read."""
    cut: int
    """Texts that were too long, of which the end was left out."""


class Encoder:
    """Makes sentence vectors, on any backend.

    Args:
        backend: runs the network.
        tokenizer: frames and splits texts.
        settings: how a text becomes a vector.
        folder: that all was read from.

    Example: `Encoder.from_pretrained(folder).encode(["Hallo", ""])` → `(2, D)`, of length one.
    """

    def __init__(
        self,
        backend: Backend,
        tokenizer: PreTrainedTokenizerFast,
        settings: VectorSettings,
        folder: Path,
    ) -> None:
        self.backend = backend
        self.tokenizer = tokenizer
        self.settings = settings
        self.folder = folder

    @classmethod
    def from_pretrained(
        cls,
        folder: Path | str,
        *,
        backend: str = "torch",
        settings: VectorSettings | None = None,
        threads: int | None = None,
        device: torch.device | str | None = None,
    ) -> "Encoder":
        """Opens the encoder of a folder.

        Args:
            folder: a checkpoint of any kind that `open_encoder` reads, with its tokenizer.
            backend: `torch`, `torch-bf16`, `torch-fp16`, `torch-int8`, `onnx` or `onnx-int8`; the
                last two run `folder/onnx/`, which `erniem export onnx` writes.
            settings: how a text becomes a vector; None: as the folder says (vectors.json), or the
                mean of the text's tokens in the last layer.
            threads: to compute with; None: as many as the backend takes by itself.
            device: of the first three backends: `cpu`, `cuda:1`; a GPU if there is one. The others
                run on the processor.

        Raises:
            ValueError: a folder that cannot be read, no such backend, layer or device, an ONNX file
                made for other vectors.
            ImportError: a backend that is not installed.
        """
        opened = open_backend(Path(folder), backend, settings, threads, device)
        return cls(opened.backend, opened.tokenizer, opened.settings, Path(folder))

    @property
    def width(self) -> int:
        """Numbers of a vector: D."""
        return self.backend.width

    @property
    def limit(self) -> int:
        """Tokens of a text at most, special ones and the prefix counted; longer ones are cut."""
        return min(self.settings.max_length, self.backend.limit)

    @cached_property
    def fingerprint(self) -> str:
        """Tells, as hex digits, these vectors from those of other weights or settings."""
        return fingerprint_of(self.folder, self.tokenizer, self.settings)

    def encode(
        self, texts: Sequence[str], *, normalize: bool = True, progress: bool = False
    ) -> Float32[np.ndarray, "N D"]:
        """One vector for each text, in the order given.

        Args:
            texts: as many as you have; longer ones than `limit` are cut.
            normalize: whether vectors get length one.
            progress: show a bar.

        Raises:
            ValueError: one text in the place of several, something else than text.
        """
        found = np.empty((len(texts), self.width), dtype=np.float32)
        done = 0
        with tqdm(total=len(texts), desc="encoding", unit="text", disable=not progress) as bar:
            for window in self.windows(texts, told=bar.update):
                found[done : done + len(window.vectors)] = window.vectors
                done += len(window.vectors)
        return unit(found) if normalize else found

    def stream(
        self, texts: Iterable[str], *, normalize: bool = True
    ) -> Iterator[Float32[np.ndarray, " D"]]:
        """One vector after the other for texts that come one after the other; memory stays flat.

        A window of texts is read before its first vector comes: up to 8,192.

        Args:
            texts: without end, if you like.
            normalize: whether vectors get length one.
        """
        for window in self.windows(texts):
            yield from unit(window.vectors) if normalize else window.vectors

    def windows(
        self, texts: Iterable[str], *, told: Callable[[int], object] = int
    ) -> Iterator[Window]:
        """The same, many at once, with what was counted on the way.

        Args:
            texts: without end, if you like.
            told: is told of each batch how many texts are done.

        Raises:
            ValueError: one text in the place of several, something else than text.
        """
        for some in _windows(texts):
            known = encoded(
                self.tokenizer, [self.settings.prefix + text for text in some], self.limit
            )
            vectors = self.of_rows(known.rows, told=told)
            yield Window(texts=some, vectors=vectors, tokens=known.tokens, cut=known.cut)

    def of_rows(
        self, rows: Rows, *, told: Callable[[int], object] = int
    ) -> Float32[np.ndarray, "N D"]:
        """Vectors of texts by their pieces, special ones too; in order, not normalised.

        Args:
            rows: at most `limit` pieces each.
            told: is told of each batch how many are done.
        """
        found = np.empty((len(rows), self.width), dtype=np.float32)
        in_batches(
            rows,
            lambda some: [self.backend.vectors(some)],
            [found],
            budget=self.settings.tokens_per_batch or self.backend.at_once,
            padded=self.backend.padded,
            told=told,
        )
        return found

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> Float32[np.ndarray, " N"]:
        """The cosine of each pair: `first[0]` with `second[0]`, and so on; in -1..1.

        Raises:
            ValueError: not as many on both sides.
        """
        if len(first) != len(second):
            raise ValueError(
                f"{len(first)} texts and {len(second)}: pairs have one of each on both sides."
            )
        vectors = self.encode([*first, *second])
        return np.einsum("nd,nd->n", vectors[: len(first)], vectors[len(first) :])


def unit(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N D"]:
    """The vectors at length one; of zero length, as they are."""
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.finfo(np.float32).tiny)


def _windows(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts, so many at a time that memory stays flat."""
    if isinstance(texts, str):
        raise ValueError(f"texts is one text, {texts[:40]!r}: give a list of texts.")
    some: list[str] = []
    characters = 0
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"{text!r} is a {type(text).__name__} and no text: give str.")
        some.append(text)
        characters += len(text)
        if len(some) == TEXTS or characters >= CHARACTERS:
            yield some
            some, characters = [], 0
    if some:
        yield some
