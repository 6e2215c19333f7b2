import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from erniem.embed import TODAYS_VECTORS, VectorSettings, write_vector_settings
from erniem.scores.files import read_file
from erniem.tasks.retrieve import predictions as module
from erniem.tasks.retrieve.predictions import Predicted, retrieval_predictions
from erniem.xtreme import retrieval as measuring
from erniem.xtreme.measured import Measurement
from erniem.xtreme.retrieval import measure_retrieval

TABLE = {
    "one": (1, 0, 0),
    "two": (0, 1, 0),
    "three": (0, 0, 1),
    "Eins": (1, 0.1, 0),
    "Zwei": (1, 0.9, 0),
    "Drei": (0, 0, 1),
}

Predict = Callable[..., dict[str, Predicted]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Tatoeba and BUCC, three sentences each."""
    (tmp_path / "tatoeba.deu-eng.eng").write_text("one\ntwo\nthree\n")
    (tmp_path / "tatoeba.deu-eng.deu").write_text("Eins\nZwei\nDrei\n")
    for split in ("dev", "test"):
        (tmp_path / f"de-en.{split}.de").write_text("de-1\tEins\nde-2\tDrei\n")
        (tmp_path / f"de-en.{split}.en").write_text("en-1\tthree\nen-2\ttwo\nen-3\tone\n")
    (tmp_path / "de-en.dev.gold").write_text("de-1\ten-3\nde-2\ten-1\n")
    return tmp_path


@pytest.fixture
def predict(data: Path, known: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Predict:
    """Predicts with the table in the encoder's place."""
    monkeypatch.setattr(module, "open_encoder", lambda folder: known(TABLE))

    def predicted(task: str, **given: Any) -> dict[str, Predicted]:
        asked = {"languages": ["de", "fr"], "settings": None, "progress": False, **given}
        return dict(retrieval_predictions(task, data, data, **asked))

    return predicted


def test_tatoeba_asks_from_english_as_xtreme_does(predict: Predict) -> None:
    (found,) = predict("tatoeba").values()
    # The nearest foreign sentence of "two" is Zwei, though Zwei's nearest English one is "one".
    assert found.predictions == ["0", "1", "2"]
    assert found.references == ["0", "1", "2"]
    assert (found.split, found.note, found.layers) == ("test", "", None)
    assert predict("tatoeba", limit=2)["de"].references == ["0", "1"]


def test_languages_without_data_are_not_there(predict: Predict) -> None:
    assert list(predict("tatoeba")) == list(predict("bucc2018")) == ["de"]
    assert predict("tatoeba", languages=[]) == {}


def test_what_is_not_xtremes_way_is_said(predict: Predict) -> None:
    settings = VectorSettings(layer="last", pooling="mean_text", prefix="query: ")
    note = predict("tatoeba", settings=settings)["de"].note
    assert note == "vectors: layer last, mean_text, 'query: ' before"
    assert not predict("tatoeba", settings=VectorSettings(tokens_per_batch=1))["de"].note


def test_bucc_tunes_on_dev_and_mines_in_test(predict: Predict, data: Path) -> None:
    (found,) = predict("bucc2018").values()
    assert set(found.predictions) == {"de-1\ten-3", "de-2\ten-1"}
    assert (found.split, found.references, found.note) == ("test", None, "")
    shutil.copy(data / "de-en.dev.gold", data / "de-en.test.gold")
    assert predict("bucc2018")["de"].references == ["de-1\ten-3", "de-2\ten-1"]


def test_a_threshold_tuned_on_what_is_scored_is_called_optimistic(
    predict: Predict, data: Path
) -> None:
    for part in ("de", "en"):
        (data / f"de-en.test.{part}").unlink()
    (found,) = predict("bucc2018").values()
    assert found.split == "dev"
    assert found.note == "threshold tuned on the data scored: optimistic"
    (data / "de-en.dev.gold").unlink()
    with pytest.raises(ValueError, match="de has no gold pairs to tune a threshold on"):
        predict("bucc2018")


def test_layers_of_bucc_are_not_scanned(predict: Predict) -> None:
    with pytest.raises(ValueError, match="layers of bucc2018 are not scanned"):
        predict("bucc2018", by_layer=True)


@pytest.mark.parametrize("task", ["tatoeba", "bucc2018"])
def test_a_limit_below_one_is_refused(predict: Predict, task: str) -> None:
    with pytest.raises(ValueError, match="0 sentences at most: give at least 1"):
        predict(task, limit=0)


# With a real encoder, and files


def measured(encoder: Path, data: Path, output: Path, **given: Any) -> Measurement:
    given = {"languages": ["de"], "progress": False, **given}
    return measure_retrieval(given.pop("task", "tatoeba"), encoder, data, output, **given)


def test_all_layers_come_from_one_pass(encoder: Path, tasks_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "layers.json"
    found = measured(encoder, tasks_folder, tmp_path / "scan", layers_file=file)
    told = json.loads(file.read_text())["tatoeba"]
    assert told["languages"] == 1
    for layer in (0, 1):
        alone = measured(encoder, tasks_folder, tmp_path / str(layer), layer=layer)
        assert told["layers"][str(layer)] == pytest.approx(alone.mean("accuracy"))
    assert found.mean("accuracy") == told["layers"]["1"]
    assert told["layers"]["0"] != told["layers"]["1"], "or the test says little"


def test_what_is_there_when_killed_is_not_repeated(
    encoder: Path, tasks_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "tatoeba"
    shutil.copytree(tasks_folder / "tatoeba", data)
    for three in ("fra", "fin"):
        for side in ("eng", "deu"):
            shutil.copy(
                data / f"tatoeba.deu-eng.{side}",
                data / f"tatoeba.{three}-eng.{side if side == 'eng' else three}",
            )
    asked: list[str] = []

    def stopped(*args: Any, **given: Any) -> Iterator[tuple[str, Predicted]]:
        for number, (code, one) in enumerate(retrieval_predictions(*args, **given)):
            if number == 2:
                raise KeyboardInterrupt
            asked.append(code)
            yield code, one

    given = {
        "languages": ["de", "fr", "fi"],
        "layers_file": tmp_path / "layers.json",
        "progress": False,
    }
    with monkeypatch.context() as patch:
        patch.setattr(measuring, "retrieval_predictions", stopped)
        with pytest.raises(KeyboardInterrupt):
            measure_retrieval("tatoeba", encoder, data, tmp_path / "run", **given)
        assert asked == ["de", "fr"]
        assert json.loads((tmp_path / "layers.json").read_text())["tatoeba"]["languages"] == 2
        measure_retrieval("tatoeba", encoder, data, tmp_path / "run", **given)
    assert asked == ["de", "fr", "fi"]
    assert json.loads((tmp_path / "layers.json").read_text())["tatoeba"]["languages"] == 3
    lines = read_file(tmp_path / "run/predictions/tatoeba/test-fi.tsv", "labels")
    assert len(lines) == 40


def test_both_tasks_leave_files_in_xtremes_layout(
    encoder: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    found = measured(encoder, tasks_folder, tmp_path, task="bucc2018")
    gold = (tasks_folder / "bucc2018" / "de-en.test.gold").read_text()
    assert (tmp_path / "references/bucc2018/test-de.tsv").read_text() == gold
    lines = read_file(tmp_path / "predictions/bucc2018/test-de.tsv", "pairs")
    assert all(line.partition("\t")[0].startswith("de-") for line in lines)
    assert found.languages["de"].figures is not None
    with pytest.raises(ValueError, match="holds figures of another run"):
        measured(encoder, tasks_folder, tmp_path, task="bucc2018", layer=0)
    with pytest.raises(ValueError, match="has no data of bucc2018 in fr"):
        measured(encoder, tasks_folder, tmp_path / "fr", task="bucc2018", languages=["fr"])


def test_a_model_that_says_how_is_measured_so(
    encoder: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    shutil.copytree(encoder, model)
    write_vector_settings(model, TODAYS_VECTORS)
    found = measured(model, tasks_folder, tmp_path / "said")
    assert found.languages["de"].note == "vectors: layer last, mean_text"
