"""Paddle's files: `.pdparams`, and the static graph's one file a parameter.

```text
.pdparams   pickle of {name: array}, and StructuredToParameterName@@
static      a folder of files: version, levels, version, size and bytes of a TensorDesc, raw data
```
"""

import pickle
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from erniem.convert.names import STATIC, STATIC_HEADS, STATIC_LAYER
from erniem.convert.pickles import Array, read_pickle

__all__ = ["is_static", "read_pdparams", "read_static", "static_architecture", "write_pdparams"]

STRUCTURED = "StructuredToParameterName@@"
"""Paddle's names of the same parameters, which nobody needs."""
SLICES = "UnpackBigParamInfor@@"
"""Where parts of arrays over 1 GiB belong, in files of pickle protocols 2 and 3."""


def read_pdparams(path: Path) -> dict[str, Tensor]:
    """The parameters of a `.pdparams`, as Paddle names and lays them out.

    Args:
        path: written by `paddle.save` of a state dict, in any of its versions.

    Raises:
        ValueError: not such a file, damaged, or one that asks for anything but arrays.
    """
    read = read_pickle(path)
    if not isinstance(read, dict):
        raise ValueError(f"{path} holds a {type(read).__name__}, not parameters by name.")
    read.pop(STRUCTURED, None)
    slices = read.pop(SLICES, {})
    weights = {name: _tensor(path, name, value) for name, value in read.items()}
    try:
        for name, facts in slices.items():
            parts = [weights.pop(part).flatten() for part in facts["slices"]]
            weights[name] = torch.cat(parts).view(facts["OriginShape"])
    except (AttributeError, KeyError, TypeError, RuntimeError) as error:
        raise ValueError(f"{path}: parts of a large array do not fit: {error!r}.") from error
    return weights


def _tensor(path: Path, name: Any, value: Any) -> Tensor:
    """One parameter: an array, or a name and an array; bfloat16 comes as uint16."""
    if isinstance(value, tuple) and len(value) == 2:
        value = value[1]
    numbers = getattr(value, "numbers", None) if isinstance(value, Array) else None
    if not isinstance(name, str) or numbers is None:
        raise ValueError(f"{path}: {name!r} is no array of numbers but a {type(value).__name__}.")
    if numbers.dtype == np.uint16:
        return torch.from_numpy(numbers.view(np.int16).copy()).view(torch.bfloat16)
    native = numbers.dtype.newbyteorder("=")
    return torch.from_numpy(np.array(numbers, dtype=native, order="C"))


def write_pdparams(state: Mapping[str, Tensor], path: Path) -> None:
    """Writes parameters as `paddle.load` reads them; bfloat16 as uint16, as Paddle does."""
    arrays = {}
    for name, value in state.items():
        value = value.detach().cpu().contiguous()
        if value.dtype == torch.bfloat16:
            arrays[name] = value.view(torch.int16).numpy().view(np.uint16)
        else:
            arrays[name] = value.numpy()
    with path.open("wb") as file:
        pickle.dump({**arrays, STRUCTURED: {name: name for name in arrays}}, file, protocol=4)


# The static graph

TYPES = {4: "float16", 5: "float32", 6: "float64", 2: "int32", 3: "int64", 22: "bfloat16"}
"""Paddle's numbers for types, in `framework.proto`."""


def is_static(folder: Path) -> bool:
    """Is this a folder of the authors' static graph."""
    return any((folder / name).is_file() for name in STATIC.values())


def static_architecture(folder: Path) -> list[str]:
    """Our class for a static graph, which its classifier's name tells; none if it has none."""
    return [one for one, (weight, _) in STATIC_HEADS.items() if (folder / weight).is_file()]


def read_static(folder: Path) -> dict[str, Tensor]:
    """The parameters of a static graph, under PaddleNLP's names.

    Other files (unknown heads, moments of an optimiser) keep their own names.

    Raises:
        ValueError: a file that is damaged.
    """
    known = {theirs: ours for ours, theirs in STATIC.items()}
    for weight, bias in STATIC_HEADS.values():
        known |= {weight: "classifier.weight", bias: "classifier.bias"}
    for n in range(sum(1 for _ in folder.glob("encoder_layer_*_ffn_fc_0.b_0"))):
        for ours, theirs in STATIC_LAYER.items():
            known[f"encoder_layer_{n}_{theirs}"] = f"encoder.layers.{n}.{ours}"
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    return {
        known.get(path.name, path.name): read_static_tensor(path)
        for path in files
        if path.name in known or _has_header(path)
    }


def _has_header(path: Path) -> bool:
    """Does a file begin as a parameter does: two zeros, and no levels."""
    with path.open("rb") as file:
        return path.suffix not in (".json", ".txt", ".model") and file.read(12) == bytes(12)


def read_static_tensor(path: Path) -> Tensor:
    """One parameter of a static graph.

    Raises:
        ValueError: damaged, or of a type that weights do not have.
    """
    data = path.read_bytes()
    try:
        version, levels, again, size = struct.unpack_from("<IQIi", data)
        kind, shape = _described(data[20 : 20 + size])
    except (struct.error, IndexError) as error:
        raise ValueError(f"{path} is no whole parameter of a static graph: {error}.") from error
    if version or levels or again or kind not in TYPES:
        raise ValueError(
            f"{path} is no parameter that we know: version {version}, levels {levels}, type {kind}."
        )
    name = TYPES[kind]
    wide = np.dtype("int16" if name == "bfloat16" else name)
    raw = data[20 + size :]
    if len(raw) != wide.itemsize * int(np.prod(shape)):
        raise ValueError(
            f"{path} has {len(raw)} bytes for a shape of {tuple(shape)}: it is cut; fetch it again."
        )
    tensor = torch.from_numpy(np.frombuffer(raw, dtype=wide).reshape(shape).copy())
    return tensor.view(torch.bfloat16) if name == "bfloat16" else tensor


def _described(description: bytes) -> tuple[int, list[int]]:
    """Type and shape out of a TensorDesc: field 1 and field 2, packed or not."""
    kind, shape = -1, []
    place = 0
    while place < len(description):
        tag, place = _varint(description, place)
        value, place = _varint(description, place)
        if tag == 0x08:
            kind = value
        elif tag == 0x10:
            shape.append(value)
        elif tag == 0x12:
            end = place + value
            while place < end:
                value, place = _varint(description, place)
                shape.append(value)
    return kind, shape


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of protobuf's, and where the next begins."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
