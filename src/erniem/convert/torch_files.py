"""Weights in torch's files: safetensors or `.bin`, whole or in shards."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

__all__ = ["torch_weights"]


def torch_weights(folder: Path) -> tuple[dict[str, Tensor], tuple[Path, ...]]:
    """Weights of `model.safetensors` or `pytorch_model.bin`, and the files that they lie in.

    Raises:
        ValueError: none of these, an index that names others, a damaged or hostile file.
    """
    for whole in ("model.safetensors", "pytorch_model.bin"):
        index = folder / f"{whole}.index.json"
        if (folder / whole).is_file():
            files = [folder / whole]
        elif index.is_file():
            files = _shards(index)
        else:
            continue
        state: dict[str, Tensor] = {}
        for file in files:
            state |= _torch_file(file)
        return state, tuple(files)
    raise ValueError(f"{folder} has no model.safetensors, pytorch_model.bin or .pdparams.")


def _shards(index: Path) -> list[Path]:
    """The files that an index names, beside it and nowhere else."""
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{index} is no index of shards: {error!r}.") from error
    for name in names:
        if Path(name).name != name or not (index.parent / name).is_file():
            raise ValueError(f"{index} names {name!r}, which is no file beside it: fetch it.")
    return [index.parent / name for name in names]


def _torch_file(file: Path) -> dict[str, Tensor]:
    """One file; a `.bin` is read without running what it may hold."""
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        read = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file raises anything
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        raise ValueError(f"{file} cannot be read: {reason}") from error
    if not isinstance(read, dict) or not all(isinstance(one, Tensor) for one in read.values()):
        raise ValueError(f"{file} holds something else than weights by name.")
    return read
