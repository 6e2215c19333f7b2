"""ONNX files that say what torch says, folders that others know, and refusals."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer

from erniem.cli import main
from erniem.embed import Pooling, VectorSettings, open_encoder, read_vector_settings
from erniem.embed.settings import write_vector_settings
from erniem.export import to_onnx, trace
from erniem.export.networks import OUTPUTS
from erniem.export.sentences import sentences_by_language, try_sentences
from erniem.export.to_onnx import export_onnx
from erniem.export.to_sentence_transformers import export_sentence_transformers
from erniem.model import heads
from erniem.tokenization import open_tokenizer
from made_up_encoder import write_with_head

onnx = pytest.importorskip("onnx", reason="needs the extra erniem[onnx]")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra erniem[onnx]")

TEXTS = ["", "badefi", "badefi golumi nopera situvo", "μινοπε ραφι", *try_sentences()[:5]]


def run(file: Path, inputs: Any) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(file)
    names = ("input_ids", "attention_mask")
    return session.run(None, {name: np.asarray(inputs[name]) for name in names})


def vectors_of(file: Path, encoder: Path, settings: VectorSettings) -> np.ndarray:
    texts = [settings.prefix + text for text in TEXTS]
    (found,) = run(file, open_tokenizer(encoder)(texts, padding=True, return_tensors="np"))
    return found


@pytest.fixture(scope="module")
def exported(
    encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, to_onnx.Exported]:
    """Sentence vectors of the first layer, in 32 and in 8 bits."""
    folder = tmp_path_factory.mktemp("onnx") / "exported"
    return folder, export_onnx(encoder, folder, int8=True, layer=0, prefix="a: ")


def test_an_encoder_becomes_a_graph_with_its_pooling_inside(
    encoder: Path, exported: tuple[Path, to_onnx.Exported]
) -> None:
    folder, told = exported
    settings = VectorSettings(layer=0, pooling="mean_text", prefix="a: ")
    right = open_encoder(encoder).vectors(TEXTS, settings)
    file = folder / "onnx/sentence.onnx"
    assert np.abs(vectors_of(file, encoder, settings) - right).max() < 1e-6
    one = {"input_ids": [[0]], "attention_mask": [[1]]}  # a batch of one, a length of one
    assert run(file, one)[0].shape == (1, 32)
    session = onnxruntime.InferenceSession(file)
    assert [(put.name, put.shape) for put in (*session.get_inputs(), *session.get_outputs())] == [
        ("input_ids", ["batch", "length"]),
        ("attention_mask", ["batch", "length"]),
        ("sentence_embedding", ["batch", 32]),
    ]
    said = json.loads(session.get_modelmeta().custom_metadata_map["erniem"])
    assert VectorSettings(**said) == settings == read_vector_settings(folder) == told.settings


def test_the_graph_of_8_bits_is_a_quarter_of_the_size_and_about_the_same(
    encoder: Path, exported: tuple[Path, to_onnx.Exported]
) -> None:
    folder, told = exported
    whole, small = (folder / f"onnx/sentence{kind}.onnx" for kind in ("", "-int8"))
    weights = [
        sum(one.raw_data.__len__() for one in onnx.load(file).graph.initializer)
        for file in (whole, small)
    ]
    assert weights[1] < 0.45 * weights[0]  # the tiny model's positions, norms and biases weigh much
    assert 0.99 < told.files["onnx/sentence-int8.onnx"].cosine < 1 - 1e-6
    ways = VectorSettings(layer=0, pooling="mean_text", prefix="a: ")
    one, two = (vectors_of(file, encoder, ways) for file in (whole, small))
    cosines = (one * two).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(two, axis=1)
    assert cosines.min() > 0.98


def test_the_folder_is_as_users_of_other_software_know_it(
    encoder: Path, exported: tuple[Path, to_onnx.Exported]
) -> None:
    folder, told = exported
    assert json.loads((folder / "config.json").read_text())["model_type"] == "xlm-roberta"
    assert "library_name: transformers.js" in (folder / "README.md").read_text()
    assert "prefix 'a: '" in "\n".join(told.lines())
    theirs, ours = AutoTokenizer.from_pretrained(folder), open_tokenizer(encoder)
    plain = "badefi golumi nopera"
    assert theirs(plain).input_ids == ours(plain).input_ids
    assert theirs.model_max_length == 128  # the model's, where the tokenizer's is 512
    odd = "“badefi”\u200c golumi\u2003— nopera"
    assert theirs(odd).input_ids == ours(odd).input_ids
    # What the segmentation changes is known to us alone.
    texts = ["badefi 2013, nopera", odd, *try_sentences()]
    assert open_tokenizer(folder)(texts).input_ids == ours(texts).input_ids
    assert theirs(texts[0]).input_ids != ours(texts[0]).input_ids
    assert told.otherwise == 0


def test_sentences_that_others_split_otherwise_are_counted_and_told(
    encoder: Path, tmp_path: Path
) -> None:
    shutil.copytree(encoder, tmp_path / "model")
    said = json.loads((encoder / "tokenizer_config.json").read_text())
    said["segmentation"] = "paddlenlp"
    (tmp_path / "model/tokenizer_config.json").write_text(json.dumps(said))
    told = export_sentence_transformers(tmp_path / "model", tmp_path / "new")
    assert told.otherwise > 0
    for text in ("\n".join(told.lines()), (tmp_path / "new/README.md").read_text()):
        assert f"Of 100 sentences tried, {told.otherwise} are split otherwise" in text


def test_a_graph_that_says_something_else_is_refused_and_nothing_is_left(
    encoder: Path,
    exported: tuple[Path, to_onnx.Exported],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def another(network: object, file: Path, *, facts: object) -> None:
        file.parent.mkdir(parents=True)
        shutil.copyfile(exported[0] / "onnx/sentence.onnx", file)

    monkeypatch.setattr(to_onnx, "trace", another)
    with pytest.raises(
        ValueError, match=r"sentence.onnx and torch differ by .* nothing is written"
    ):
        export_onnx(encoder, tmp_path / "new", layer=1)
    monkeypatch.setattr(to_onnx, "LEAST_COSINE", 1.0)
    with pytest.raises(
        ValueError, match=r"sentence-int8.onnx and torch have a mean cosine of 0.99"
    ):
        export_onnx(encoder, tmp_path / "new", int8=True, layer=0, prefix="a: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"form": "model", "layer": 1}, "layer: of sentence vectors alone"),
        ({"form": "graph"}, "choose model or sentence"),
        ({"layer": 2}, "this model has 0 to 1"),
        ({"pooling": "max"}, "choose mean, cls, mean_text"),
    ],
)
def test_options_without_a_meaning_are_refused(
    encoder: Path, tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        export_onnx(encoder, tmp_path / "new", **options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", ["onnx", "sentence-transformers", "xlm-r"])
def test_what_is_no_model_and_what_is_there_is_refused_in_a_line(
    verb: str, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for model, output, told in (
        (tmp_path / "none", tmp_path / "new", "none does not exist"),
        (tmp_path / "full", tmp_path / "new", "put the config beside the weights"),
        (encoder, tmp_path / "full", "full is there already"),
    ):
        assert main(["export", verb, str(model), "--output", str(output)]) == 1
        shown = capsys.readouterr().err
        assert told in shown
        assert shown.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_without_the_extra_the_way_out_is_named(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ValueError, match=r"onnxscript is not installed .*erniem\[onnx\]"):
        export_onnx(encoder, tmp_path / "new")


def test_the_sentences_are_five_in_each_of_twenty_languages() -> None:
    assert [len(five) for five in sentences_by_language().values()] == [5] * 20
    assert len(set(try_sentences())) == 100


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", list(OUTPUTS))
def test_every_head_becomes_a_graph(kind: type[Any], encoder: Path, tmp_path: Path) -> None:
    model = write_with_head(kind, encoder, tmp_path / "model")
    told = export_onnx(tmp_path / "model", tmp_path / "new", form="model", int8=True)
    assert told.files["onnx/model.onnx"].greatest < 1e-5
    assert told.files["onnx/model_quantized.onnx"].cosine > 0.99
    shape = (2, 3, 7) if kind is heads.ErnieMForMultipleChoice else (2, 7)
    ids = torch.randint(4, 90, shape, generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    mask[1, ..., 4:] = 0
    found = run(
        tmp_path / "new/onnx/model.onnx", {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}
    )
    with torch.no_grad():
        right = model(ids, mask)
    for name, value in zip(OUTPUTS[kind], found, strict=True):
        np.testing.assert_allclose(value, right[name].numpy(), atol=1e-5)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("pooling", "layer"), [("mean", None), ("cls", 3)])
def test_poolings_and_the_folders_own_way(
    pooling: Pooling, layer: int | None, encoder: Path, tmp_path: Path
) -> None:
    kind = heads.ErnieMForMaskedLM
    write_with_head(kind, encoder, tmp_path / "model", num_hidden_layers=6)
    settings = VectorSettings(layer=layer, pooling=pooling)
    write_vector_settings(tmp_path / "model", settings)
    export_onnx(tmp_path / "model", tmp_path / "new")
    found = vectors_of(tmp_path / "new/onnx/sentence.onnx", encoder, settings)
    right = open_encoder(tmp_path / "model").vectors(TEXTS, settings)
    assert np.abs(found - right).max() < 1e-6


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_weights_over_protobufs_limit_lie_beside_the_graph(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "LARGEST", 1000)
    export_onnx(encoder, tmp_path / "new", int8=True)
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "new/onnx").iterdir()}
    assert sizes["sentence.onnx_data"] > sizes["sentence.onnx"] / 2
    config = json.loads((tmp_path / "new/config.json").read_text())
    assert config["transformers.js_config"]["use_external_data_format"] == {"sentence.onnx": True}
