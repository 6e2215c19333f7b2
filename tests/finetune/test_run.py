import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import TrainerCallback, TrainingArguments

from erniem.alone import alone_in
from erniem.finetune import trainer as module
from erniem.finetune.folders import Finetuned
from erniem.finetune.gather import Training
from erniem.finetune.run import finetune
from erniem.finetune.settings import Settings
from erniem.finetune.trainer import TaskTrainer, training_arguments
from erniem.tasks.catalogue import TASKS
from erniem.xtreme.measure import measure
from erniem.xtreme.seeds import finetune_seeds, measure_seeds, spread

QUICK = Settings(learning_rate=3e-3, epochs=2.0, batch_size=16, warmup=0.0)

Run = Callable[..., Finetuned]


@pytest.fixture
def run(encoder: Path, tasks_folder: Path, tmp_path: Path) -> Run:
    """Trains into `tmp_path/out`."""

    def trained(task: str = "udpos", settings: Settings = QUICK, **given: object) -> Finetuned:
        output = given.pop("output", tmp_path / "out")
        return finetune(
            TASKS[task],
            encoder,
            tasks_folder,
            output,  # type: ignore[arg-type]
            settings,
            progress=False,
            **given,  # type: ignore[arg-type]
        )

    return trained


def weights(folder: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_a_network_learns_and_the_best_is_kept(run: Run, tasks_folder: Path) -> None:
    found = run(settings=Settings(learning_rate=1e-2, epochs=4.0, batch_size=8, warmup=0.0))
    assert found.examples == 200
    assert list(found.dev) == ["25", "50", "75", "100"]
    assert found.best == max(found.dev.values()) > 60
    told = measure(
        TASKS["udpos"],
        found.folder,
        tasks_folder,
        found.folder / "said",
        QUICK,
        split="dev",
        languages=["en"],
        progress=False,
    )
    assert told.languages["en"].figures is not None
    assert told.languages["en"].figures["f1"] == pytest.approx(found.best)
    assert not found.folder.with_name("out.trainer").exists()
    assert list((found.folder / "runs").rglob("events*"))


class KilledError(Exception):
    """Stands for a machine that goes down."""


def kill_at(step: int, patch: pytest.MonkeyPatch) -> None:
    """Lets runs go down after a step."""

    class Kill(TrainerCallback):
        def on_step_end(
            self, args: object, state: object, control: object, **kwargs: object
        ) -> None:
            if state.global_step == step:  # type: ignore[attr-defined]
                raise KilledError

    create = TaskTrainer.create_optimizer
    patch.setattr(
        TaskTrainer,
        "create_optimizer",
        lambda self, model=None: (self.add_callback(Kill()), create(self, model))[1],
    )


def test_a_killed_run_goes_on_to_the_same_weights(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(output=tmp_path / "whole")
    with monkeypatch.context() as patch:
        kill_at(20, patch)
        with pytest.raises(KilledError):
            run()
    torn = tmp_path / "out.trainer" / "checkpoint-19"
    torn.mkdir()  # a checkpoint that the machine went down over
    again = run()
    assert not torn.exists()
    one, other = weights(whole.folder), weights(again.folder)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert again.dev == whole.dev


def test_a_killed_run_of_other_settings_is_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill_at(14, patch)
        with pytest.raises(KilledError):
            run(seed=1)
    with pytest.raises(ValueError, match=r"a run in .*out\.trainer was begun with seed 1, not 2"):
        run(seed=2)


def test_a_taken_place_is_told_before_training(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").touch()
    with pytest.raises(ValueError, match="out is there already, and is no network"):
        run()
    assert not (tmp_path / "out.trainer").exists()


def test_two_processes_do_not_train_into_one_folder(run: Run, tmp_path: Path) -> None:
    with (
        alone_in(tmp_path / "out.trainer"),
        pytest.raises(ValueError, match=r"another process is at work in .*out.trainer: wait"),
    ):
        run()


def test_a_finished_run_is_read_and_not_repeated(run: Run) -> None:
    found = run()
    stamp = (found.folder / "model.safetensors").stat().st_mtime_ns
    assert run() == found
    assert (found.folder / "model.safetensors").stat().st_mtime_ns == stamp


def test_a_folder_of_another_run_is_refused(run: Run) -> None:
    run(seed=1)
    with pytest.raises(ValueError, match="was trained with seed 1, not 2: choose another output"):
        run(seed=2)
    with pytest.raises(ValueError, match="was trained with settings"):
        run(settings=Settings(learning_rate=1.0), seed=1)


def test_without_a_development_set_the_last_network_is_kept(run: Run) -> None:
    found = run("tydiqa", Settings(epochs=1.0, batch_size=32, max_length=48, stride=8))
    assert found.best is None
    assert "best on dev" not in found.lines()[0]
    assert (found.folder / "model.safetensors").is_file()


def test_frozen_embeddings_stay_as_they_are(run: Run, encoder: Path) -> None:
    settings = Settings(epochs=1.0, batch_size=32, freeze_embeddings=True, learning_rate=1e-2)
    found = run("xnli", settings)
    before, after = weights(encoder), weights(found.folder)
    table = "embeddings.word_embeddings.weight"
    layer = "encoder.layers.0.linear1.weight"
    assert torch.equal(before[table], after[f"ernie_m.{table}"])
    assert not torch.equal(before[layer], after[f"ernie_m.{layer}"])


def test_a_batch_in_parts_is_the_same_batch(run: Run, tmp_path: Path) -> None:
    settings = Settings(epochs=1.0, batch_size=20, learning_rate=1e-2)
    whole = run("xnli", settings, output=tmp_path / "whole")
    parts = run(
        "xnli",
        Settings(epochs=1.0, batch_size=20, learning_rate=1e-2, rows_at_once=5),
        output=tmp_path / "parts",
    )
    one, other = weights(whole.folder), weights(parts.folder)
    assert all(torch.allclose(one[name], other[name], atol=2e-3) for name in one)


@pytest.mark.parametrize(("rows_at_once", "each", "steps"), [(None, 8, 1), (4, 4, 2), (2, 2, 4)])
def test_processes_share_a_batch(
    rows_at_once: int | None,
    each: int,
    steps: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TrainingArguments, "world_size", 2)
    settings = Settings(batch_size=16, rows_at_once=rows_at_once)
    made = training_arguments(tmp_path, settings, 0, 100, scored=False, packed=True)
    assert made.per_device_train_batch_size == each
    assert made.gradient_accumulation_steps == steps
    with pytest.raises(ValueError, match="16 rows, 16 at once, cannot be shared by 2 processes"):
        training_arguments(
            tmp_path,
            Settings(batch_size=16, rows_at_once=16),
            0,
            100,
            scored=False,
            packed=True,
        )


def test_patience_ends_a_run_that_gets_no_better(run: Run) -> None:
    settings = Settings(epochs=9.0, batch_size=50, learning_rate=1e-9, patience=1)
    assert len(run(settings=settings).dev) == 2


def test_languages_to_train_on_are_mixed(encoder: Path, tasks_folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(tasks_folder / "udpos", data / "udpos")
    shutil.copy(data / "udpos" / "dev-de.tsv", data / "udpos" / "train-de.tsv")
    found = finetune(
        TASKS["udpos"],
        encoder,
        data,
        tmp_path / "out",
        QUICK,
        training=Training(languages=("en", "de"), limit=30),
        progress=False,
    )
    assert found.examples == 60
    assert [Path(one).name for one in found.files] == ["train-en.tsv", "train-de.tsv"]


def test_files_of_ones_own_stand_in_for_the_tasks(run: Run, tasks_folder: Path) -> None:
    found = run(training=Training(files=(tasks_folder / "udpos" / "dev-en.tsv",)))
    assert found.examples == 40


def test_what_cannot_be_trained_on_is_named(run: Run, tasks_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no training data of udpos in German \(it has en\)"):
        run(training=Training(languages=("de",)))
    path = tmp_path / "bare.tsv"
    path.write_text("one\ntwo\n")
    with pytest.raises(ValueError, match=r"bare\.tsv has no right answers"):
        run(training=Training(files=(path,)))
    question = {"id": "1", "question": "x", "context": "a b"}
    answers = {"text": ["b"], "answer_start": [0]}
    path = tmp_path / "elsewhere.jsonl"
    path.write_text(json.dumps({**question, "answers": answers}))
    with pytest.raises(ValueError, match="none of 1 examples can be learnt from"):
        run("squad", training=Training(files=(path,)))
    with pytest.raises(ValueError, match="0 training examples at most: give at least 1"):
        Training(limit=0)
    with pytest.raises(ValueError, match="0 seeds: give at least 1"):
        finetune_seeds(TASKS["udpos"], path, path, path, QUICK, seeds=0)


def test_a_network_of_several_tasks_is_chosen_by_the_one_it_is_trained_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = []
    monkeypatch.setattr(
        module, "main_figure", lambda task, *others: scored.append(task.name) or 0.0
    )
    run("mlqa", Settings(epochs=0.2, batch_size=32, max_length=48, stride=8))
    assert set(scored) == {"squad"}


def test_rows_are_no_longer_than_the_encoder_reads(encoder: Path, tmp_path: Path) -> None:
    long = "babade fi " * 100  # the encoder reads 128 tokens
    for name in ("train", "dev", "test"):
        path = tmp_path / "xnli" / f"{name}-en.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{long}\t{long}\tneutral\n")
    task, settings = TASKS["xnli"], Settings(epochs=1.0, batch_size=2, max_length=256)
    found = finetune(task, encoder, tmp_path, tmp_path / "out", settings, progress=False)
    told = measure(task, found.folder, tmp_path, tmp_path / "said", settings, progress=False)
    assert told.languages["en"].examples == 1


def test_a_task_without_english_is_scored_in_the_language_that_it_is_trained_on(
    encoder: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data" / "udpos"
    data.mkdir(parents=True)
    for split in ("train", "dev"):
        shutil.copy(tasks_folder / "udpos" / "dev-de.tsv", data / f"{split}-de.tsv")
    found = finetune(
        replace(TASKS["udpos"], languages=("de", "sw")),
        encoder,
        tmp_path / "data",
        tmp_path / "out",
        Settings(epochs=0.5, batch_size=32),
        training=Training(languages=("de",)),
        progress=False,
    )
    assert found.best is not None


def test_seeds_differ_and_their_spread_is_told(
    encoder: Path, tasks_folder: Path, tmp_path: Path
) -> None:
    task = TASKS["udpos"]
    found = finetune_seeds(
        task, encoder, tasks_folder, tmp_path / "out", QUICK, seeds=2, progress=False
    )
    assert [Path(one).name for one in found] == ["seed-0", "seed-1"]
    assert len({tuple(one.dev.values()) for one in found.values()}) == 2
    told = measure_seeds(
        task, tmp_path / "out", tasks_folder, tmp_path / "said", languages=["de"], progress=False
    )
    lines = told.lines()
    assert lines[0] == "udpos, 2 seeds"
    assert lines[1].startswith("de ")
    assert " ± " in lines[1]
    assert (tmp_path / "said/seed-1/predictions/udpos/test-de.tsv").is_file()


def test_a_spread_is_the_mean_and_the_standard_deviation() -> None:
    assert spread([70.0, 72.0, 71.0]) == "71.0 ± 1.0"
    assert spread([70.0]) == "70.0"


def test_the_folder_says_how_it_was_made(run: Run) -> None:
    told = json.loads((run(seed=3).folder / "finetuned.json").read_text())
    assert told["plan"]["seed"] == 3
    assert told["plan"]["settings"]["batch_size"] == 16
    assert told["found"]["examples"] == 200
