"""Whatever is asked runs on a GPU if there is one; here one is pretended."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import DistilBertConfig, DistilBertModel

from erniem.demo.opening import open_checkpoint
from erniem.device import device_for
from erniem.embed import Encoder, Pooling, VectorSettings, open_encoder
from erniem.embed.run import embed_files
from erniem.finetune.network import open_network
from erniem.finetune.settings import Settings
from erniem.model.heads import ErnieMForMaskedLM, ErnieMForSequenceClassification
from erniem.search import Index
from erniem.search.run import index_files
from erniem.serve.heads.extracting import TextAsked
from erniem.serve.heads.filling import Holes
from erniem.serve.opening import open_folder
from erniem.serve.settings import ServerSettings
from erniem.tasks.align import align
from erniem.tasks.catalogue import TASKS
from erniem.tasks.fill import Said, fill, write_pseudo
from erniem.tokenization import open_tokenizer
from erniem.xtreme.measure import measure
from invented import invented
from made_up_encoder import write_with_head
from made_up_speaker import write_extractor, write_speaker
from pretend_gpu import pretend_gpu

TEXTS = ["three one two " * 9, *invented(20, words=30), "a"]
PAIR = Said(text="bade figo lumi", language="en"), Said(text="βαδε", language="el")


def test_a_gpu_is_taken_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert device_for() == torch.device("cpu")
    with pretend_gpu(monkeypatch):
        assert device_for() == torch.device("cuda")
        assert device_for("cpu") == torch.device("cpu")
        assert device_for("cuda:0") == torch.device("cuda:0")


@pytest.mark.parametrize("name", ["gpu", "cuda", "cuda:3"])
def test_a_device_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"device '{name}': "):
        device_for(name)


def test_the_pretended_gpu_refuses_what_a_gpu_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with pretend_gpu(monkeypatch):
        there, here = torch.ones(3).to("cuda"), torch.ones(3)
        assert (there * 2).device.type == torch.arange(2, device="cuda").device.type == "cuda"
        assert there[torch.tensor([0, 2])].is_cuda
        with pytest.raises(RuntimeError, match="same device"):
            there + here
        with pytest.raises(TypeError, match="numpy"):
            (there * 2).view(1, 3).numpy()
        assert (there.cpu() + here).numpy().tolist() == [2, 2, 2]


def same_on_both(monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Any]) -> None:
    """What is asked has the same answer, to three digits, on the processor and on a GPU."""
    right = repr(ask())
    with pretend_gpu(monkeypatch) as gpu:
        found = repr(ask())
        assert gpu.used
    assert rounded(found) == rounded(right)


def rounded(text: str) -> str:
    return re.sub(r"-?\d+\.\d*(e-?\d+)?", lambda found: f"{float(found[0]) + 0.0:.3f}", text)


def test_sentence_vectors_are_made_on_the_gpu(
    encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Encoder.from_pretrained(encoder).encode(TEXTS)
    with pretend_gpu(monkeypatch) as gpu:
        opened: Any = Encoder.from_pretrained(encoder)
        assert all(gpu.holds(one) for one in opened.backend.encoder.network.parameters())
        assert opened.backend.at_once == 8192
        assert np.abs(opened.encode(TEXTS) - right).max() < 1e-6


@pytest.mark.parametrize("pooling", ["mean", "cls", "mean_text"])
def test_all_layers_are_pooled_on_the_gpu(
    pooling: Pooling, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = VectorSettings(pooling=pooling)
    same_on_both(monkeypatch, lambda: np.stack(open_encoder(encoder).by_layer(TEXTS, way)).tolist())


def test_a_device_is_handed_on_to_the_encoder(encoder: Path, tmp_path: Path) -> None:
    texts = tmp_path / "en.txt"
    texts.write_text("\n".join(TEXTS))
    index = tmp_path / "index"
    index_files(encoder, [str(texts)], output=index, device="cpu")
    with pytest.raises(ValueError, match="device 'cuda:7'"):
        index_files(encoder, [str(texts)], output=index, device="cuda:7")
    with pytest.raises(ValueError, match="device 'cuda:7'"):
        Index.open(index, device="cuda:7").search(["a"])
    with pytest.raises(ValueError, match="device 'cuda:7'"):
        embed_files(encoder, [str(texts)], tmp_path / "vectors.npy", device="cuda:7")


def test_other_peoples_networks_run_on_the_gpu_too(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = open_tokenizer(encoder)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=16, n_layers=2, n_heads=2, hidden_dim=32
    )
    DistilBertModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    way = VectorSettings()
    same_on_both(
        monkeypatch, lambda: np.stack(open_encoder(tmp_path).by_layer(TEXTS, way)).tolist()
    )


def test_words_are_filled_in_invented_and_aligned_on_the_gpu(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_speaker(encoder, tmp_path)
    own, other = PAIR

    def ask() -> list[object]:
        opened = open_checkpoint(tmp_path)
        assert opened.speaker is not None
        aligned = align(opened.encoder, own.text, other.text)
        return [
            fill(opened.speaker, own, other, [1]),
            write_pseudo(opened.speaker, own, "el"),
            aligned.pairs,
            aligned.scores.tolist(),
        ]

    same_on_both(monkeypatch, ask)


def test_a_server_answers_from_the_gpu(
    encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, kind in (("fill", ErnieMForMaskedLM), ("sort", ErnieMForSequenceClassification)):
        write_with_head(kind, encoder, tmp_path / name)
    (tmp_path / "extract").mkdir()
    write_extractor(encoder, tmp_path / "extract")
    mask = open_tokenizer(encoder).mask_token_id

    def ask() -> list[object]:
        fills, sorts, extracts = (
            open_folder(tmp_path / name, ServerSettings()).works
            for name in ("fill", "sort", "extract")
        )
        rows = [[0, 7, 2], [0, 8, 9, 2]]
        return [
            [vector.tolist() for vector in fills["embedding"].run(rows)],
            fills["fill-mask"].run([Holes(ids=[0, 7, mask, 2], top=2)]),
            sorts["classify"].run(rows),
            extracts["extract"].run([TextAsked(text="bade", schema={"figo": {}})]),
        ]

    same_on_both(monkeypatch, ask)


def test_a_task_is_measured_on_the_gpu(
    encoder: Path, tasks_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    task, network = TASKS["xnli"], tmp_path / "network"
    open_network(encoder, "sequence", task.family.labels).save_pretrained(network)
    open_tokenizer(encoder).save_pretrained(network)
    runs = iter(("cpu", "gpu"))

    def ask() -> object:
        output = tmp_path / next(runs)
        settings = Settings(max_length=64)
        return measure(
            task, network, tasks_folder, output, settings, languages=["de"], progress=False
        ).lines()

    same_on_both(monkeypatch, ask)


@pytest.mark.parametrize("kernel", ["sdpa", "eager"])
@pytest.mark.parametrize("by_hole", [False, True])
def test_losses_at_holes_are_computed_on_the_gpu(
    kernel: str, by_hole: bool, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_with_head(ErnieMForMaskedLM, encoder, tmp_path)
    pack = {
        "input_ids": torch.tensor([0, 7, 8, 2, 0, 9, 2]),
        "cu_seqlens": torch.tensor([0, 4, 7]),
        "holes": torch.tensor([1, 5]),
        "labels": torch.tensor([11, 12]),
    }

    def ask() -> object:
        model: Any = ErnieMForMaskedLM.from_pretrained(tmp_path, attn_implementation=kernel)
        model.to(device_for())
        return model(**{name: one.to(model.device) for name, one in pack.items()}, by_hole=by_hole)[
            "loss"
        ].tolist()

    same_on_both(monkeypatch, ask)
