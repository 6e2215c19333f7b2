"""A network as an ONNX file: any batch, any length, attention in plain products.

```text
network ─torch.onnx.export(dynamo=True)─▶ graph ─┬─▶ model.onnx
                             over 2 GB (protobuf's limit) ─┴─▶ model.onnx + model.onnx_data
```
"""

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from erniem.export.networks import ModelNetwork, SentenceNetwork

__all__ = ["INPUTS", "LARGEST", "need_extra", "trace"]

LARGEST = 2**31 - 2**24
"""Bytes of weights that one file may hold: protobuf's 2 GB, less some room for the graph."""

INPUTS = ("input_ids", "attention_mask")


def trace(
    network: ModelNetwork | SentenceNetwork, file: Path, *, facts: Mapping[str, object] | None
) -> None:
    """Writes a network as an ONNX file, with its weights beside it if they are over 2 GB.

    Args:
        network: in evaluation mode, in float32.
        file: to write, `model.onnx` say; big weights go to `model.onnx_data`.
        facts: what the file says of itself in the metadata property `erniem`, as JSON.

    Raises:
        OSError: it could not be written.
    """
    with _plain_attention(network), _silent():
        program = torch.onnx.export(
            network,
            _example(network),
            dynamo=True,
            input_names=list(INPUTS),
            output_names=list(network.outputs),
            dynamic_shapes=(_axes(network), _axes(network)),
            verbose=False,
        )
    assert program is not None
    if facts is not None:
        text = json.dumps(facts, ensure_ascii=False)
        program.model.metadata_props["erniem"] = text
    _save(program.model_proto, file, sum(one.nbytes for one in network.parameters()))


def need_extra() -> None:
    """Sees to it that what ONNX needs is installed.

    Raises:
        ValueError: it is not.
    """
    for name in ("onnx", "onnxscript", "onnxruntime"):
        try:
            import_module(name)
        except ImportError as error:
            raise ValueError(
                f"{name} is not installed ({error}): pip install 'erniem[onnx]'."
            ) from error


def _example(network: ModelNetwork | SentenceNetwork) -> tuple[Tensor, Tensor]:
    """Rows to trace with; their sizes are no two the same, and their contents do not matter."""
    shape = {"batch": 3, "choices": 2, "length": 11}
    ids = torch.full([shape[axis] for axis in network.axes], 5)
    return ids, torch.ones_like(ids)


def _axes(network: ModelNetwork | SentenceNetwork) -> dict[int, Any]:
    return {place: torch.export.Dim(axis, min=1) for place, axis in enumerate(network.axes)}


@contextmanager
def _plain_attention(network: nn.Module) -> Iterator[None]:
    """Attention written out as products inside, whatever kernel it runs on elsewhere."""
    configs = {
        id(config): config
        for part in network.modules()
        if (config := getattr(part, "config", None)) is not None
    }
    before = {key: config._attn_implementation for key, config in configs.items()}
    try:
        for config in configs.values():
            config._attn_implementation = "eager"
        yield
    finally:
        for key, config in configs.items():
            config._attn_implementation = before[key]


@contextmanager
def _silent() -> Iterator[None]:
    """The exporter's talk of axes it renames and libraries it does without."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


def _save(model: Any, file: Path, size: int) -> None:
    """One file, or two if it would be too big for one."""
    import onnx

    file.parent.mkdir(parents=True, exist_ok=True)
    if size < LARGEST:
        onnx.save_model(model, file)
    else:
        onnx.save_model(
            model,
            file,
            save_as_external_data=True,
            all_tensors_to_one_file=True,
            location=f"{file.name}_data",
        )
