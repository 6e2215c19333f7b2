import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jaxtyping import config

from erniem.embed import TODAYS_VECTORS, Encoder, VectorSettings
from erniem.embed.backends import DTYPES
from erniem.embed.onnx_backend import padded_rows
from erniem.embed.settings import write_vector_settings
from erniem.export.to_onnx import export_onnx
from invented import invented

TEXTS = ["three one two " * 9, "", *invented(20, words=30), "a"]
MEAN = VectorSettings(layer="last", pooling="mean")


@pytest.fixture(scope="module")
def exported(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "onnx"
    config.update("jaxtyping_disable", True)  # while a graph is traced, sizes are symbols
    try:
        export_onnx(encoder, folder, form="sentence", int8=True, layer="last", pooling="mean")
    finally:
        config.update("jaxtyping_disable", False)
    return folder


def cosine(folder: Path, backend: str, encoder: Path) -> float:
    right = Encoder.from_pretrained(encoder, settings=MEAN).encode(TEXTS)
    found = Encoder.from_pretrained(folder, backend=backend, settings=MEAN, threads=1).encode(TEXTS)
    return float(np.mean((right * found).sum(axis=1)))


def test_onnx_gives_torchs_vectors(exported: Path, encoder: Path) -> None:
    ours = Encoder.from_pretrained(encoder, settings=MEAN)
    theirs = Encoder.from_pretrained(exported, backend="onnx", threads=1)
    assert theirs.settings == MEAN
    assert (theirs.width, theirs.limit) == (ours.width, ours.limit)
    difference = theirs.encode(TEXTS, normalize=False) - ours.encode(TEXTS, normalize=False)
    assert np.abs(difference).max() < 1e-5


def test_onnx_of_8_bits_stays_near(exported: Path, encoder: Path) -> None:
    assert 0.99 < cosine(exported, "onnx-int8", encoder) < 1 - 1e-7


def test_torch_of_8_bits_stays_near(encoder: Path) -> None:
    assert 0.99 < cosine(encoder, "torch-int8", encoder) < 1 - 1e-7


@pytest.mark.parametrize("backend", ["torch-bf16", "torch-fp16"])
def test_torch_of_16_bits_stays_near_and_gives_float32(backend: str, encoder: Path) -> None:
    assert 0.999 < cosine(encoder, backend, encoder) < 1 - 1e-7
    opened: Any = Encoder.from_pretrained(encoder, backend=backend, settings=MEAN)
    assert opened.encode(TEXTS).dtype == np.float32
    weights = {one.dtype for one in opened.backend.encoder.network.parameters()}
    assert weights == {DTYPES[backend]}


@pytest.mark.parametrize("backend", ["torch-int8", "onnx"])
def test_a_backend_of_the_processor_refuses_another_device(backend: str, encoder: Path) -> None:
    with pytest.raises(
        ValueError, match=f"backend '{backend}' runs on the processor: choose torch,"
    ):
        Encoder.from_pretrained(encoder, backend=backend, device="cuda")


def test_a_file_made_for_other_vectors_is_refused(exported: Path) -> None:
    other = replace(MEAN, pooling="cls", prefix="query: ")
    with pytest.raises(
        ValueError, match=r"made for pooling 'mean', prefix '', not for pooling 'cls"
    ):
        Encoder.from_pretrained(exported, backend="onnx", settings=other)
    smaller = replace(MEAN, tokens_per_batch=64, max_length=9)
    assert Encoder.from_pretrained(exported, backend="onnx", settings=smaller).limit == 9


def test_a_folder_that_says_otherwise_than_its_file_is_refused(
    exported: Path, tmp_path: Path
) -> None:
    for file in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        (tmp_path / file).write_bytes((exported / file).read_bytes())
    (tmp_path / "onnx").symlink_to(exported / "onnx")
    write_vector_settings(tmp_path, TODAYS_VECTORS)
    with pytest.raises(ValueError, match="not for pooling 'mean_text'"):
        Encoder.from_pretrained(tmp_path, backend="onnx")


def test_a_missing_file_names_the_command_that_writes_it(encoder: Path) -> None:
    with pytest.raises(ValueError, match=r"sentence-int8.onnx is not there: .*export onnx.*--int8"):
        Encoder.from_pretrained(encoder, backend="onnx-int8")


def test_a_damaged_file_is_named(exported: Path, tmp_path: Path) -> None:
    for file in ("tokenizer.json", "tokenizer_config.json", "config.json"):
        (tmp_path / file).write_bytes((exported / file).read_bytes())
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx/sentence.onnx").write_bytes(b"no graph")
    with pytest.raises(ValueError, match=r"sentence.onnx cannot be read .*: export it again"):
        Encoder.from_pretrained(tmp_path, backend="onnx")


def test_a_missing_runtime_names_what_to_install(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match=r"pip install 'erniem\[onnx\]'"):
        Encoder.from_pretrained(exported, backend="onnx")


def test_rows_are_padded_to_the_longest() -> None:
    ids, mask = padded_rows([[0, 5, 2], [0, 2]], 1)
    assert ids.tolist() == [[0, 5, 2], [0, 2, 1]]
    assert mask.tolist() == [[1, 1, 1], [1, 1, 0]]
