"""ONNX files that say what torch says, folders that others know, and refusals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jaxtyping import config

from erniem.cli import main
from erniem.embed import VectorSettings, open_encoder, read_vector_settings
from erniem.export.sentences import try_sentences

onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra erniem[onnx]")


@pytest.fixture(autouse=True)
def _without_shape_checks() -> Iterator[None]:
    """While a graph is traced, sizes are symbols, which no check of types knows as numbers."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def outputs(file: Path, inputs: Any) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(file)
    return session.run(None, {name: np.array(value) for name, value in inputs.items()})


def test_an_encoder_becomes_a_graph_with_its_pooling_and_a_smaller_one(
    encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "exported"
    arguments = ["--output", str(folder), "--layer", "0", "--prefix", "a: ", "--int8"]
    assert main(["export", "onnx", str(encoder), *arguments]) == 0
    shown = capsys.readouterr().out
    assert "layer 0, pooling mean_text, prefix 'a: '" in shown
    assert "onnx/sentence.onnx" in shown
    assert "on 100 sentences, greatest difference" in shown

    settings = VectorSettings(layer=0, pooling="mean_text", prefix="a: ")
    texts = ["", "badefi", "badefi golumi nopera situvo", "μινοπε ραφι", *try_sentences()[:5]]
    opened = open_encoder(encoder)
    inputs = opened.tokenizer(
        [settings.prefix + text for text in texts], padding=True, return_tensors="np"
    )
    (found,) = outputs(folder / "onnx/sentence.onnx", inputs)
    assert np.abs(found - opened.vectors(texts, settings)).max() < 1e-5
    assert read_vector_settings(folder) == settings
    assert json.loads((folder / "config.json").read_text())["model_type"] == "xlm-roberta"
