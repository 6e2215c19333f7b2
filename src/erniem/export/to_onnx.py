"""A checkpoint as a folder that ONNX Runtime and transformers.js run.

```text
checkpoint ─read─▶ model ─┬─ its head ─────────▶ onnx/model.onnx ─────┐
                          └─ encoder, pooling ─▶ onnx/sentence.onnx ──┼─quantise─▶ … of 8 bits
config.json, tokenizer, README.md ◀─ checked against torch ◀──────────┴──────────────┘
```
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast

from erniem.convert.checkpoint import Checkpoint, read_checkpoint
from erniem.embed.encoders import SentenceEncoder
from erniem.embed.rows import frame_of
from erniem.embed.settings import VectorSettings, write_vector_settings
from erniem.export.card import write_onnx_card
from erniem.export.check import Agreement, Rows, agreements, rows_to_try
from erniem.export.networks import OUTPUTS, ModelNetwork, SentenceNetwork
from erniem.export.portable import describe_split, split_otherwise, write_config
from erniem.export.quantise import quantise
from erniem.export.settings import describe, settings_for
from erniem.export.trace import need_extra, trace
from erniem.model.encoder import ErnieMModel
from erniem.model.heads import ErnieMForMultipleChoice
from erniem.tokenization import open_tokenizer, save_portable
from erniem.whole import whole_or_not_at_all

__all__ = ["Exported", "Form", "export_onnx"]

Form = Literal["model", "sentence"]

FILES: Mapping[Form, tuple[str, str]] = {
    "model": ("onnx/model.onnx", "onnx/model_quantized.onnx"),
    "sentence": ("onnx/sentence.onnx", "onnx/sentence-int8.onnx"),
}
"""The graph, and the one of 8 bits; of a model by transformers.js's names."""

TOLERANCE = 1e-4
"""Greatest difference between torch and ONNX Runtime; a faulty graph is wrong by far more."""

LEAST_COSINE = 0.99
"""Mean cosine between the model and its 8 bits; below, vectors are not those of the model."""

CHOICES = 5
"""Sentences of a row, where multiple choice is tried."""

Network = ModelNetwork | SentenceNetwork


@dataclass(frozen=True, kw_only=True)
class Exported:
    """What was written."""

    folder: Path
    model: str
    """Name of the class."""
    files: Mapping[str, Agreement]
    """How far each file agrees with torch; names are paths in the folder."""
    settings: VectorSettings | None
    """Of sentence vectors, if these were exported."""
    otherwise: int
    """Sentences of those tried that others' tokenizers split otherwise than the model's own."""
    left: str | None
    """What the graph has no place for."""

    def lines(self) -> Iterator[str]:
        """For people."""
        way = f", sentence vectors: {describe(self.settings)}" if self.settings else ""
        yield f"{self.model} as ONNX in {self.folder}{way}"
        for name, found in self.files.items():
            size = (self.folder / name).stat().st_size / 1e6
            yield f"{name}: {size:.1f} MB; beside torch, {found.words()}"
        if self.left:
            yield f"left behind: {self.left}"
        if self.otherwise:
            yield describe_split(self.otherwise)


def export_onnx(
    source: Path, output: Path, *, form: Form | None = None, int8: bool = False, **vectors: Any
) -> Exported:
    """Writes a checkpoint as ONNX, checked against torch.

    Args:
        source: a checkpoint that `read_checkpoint` reads, with its tokenizer.
        output: folder to make: whole or not at all.
        form: `sentence`, the encoder with its pooling; `model`, the class that the checkpoint is
            of; by default `sentence` for an encoder without a head, for a folder with a
            `vectors.json`, and where `vectors` are given, else `model`.
        int8: write a file with weights of 8 bits as well.
        vectors: `layer`, `pooling`, `prefix` of sentence vectors; see `settings_for`.

    Raises:
        ValueError: no checkpoint, an output that is there, options that do not go together, a class
            without an ONNX form, a file that does not agree with torch, a missing extra.
        OSError: it could not be written.
    """
    need_extra()
    if output.exists():
        raise ValueError(f"{output} is there already: name a new folder.")
    opened = _opened(source, form, vectors)
    with whole_or_not_at_all(output) as partial:
        files = _write_graphs(opened, partial, int8=int8)
        model = opened.read.model
        save_portable(opened.tokenizer, partial, max_length=model.config.longest_sequence)
        write_config(model, partial, **_big(partial))
        if opened.settings is not None:
            write_vector_settings(partial, opened.settings)
        exported = Exported(
            folder=output,
            model=type(model).__name__,
            files=files,
            settings=opened.settings,
            otherwise=split_otherwise(opened.tokenizer, partial),
            left=_left(opened),
        )
        write_onnx_card(partial, opened.read, exported)
    return exported


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What is exported."""

    read: Checkpoint
    tokenizer: PreTrainedTokenizerFast
    settings: VectorSettings | None
    """Of sentence vectors; None for the model with its head."""

    @property
    def form(self) -> Form:
        """Which of the two."""
        return "model" if self.settings is None else "sentence"

    def network(self) -> Network:
        """What is traced."""
        if self.settings is None:
            return ModelNetwork(self.read.model)
        return SentenceNetwork(self.read.model, self.settings, frame_of(self.tokenizer))


def _opened(source: Path, form: Form | None, vectors: Mapping[str, Any]) -> Opened:
    """The checkpoint, and what is asked of it."""
    read = read_checkpoint(source, dtype=torch.float32)
    folder = source if source.is_dir() else source.parent
    chosen = _form(form, read, folder, vectors)
    return Opened(
        read=read,
        tokenizer=open_tokenizer(folder),
        settings=settings_for(folder, vectors) if chosen == "sentence" else None,
    )


def _form(form: Form | None, read: Checkpoint, folder: Path, vectors: Mapping[str, Any]) -> Form:
    """What is exported, as asked for or as the folder suggests."""
    if form is not None and form not in get_args(Form):
        raise ValueError(f"form {form!r}: choose {' or '.join(get_args(Form))}.")
    if form == "model" and vectors:
        raise ValueError(f"{', '.join(vectors)}: of sentence vectors alone (--as sentence).")
    bare = type(read.model) is ErnieMModel
    for_sentences = bare or bool(vectors) or (folder / "vectors.json").is_file()
    return form or ("sentence" if for_sentences else "model")


def _left(opened: Opened) -> str | None:
    """What the graph has no input for; sentence vectors are of plain text, which never had it."""
    if opened.settings is None and opened.read.model.config.languages:
        return "the language embeddings that placeholders name; plain text names none"
    return None


def _write_graphs(opened: Opened, folder: Path, *, int8: bool) -> dict[str, Agreement]:
    """Writes one file, or two of which the second has 8 bits, and holds them against torch.

    Raises:
        ValueError: one does not agree.
    """
    settings, config = opened.settings, opened.read.model.config
    names = FILES[opened.form][: 2 if int8 else 1]
    files = [folder / name for name in names]
    facts = None if settings is None else asdict(settings)
    trace(opened.network(), files[0], facts=facts)
    for file in files[1:]:
        quantise(files[0], file)
    calls = rows_to_try(
        opened.tokenizer,
        prefix=settings.prefix if settings else "",
        limit=config.longest_sequence,
        choices=CHOICES if isinstance(opened.read.model, ErnieMForMultipleChoice) else None,
    )
    found = agreements(files, calls, _expected(opened))
    _refuse(files, found)
    return dict(zip(names, found, strict=True))


def _big(folder: Path) -> dict[str, object]:
    """What transformers.js has to be told of graphs whose weights lie beside them."""
    big = {path.name.removesuffix("_data"): True for path in folder.glob("onnx/*.onnx_data")}
    return {"transformers.js_config": {"use_external_data_format": big}} if big else {}


def _expected(opened: Opened) -> Callable[[Rows], list[np.ndarray]]:
    """What torch says, by the ways that users call it: the whole model, packed."""
    model, settings = opened.read.model, opened.settings
    if settings is not None:
        encoder = SentenceEncoder(model, opened.tokenizer)
        return lambda rows: [encoder.vectors(rows.sentences, settings)]

    def outputs(rows: Rows) -> list[np.ndarray]:
        with torch.no_grad():
            found = model(torch.from_numpy(rows.ids), torch.from_numpy(rows.mask))
        return [found[name].numpy() for name in OUTPUTS[type(model)]]

    return outputs


def _refuse(files: Sequence[Path], found: Sequence[Agreement]) -> None:
    """Stops at a file that does not agree with torch."""
    whole, *rounded = found
    if not whole.greatest <= TOLERANCE:
        raise ValueError(
            f"{files[0].name} and torch differ by {whole.greatest:.1e}, more than {TOLERANCE:.0e}: "
            "nothing is written; look at the weights (erniem doctor), and at the versions of torch "
            "and onnxruntime."
        )
    for file, one in zip(files[1:], rounded, strict=True):
        if not one.cosine >= LEAST_COSINE:
            raise ValueError(
                f"{file.name} and torch have a mean cosine of {one.cosine:.4f}, less than "
                f"{LEAST_COSINE}: this model does not stand 8 bits; leave --int8 out."
            )
