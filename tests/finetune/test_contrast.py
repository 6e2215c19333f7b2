import json
import lzma
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from erniem.cli import main
from erniem.embed import TODAYS_VECTORS, read_vector_settings
from erniem.finetune import contrast as module
from erniem.finetune.contrast import ContrastSettings, ContrastTrainer, finetune_retrieval
from erniem.finetune.folders import Finetuned
from erniem.finetune.pairs import PairFiles, gather_pairs
from erniem.finetune.settings import Settings
from erniem.xtreme.retrieval import measure_retrieval
from invented import GREEK, invented

LINES = invented(700, words=60)
QUICK = ContrastSettings(
    training=Settings(learning_rate=3e-3, epochs=3.0, batch_size=32, max_length=32)
)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An invented language and itself in Greek letters."""
    folder = tmp_path_factory.mktemp("pairs")
    text = "".join(f"{line}\t{line.translate(GREEK)}\n" for line in LINES)
    (folder / "en-de.tsv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def tatoeba(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Other sentences of the same words."""
    folder = tmp_path_factory.mktemp("tatoeba")
    lines = invented(900, words=60)[800:]
    (folder / "tatoeba.deu-eng.eng").write_text("\n".join(lines) + "\n")
    german = "\n".join(line.translate(GREEK) for line in lines) + "\n"
    (folder / "tatoeba.deu-eng.deu").write_text(german)
    return folder


SHORT = replace(QUICK, training=replace(QUICK.training, epochs=2.0))


def trained(
    encoder: Path,
    pairs: Path,
    output: Path,
    settings: ContrastSettings = QUICK,
    *,
    limit: int | None = None,
    **given: Any,
) -> Finetuned:
    files = PairFiles(paths=(pairs,), held_out=50, limit=limit)
    return finetune_retrieval(encoder, output, files, replace(settings, **given), progress=False)


@pytest.mark.parametrize("loss", ["hardest", "infonce"])
def test_translations_are_found_after_it_and_not_before(
    loss: str, encoder: Path, pairs: Path, tatoeba: Path, tmp_path: Path
) -> None:
    found = trained(encoder, pairs, tmp_path / "run", loss=loss)
    assert list(found.dev) == ["21", "42", "63"]
    assert found.best is not None
    assert found.best > 60

    def accuracy(model: Path, name: str) -> float:
        told = measure_retrieval(
            "tatoeba", model, tatoeba, tmp_path / name, settings=TODAYS_VECTORS, progress=False
        ).mean("accuracy")
        assert told is not None
        return told

    assert accuracy(encoder, "before") < 10
    assert accuracy(found.folder, "after") > 60
    assert read_vector_settings(found.folder) == TODAYS_VECTORS


def test_a_killed_run_goes_on_and_a_finished_one_is_read(
    encoder: Path, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(encoder, pairs, tmp_path / "whole", SHORT, limit=160)
    step = ContrastTrainer.training_step

    def stopped(self: Any, *args: Any, **given: Any) -> Any:
        if self.state.global_step == 7:
            raise KeyboardInterrupt
        return step(self, *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(ContrastTrainer, "training_step", stopped)
        with pytest.raises(KeyboardInterrupt):
            trained(encoder, pairs, tmp_path / "killed", SHORT, limit=160)
    with pytest.raises(ValueError, match="was begun with settings"):
        trained(encoder, pairs, tmp_path / "killed", SHORT, limit=160, loss="infonce")
    found = trained(encoder, pairs, tmp_path / "killed", SHORT, limit=160)
    assert found.dev == pytest.approx(whole.dev)
    weights = [
        (folder / "model.safetensors").read_bytes() for folder in (whole.folder, found.folder)
    ]
    assert weights[0] == weights[1]
    assert not (tmp_path / "killed.trainer").exists()
    monkeypatch.setattr(module, "gather_pairs", pytest.fail)
    assert trained(encoder, pairs, tmp_path / "killed", SHORT, limit=160) == found
    with pytest.raises(ValueError, match=r"killed was trained with settings .*choose another"):
        trained(encoder, pairs, tmp_path / "killed", SHORT, limit=160, loss="infonce")


def test_layers_above_the_one_that_is_trained_stay_as_they_are(
    encoder: Path, pairs: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    training = replace(QUICK.training, epochs=0.1)
    vectors = replace(TODAYS_VECTORS, layer=0)
    found = trained(encoder, pairs, tmp_path / "run", vectors=vectors, training=training)
    before, after = (load_file(one / "model.safetensors") for one in (encoder, found.folder))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert any("layers.0." in name for name in moved)
    assert not any("layers.1." in name for name in moved)


# Pairs


def test_what_is_held_out_is_not_learnt_in_any_spelling(tmp_path: Path) -> None:
    lines = [f"word {number}\tWort {number}" for number in range(40)]
    lines += [line.upper() for line in lines] + lines[:3]
    (tmp_path / "en-de.tsv.xz").write_bytes(lzma.compress("\n".join(lines).encode()))
    (tmp_path / "en-fr.tsv").write_text("one\tun\ntwo\tdeux\n")
    found = gather_pairs(PairFiles(paths=(tmp_path,), held_out=5), seed=0)
    assert {label: len(rows) for label, rows in found.held_out.items()} == {"en-de": 5}
    held_out = {text.lower() for row in found.held_out["en-de"] for text in row}
    assert not held_out & {text.lower() for row in found.rows for text in row}
    assert len(found.rows) == 2 * 35 + 2
    assert sum(found.dropped.values()) == len(lines) + 2 - len(found.rows)
    again = gather_pairs(PairFiles(paths=(tmp_path,), held_out=5), seed=0)
    assert again == found
    few = gather_pairs(PairFiles(paths=(tmp_path / "en-de.tsv.xz",), limit=10, held_out=0), seed=0)
    assert (len(few.rows), few.held_out) == (10, {})


def test_paths_without_pairs_are_named(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("one\n")
    missing = tmp_path / "en-de.tsv"
    with pytest.raises(ValueError, match=f"{missing} is no file"):
        gather_pairs(PairFiles(paths=(missing,)), seed=0)
    for path in (tmp_path / "en.txt", tmp_path):
        with pytest.raises(ValueError, match=f"{path} holds no pairs: name files XX-YY"):
            gather_pairs(PairFiles(paths=(path,)), seed=0)
    (tmp_path / "en-de.tsv").write_text("one\teins\n")
    with pytest.raises(ValueError, match="1 pairs to learn from"):
        gather_pairs(PairFiles(paths=(tmp_path,)), seed=0)


def test_a_translation_by_another_name_is_no_negative() -> None:
    same = module._same([("One.", "Eins"), ("two", "Zwei"), ("one", "Ein"), ("II", "zwei!")])
    assert same.int().tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scale": 0.0}, "scale 0.0"),
        ({"level": 2.0}, "level 2.0"),
        ({"training": Settings(batch_size=1)}, "at least 2 rows"),
        ({"training": Settings(batch_size=8, rows_at_once=4)}, "leave rows_at_once alone"),
    ],
)
def test_settings_without_sense_are_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(QUICK, **change)


# The verb


def test_the_verb_trains_and_evaluate_reads_it(
    encoder: Path, pairs: Path, tatoeba: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["finetune", "tatoeba", "--model", str(encoder), "--output", str(tmp_path / "run")]
    words += ["--pairs", str(pairs), "--loss", "infonce", "--layer", "0", "--temperature", "0.1"]
    words += ["--set", "learning_rate=1e-3", "epochs=0.2", "--train-limit", "200"]
    assert main(words) == 0
    assert "trained on" in capsys.readouterr().out
    plan = json.loads((tmp_path / "run" / "finetuned.json").read_text())["plan"]
    assert plan["settings"]["temperature"] == 0.1
    assert plan["settings"]["training"]["batch_size"] == 64
    words = ["evaluate", "tatoeba", "--model", str(tmp_path / "run"), "--data", str(tatoeba)]
    assert main([*words, "--output", str(tmp_path / "said"), "--layers"]) == 0
    assert "vectors: layer 0, mean_text" in capsys.readouterr().out
    assert (tmp_path / "said" / "layers.json").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["tatoeba"], "wants --pairs"),
        (["tatoeba", "--pairs", "x", "--data", "y"], "--data: finetune tatoeba learns from"),
        (["tatoeba", "--pairs", "x", "--temperature", "1"], "--temperature: the loss hardest"),
        (["tatoeba", "--pairs", "x", "--loss", "infonce", "--level", "0"], "--level: the loss inf"),
        (["xnli", "--data", "x", "--pairs", "y"], "--pairs: an option of finetune tatoeba alone"),
        (["xnli"], "wants --data"),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    words: list[str], told: str, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["finetune", *words, "--model", str(encoder), "--output", str(tmp_path / "run")]
    assert main(given) == 1
    assert told in capsys.readouterr().err


def test_evaluate_refuses_vectors_of_a_trained_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", "m", "--data", "d", "--output", str(tmp_path)]
    assert main(["evaluate", "xnli", *words, "--layer", "3"]) == 1
    assert "--layer: an option of tatoeba and bucc2018" in capsys.readouterr().err
    assert main(["evaluate", "bucc2018", *words, "--layers"]) == 1
    assert "bucc2018 is not scanned" in capsys.readouterr().err
