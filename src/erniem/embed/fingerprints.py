"""What tells the vectors of one encoder from those of another."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from erniem.embed.settings import VectorSettings
from erniem.tokenization import fingerprint

__all__ = ["fingerprint_of"]

WEIGHTS = ("*.safetensors", "*.bin", "*.pdparams", "config.json", "model_config.json")
"""Files that decide what a network computes."""


def fingerprint_of(
    folder: Path, tokenizer: PreTrainedTokenizerFast, settings: VectorSettings
) -> str:
    """A hash of a folder's weights and config, its tokenizer, and how vectors are made.

    The backend plays no part: vectors of one folder belong together, whatever computed them. Nor
    does the size of a batch.
    """
    told = {name: value for name, value in asdict(settings).items() if name != "tokens_per_batch"}
    parts = [json.dumps(told, sort_keys=True), fingerprint(tokenizer)]
    parts += [f"{file.name} {_digest(file)}" for file in _files(folder)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _files(folder: Path) -> list[Path]:
    """The weights, or what was made of them where they are not there; in one order."""
    found = {file for pattern in WEIGHTS for file in folder.glob(pattern)}
    return sorted(found) or sorted((folder / "onnx").glob("*.onnx"))


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
