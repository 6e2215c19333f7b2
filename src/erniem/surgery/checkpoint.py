"""A checkpoint as surgery sees it: a config, a tokeniser, tables with a row a piece, and the rest.

Letters: V pieces, D width.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from erniem.surgery.report import Size, card, difference
from erniem.tokenization import open_tokenizer
from erniem.whole import whole_or_not_at_all

__all__ = ["Checkpoint", "Piece", "open_checkpoint", "revise", "unigram", "write_checkpoint"]

Piece = tuple[str, float]
"""A piece of a Unigram vocabulary and its score, a natural logarithm."""

TABLES = (
    "word_embeddings.weight",
    "lm_head.decoder.weight",
    "lm_head.decoder.bias",
    "lm_head.bias",
    "cls.predictions.decoder.weight",
    "cls.predictions.decoder.bias",
    "cls.predictions.bias",
)
"""How the names of weights end that have a row for each piece: ours, XLM-R's, BERT's."""

CARRIED = ("generation_config.json", "modules.json", "*sentence*.json", "[0-9]_*")
"""Further files of a folder that stay true after surgery: generation, sentence vectors."""

FIRST = frozenset(range(4))
"""Ids of the special tokens but the mask: they never move."""

OTHER_FILES = ("vocab.txt", "sentencepiece.bpe.model")
"""Vocabularies that tokenisers write beside tokenizer.json, which alone is changed."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A folder that `save_pretrained` wrote, opened; no weight is read yet."""

    folder: Path
    """Where it lies."""
    config: dict[str, Any]
    """Its config.json."""
    tokenizer: PreTrainedTokenizerFast
    """Its tokeniser."""
    pieces: list[Piece]
    """The Unigram vocabulary, by id; tokens added to the tokeniser may follow it."""
    shapes: dict[str, tuple[int, ...]]
    """Every weight's name and shape."""
    files: tuple[Path, ...]
    """The files of weights."""

    @property
    def added(self) -> list[int]:
        """Ids of tokens that were added behind the vocabulary."""
        return list(range(len(self.pieces), len(self.tokenizer)))

    @property
    def size(self) -> Size:
        """Pieces, parameters and megabytes."""
        return Size(
            pieces=len(self.tokenizer),
            parameters=sum(prod(shape) for shape in self.shapes.values()),
            megabytes=sum(file.stat().st_size for file in self.files) / 1e6,
        )


def open_checkpoint(folder: Path) -> Checkpoint:
    """Opens a checkpoint for surgery: any head, tied or not, with a fast Unigram tokeniser.

    Raises:
        ValueError: no such folder, no weights in safetensors, another kind of tokeniser, tables
            that do not fit it.
    """
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} has no config.json: give a folder that save_pretrained wrote.")
    config = _read_json(folder / "config.json")
    tokenizer = open_tokenizer(folder)
    files = _weight_files(folder)
    checkpoint = Checkpoint(
        folder=folder,
        config=config,
        tokenizer=tokenizer,
        pieces=unigram(tokenizer),
        shapes=_shapes(files),
        files=files,
    )
    _check(checkpoint)
    return checkpoint


def unigram(tokenizer: PreTrainedTokenizerFast) -> list[Piece]:
    """The Unigram vocabulary of a tokeniser, by id.

    Raises:
        ValueError: it has one of another kind.
    """
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    if model["type"] != "Unigram":
        raise ValueError(
            f"the tokeniser of {tokenizer.name_or_path} is of type {model['type']}, whose pieces "
            "depend on each other: only a Unigram vocabulary (ERNIE-M's, XLM-R's, ours) can be cut "
            "or extended."
        )
    return [(piece, score) for piece, score in model["vocab"]]


def _read_json(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is no JSON ({error}): fetch it again.") from error
    if not isinstance(read, dict):
        raise ValueError(f"{file} holds no settings by name: fetch it again.")
    return read


def _weight_files(folder: Path) -> tuple[Path, ...]:
    """The file of all weights, or else those that an index names, as transformers chooses."""
    whole, index = folder / "model.safetensors", folder / "model.safetensors.index.json"
    if whole.is_file():
        return (whole,)
    if not index.is_file():
        raise ValueError(
            f"{folder} has no model.safetensors: load it with from_pretrained and write it with "
            "save_pretrained, which makes one."
        )
    parts = _read_json(index).get("weight_map")
    if not isinstance(parts, dict) or not parts:
        raise ValueError(f"{index} names no files of weights: fetch it again.")
    return tuple(folder / name for name in sorted(set(parts.values())))


def _shapes(files: Iterable[Path]) -> dict[str, tuple[int, ...]]:
    shapes = {}
    for file in files:
        try:
            with safe_open(file, framework="pt") as weights:
                for name in weights.keys():  # noqa: SIM118  no mapping
                    shapes[name] = tuple(weights.get_slice(name).get_shape())
        except (OSError, SafetensorError) as error:
            raise ValueError(f"{file} cannot be read ({error}): fetch it again.") from error
    return shapes


def _check(checkpoint: Checkpoint) -> None:
    """The tokeniser, the config and the tables must tell of the same pieces."""
    folder, tokenizer = checkpoint.folder, checkpoint.tokenizer
    frame = {getattr(tokenizer, f"{name}_token_id") for name in ("cls", "pad", "sep", "unk")}
    if frame != FIRST:
        raise ValueError(
            f"the tokeniser of {folder} has its class, padding, separator and unknown tokens at "
            f"{sorted(frame)}: give one with them at 0 to 3, as XLM-R's and ERNIE-M's."
        )
    rows = checkpoint.config.get("vocab_size")
    if not isinstance(rows, int) or rows < len(tokenizer):
        raise ValueError(
            f"the config of {folder} says vocab_size {rows}, its tokeniser has {len(tokenizer)} "
            "pieces: give the tokeniser that belongs to the model."
        )
    tables = {name: shape for name, shape in checkpoint.shapes.items() if name.endswith(TABLES)}
    wrong = {name: shape for name, shape in tables.items() if shape[0] != rows}
    if wrong or not any(name.endswith(TABLES[0]) for name in tables):
        raise ValueError(
            f"{folder} has no word_embeddings.weight of {rows} rows (found: {wrong or 'none'}): "
            "give a whole checkpoint of the shape of ERNIE-M, XLM-R or BERT, with its own config."
        )


def revise(tokenizer: PreTrainedTokenizerFast, pieces: Sequence[Piece]) -> PreTrainedTokenizerFast:
    """The same tokeniser with another Unigram vocabulary; tokens added to the old one follow it.

    It is saved, changed in its file and opened again, so whatever else its class saves travels.

    Example: pieces `[…, ("[MASK]", 0.0)]` and `("▁habari", -9.1)` behind them → one id more.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        tokenizer.save_pretrained(folder)
        for other in OTHER_FILES:
            (folder / other).unlink(missing_ok=True)
        file = folder / "tokenizer.json"
        state = json.loads(file.read_text(encoding="utf-8"))
        state["model"]["vocab"] = pieces
        ids = {piece: place for place, (piece, _) in enumerate(pieces)}
        for token in sorted(state["added_tokens"], key=lambda token: token["id"]):
            token["id"] = ids.setdefault(token["content"], len(ids))
        file.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
        return open_tokenizer(folder)


def write_checkpoint(
    checkpoint: Checkpoint,
    output: Path,
    tokenizer: PreTrainedTokenizerFast,
    origins: Sequence[Sequence[int]],
    *,
    verb: str,
    facts: Sequence[str],
) -> Size:
    """Writes a checkpoint with other pieces: whole, or not at all.

    Args:
        checkpoint: the old one.
        output: the new one's folder; it must not exist yet.
        tokenizer: the new one's.
        origins: of each new id, the old ids whose rows' mean is its row; one old id means the
            very row, to the bit.
        verb: what was done to the vocabulary, for its model card.
        facts: what else the card tells, a line each.

    Returns:
        The new one's size.
    """
    assert len(origins) == len(tokenizer)
    with whole_or_not_at_all(output) as partial:
        for pattern in CARRIED:
            for path in checkpoint.folder.glob(pattern):
                (shutil.copytree if path.is_dir() else shutil.copy)(path, partial / path.name)
        tokenizer.save_pretrained(partial)
        config = {**checkpoint.config, "vocab_size": len(origins)}
        text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
        (partial / "config.json").write_text(text, encoding="utf-8")
        weights = dict(_weights(checkpoint, origins))
        save_file(weights, partial / "model.safetensors", metadata={"format": "pt"})
        size = open_checkpoint(partial).size
        told = card(checkpoint.folder, verb, [*difference(checkpoint.size, size), *facts])
        (partial / "README.md").write_text(told, encoding="utf-8")
    return size


def _weights(
    checkpoint: Checkpoint, origins: Sequence[Sequence[int]]
) -> Iterator[tuple[str, Tensor]]:
    for file in checkpoint.files:
        with safe_open(file, framework="pt") as weights:
            for name in weights.keys():  # noqa: SIM118  no mapping
                value = weights.get_tensor(name)
                yield name, rows_of(value, origins) if name.endswith(TABLES) else value


def rows_of(table: Tensor, origins: Sequence[Sequence[int]]) -> Tensor:
    """The rows of a new table `(V', D)` or bias `(V',)`: old ones, or means of old ones.

    Example: rows `[1, 2, 4]`, origins `[[0], [1, 2]]` → `[1, 3]`.
    """
    rows = table[torch.tensor([old[0] for old in origins])]
    for place, old in enumerate(origins):
        if len(old) > 1:
            rows[place] = table[list(old)].double().mean(dim=0).to(table.dtype)
    return rows
