"""The exported folder in JavaScript.

In any folder `npm install @huggingface/transformers`, and name it:
`ERNIEM_TRANSFORMERS_JS=folder pytest -m slow tests/export/test_transformers_js.py`.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoModelForMaskedLM, pipeline

from erniem.embed import open_encoder
from erniem.export.to_onnx import export_onnx
from erniem.model.heads import ErnieMForMaskedLM
from erniem.tokenization import open_tokenizer
from made_up_encoder import write_with_head

pytest.importorskip("onnxruntime", reason="needs the extra erniem[onnx]")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TEXTS = ["badefi golumi nopera situvo", "μινοπε ραφι", "badefi", "“golu” — no\u200cpera\u2003 ’mi’"]


def javascript(*arguments: object) -> Any:
    home = os.environ.get("ERNIEM_TRANSFORMERS_JS", "")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not Path(home, "node_modules", "@huggingface", "transformers").is_dir():
        pytest.skip("ERNIEM_TRANSFORMERS_JS names no folder with @huggingface/transformers in it")
    command = ["node", str(Path(__file__).with_name("run.mjs")), home, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_transformers_js_gives_the_same_sentence_vectors(encoder: Path, tmp_path: Path) -> None:
    told = export_onnx(encoder, tmp_path / "new", int8=True, prefix="a: ")
    assert told.settings is not None
    right = open_encoder(encoder).vectors(TEXTS, told.settings)
    given = [f"a: {text}" for text in TEXTS]
    found = np.array(javascript("sentence", tmp_path / "new", "sentence", *given))
    assert np.abs(found - right).max() < 1e-5
    small = np.array(javascript("sentence", tmp_path / "new", "sentence-int8", *given))
    assert 1e-5 < np.abs(small - right).max() < 0.3


def test_transformers_js_fills_a_mask_as_python_does(encoder: Path, tmp_path: Path) -> None:
    write_with_head(ErnieMForMaskedLM, encoder, tmp_path / "model")
    export_onnx(tmp_path / "model", tmp_path / "new", int8=True)
    model = AutoModelForMaskedLM.from_pretrained(tmp_path / "model")
    fill = pipeline("fill-mask", model=model, tokenizer=open_tokenizer(encoder), top_k=3)
    right = fill("badefi [MASK] nopera")
    for dtype, tolerance in (("fp32", 1e-5), ("q8", 0.1)):
        found = javascript("fill-mask", tmp_path / "new", dtype, "badefi <mask> nopera")
        scores = [[one["score"] for one in side] for side in (found, right)]
        np.testing.assert_allclose(*scores, rtol=tolerance)
        if dtype == "fp32":
            assert [one["token"] for one in found] == [one["token"] for one in right]
