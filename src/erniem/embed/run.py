"""`erniem embed`: files of texts in, a file of vectors out, row for row, in flat memory."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erniem.embed.encoder import Encoder, unit
from erniem.embed.files import read_texts
from erniem.embed.outputs import open_output
from erniem.embed.settings import VectorSettings
from erniem.whole import whole_file

__all__ = ["Embedded", "embed_files"]


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What was embedded."""

    output: Path
    """The file of vectors."""
    width: int
    """Numbers of a vector."""
    limit: int
    """Tokens of a text at most."""
    texts: int
    """Texts, and vectors."""
    empty: int
    """Of these, texts without a character; their vectors mean nothing."""
    cut: int
    """Of these, texts that were longer than the limit."""
    tokens: int
    """That were read."""
    seconds: float
    """From the first text to the last vector."""

    def lines(self) -> Iterator[str]:
        """For people."""
        speed = self.texts / max(self.seconds, 1e-9)
        yield (
            f"{self.output}: {self.texts:,} vectors of {self.width} numbers, from "
            f"{self.tokens:,} tokens, {speed:,.0f} texts a second"
        )
        if self.cut:
            yield f"{self.cut:,} texts were cut at {self.limit} tokens"
        if self.empty:
            yield f"{self.empty:,} texts are empty; their vectors stand in their places"


def embed_files(
    model: Path,
    files: Sequence[str],
    output: Path,
    *,
    backend: str = "torch",
    vectors: VectorSettings | None = None,
    threads: int | None = None,
    device: str | None = None,
    field: str = "text",
    normalize: bool = True,
    progress: bool = False,
) -> Embedded:
    """Writes the vectors of all texts of some files, in their order.

    Args:
        model: folder of any encoder.
        files: .txt, .jsonl, .parquet, or `-` for standard input, see `read_texts`.
        output: .npy, .jsonl, .jsonl.gz or .parquet: whole or not at all.
        backend, vectors, threads, device: see `Encoder.from_pretrained`.
        field: that holds the text in .jsonl and .parquet.
        normalize: whether vectors get length one.
        progress: show a bar.

    Raises:
        ValueError: an output that is there already, files that cannot be read, an encoder that
            cannot be opened; nothing is written.
        OSError: it could not be written.
    """
    if output.exists():
        raise ValueError(f"{output} is there already: name another, or take it away.")
    encoder = Encoder.from_pretrained(
        model, backend=backend, settings=vectors, threads=threads, device=device
    )
    texts = read_texts(files, field)
    with (
        tqdm(desc="embedding", unit="text", disable=not progress) as bar,
        whole_file(output) as partial,
    ):
        return _embedded(encoder, texts, output, partial, normalize=normalize, told=bar.update)


def _embedded(
    encoder: Encoder,
    texts: Iterator[str],
    output: Path,
    partial: Path,
    *,
    normalize: bool,
    told: Callable[[int], object],
) -> Embedded:
    """Writes the partial file, window by window."""
    count = empty = cut = tokens = 0
    started = time.monotonic()
    with open_output(partial, encoder.width) as write:
        for window in encoder.windows(texts, told=told):
            write(window.texts, unit(window.vectors) if normalize else window.vectors)
            count += len(window.texts)
            empty += sum(not text.strip() for text in window.texts)
            cut += window.cut
            tokens += window.tokens
    return Embedded(
        output=output,
        width=encoder.width,
        limit=encoder.limit,
        texts=count,
        empty=empty,
        cut=cut,
        tokens=tokens,
        seconds=time.monotonic() - started,
    )
