import json
import shutil
from pathlib import Path

import pytest
import torch

from erniem.finetune.network import open_network
from erniem.finetune.settings import Settings
from erniem.scores.files import read_file
from erniem.tasks.catalogue import TASKS
from erniem.tokenization import open_tokenizer
from erniem.xtreme import measure as module
from erniem.xtreme.measure import measure
from erniem.xtreme.measured import Measured, Measurement
from erniem.xtreme.seeds import settings_of

SHORT = Settings(max_length=64, stride=16)


@pytest.fixture(scope="module")
def tagger(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose head was drawn and never trained."""
    folder = tmp_path_factory.mktemp("tagger")
    torch.manual_seed(0)
    open_network(encoder, "token", TASKS["udpos"].family.labels).save_pretrained(folder)
    open_tokenizer(encoder).save_pretrained(folder)
    return folder


def measured(tagger: Path, data: Path, output: Path, **given: object) -> Measurement:
    return measure(TASKS["udpos"], tagger, data, output, SHORT, progress=False, **given)  # type: ignore[arg-type]


def test_figures_stand_by_language_and_the_missing_are_named(
    tagger: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    told = measured(tagger, tasks_folder, tmp_path)
    assert list(told.languages) == ["de", "en"]
    assert "fr" in told.missing
    assert told.languages["de"].split == "test"
    assert told.languages["de"].examples == 40
    lines = told.lines()
    assert lines[0].split() == ["udpos", "split", "examples", "f1", "precision", "recall"]
    assert lines[3].startswith("mean")
    assert "over 2 languages" in lines[3]
    assert lines[-1].startswith("no data in: af ar bg")
    tags = read_file(tmp_path / "predictions/udpos/test-de.tsv", "tags")
    right = read_file(tmp_path / "references/udpos/test-de.tsv", "tags")
    assert [len(one) for one in tags] == [len(one) for one in right] == [6] * 40


def test_what_was_left_out_is_told_beside_the_figures() -> None:
    one = Measured(
        split="test", examples=9, figures={"f1": 50.0}, dropped={"answer elsewhere": 2}, note="dev"
    )
    lines = Measurement(task="xquad", languages={"th": one}, missing=()).lines()
    assert lines[1].endswith("50.0   dev; 2 × answer elsewhere")


def test_a_language_without_a_test_set_is_scored_on_dev(
    tagger: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "udpos"
    data.mkdir()
    (data / "dev-de.tsv").write_bytes((tasks_folder / "udpos" / "dev-de.tsv").read_bytes())
    told = measured(tagger, data, tmp_path / "said")
    assert {code: one.split for code, one in told.languages.items()} == {"de": "dev"}


def test_words_without_tags_give_predictions_alone(
    tagger: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "udpos"
    data.mkdir()
    lines = (tasks_folder / "udpos" / "test-de.tsv").read_text().splitlines()
    bare = "".join(line.partition("\t")[0] + "\n" for line in lines)
    (data / "test-de.tsv").write_text(bare)
    told = measured(tagger, data, tmp_path / "said")
    assert told.languages["de"].figures is None
    assert "predictions alone" in told.lines()[1]
    assert (tmp_path / "said/predictions/udpos/test-de.tsv").is_file()
    assert not (tmp_path / "said/references").exists()


def test_what_is_there_is_not_predicted_again(
    tagger: Path, tasks_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = measured(tagger, tasks_folder, tmp_path, languages=["de"])
    asked: list[str] = []
    speak = module._Speaker.speak

    def noted(self: object, records: object, code: str, *rest: object) -> None:
        asked.append(code)
        speak(self, records, code, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module._Speaker, "speak", noted)
    both = measured(tagger, tasks_folder, tmp_path)
    assert asked == ["en"]
    assert both.languages["de"] == first.languages["de"]
    with pytest.raises(ValueError, match="holds figures of another run, with limit None, not 3"):
        measured(tagger, tasks_folder, tmp_path, limit=3)


def test_a_network_that_was_trained_anew_is_measured_anew(
    tagger: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    network = tmp_path / "network"
    shutil.copytree(tagger, network)
    (network / "finetuned.json").write_text('{"found": {"seconds": 1}}')
    measured(network, tasks_folder, tmp_path / "said", languages=["de"], limit=2)
    (network / "finetuned.json").write_text('{"found": {"seconds": 2}}')
    with pytest.raises(ValueError, match="holds figures of another run, with trained"):
        measured(network, tasks_folder, tmp_path / "said", languages=["de"], limit=2)


def test_a_network_trained_for_retrieval_is_measured_by_it(tmp_path: Path) -> None:
    (tmp_path / "finetuned.json").write_text('{"plan": {"task": "tatoeba", "settings": {}}}')
    with pytest.raises(ValueError, match="was trained for tatoeba: evaluate that"):
        settings_of(tmp_path)


def test_what_cannot_be_measured_is_named(tagger: Path, tasks_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"udpos is not in xx; it is in af, ar"):
        measured(tagger, tasks_folder, tmp_path, languages=["xx"])
    with pytest.raises(ValueError, match=r"has no data of udpos in fr: it would be in a folder"):
        measured(tagger, tasks_folder, tmp_path, languages=["fr"])
    with pytest.raises(ValueError, match="0 examples at most: give at least 1"):
        measured(tagger, tasks_folder, tmp_path, limit=0)


def test_a_network_without_the_tasks_head_is_not_measured(
    tagger: Path, encoder: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="no trained head for contradiction, entailment, neutral"):
        measure(TASKS["xnli"], tagger, tasks_folder, tmp_path, SHORT, progress=False)
    with pytest.raises(ValueError, match="no trained head for ADJ"):
        measured(encoder, tasks_folder, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_record_is_plain_to_read(tagger: Path, tasks_folder: Path, tmp_path: Path) -> None:
    measured(tagger, tasks_folder, tmp_path, languages=["de"], limit=5)
    told = json.loads((tmp_path / "measured/udpos.json").read_text())
    assert told["plan"]["limit"] == 5
    assert told["languages"]["de"]["examples"] == 5
    assert set(told["languages"]["de"]["figures"]) == {"precision", "recall", "f1"}
