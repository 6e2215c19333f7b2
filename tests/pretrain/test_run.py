import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import TrainerCallback, XLMRobertaConfig, XLMRobertaForMaskedLM

from erniem import recipes
from erniem.corpus.corpus import Corpus
from erniem.model.heads import ErnieMForMaskedLM
from erniem.objectives import BTMLMSettings
from erniem.pretrain import trainer as trainer_module
from erniem.pretrain.checkpoints import last_checkpoint
from erniem.pretrain.recipe import (
    Compute,
    Encoder,
    Health,
    Objectives,
    Opening,
    Recipe,
    Stage,
)
from erniem.pretrain.run import pretrain
from erniem.pretrain.trainer import per_objective_loss
from erniem.tokenization import open_tokenizer
from tiny_runs import assert_same_bits, recipe_for, weights

RUN = """
import sys
from pathlib import Path
from erniem.pretrain.recipe import read_recipe
from erniem.pretrain.run import pretrain
pretrain(read_recipe(Path(sys.argv[1])))
"""


@pytest.fixture(scope="module")
def whole_run(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted."""
    output = tmp_path_factory.mktemp("whole") / "run"
    pretrain(recipe_for(corpus, output))
    return output


def launch(recipe: Recipe, folder: Path) -> subprocess.Popen[str]:
    """The run in a process of its own, on one thread like this one."""
    recipes.write(recipe, folder / "recipe.yaml")
    return subprocess.Popen(
        [sys.executable, *script(folder), str(folder / "recipe.yaml")],
        env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def script(folder: Path) -> list[str]:
    path = folder / "run.py"
    path.write_text(RUN)
    return [str(path)]


@pytest.mark.parametrize("kill_at", [pytest.param(3, marks=pytest.mark.slow), 6])
def test_a_run_killed_and_resumed_ends_as_if_nothing_had_happened(
    corpus: Corpus, whole_run: Path, tmp_path: Path, kill_at: int
) -> None:
    output = tmp_path / "run"
    recipe = recipe_for(corpus, output)
    process = launch(recipe, tmp_path)
    while not (output / f"checkpoint-{kill_at}").exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (output / "final").exists(), "killed too late to show anything"
    pretrain(recipe)
    assert_same_bits(output, whole_run)


class Stop(TrainerCallback):
    """Ends a run after a step that has no checkpoint of its own."""

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        control.should_training_stop = state.global_step == 4


def test_a_run_that_a_callback_stops_is_not_finished_and_goes_on_from_there(
    corpus: Corpus, whole_run: Path, tmp_path: Path
) -> None:
    recipe = recipe_for(corpus, tmp_path / "run")
    with pytest.raises(InterruptedError, match="was stopped after step 4 of 12: run again"):
        pretrain(recipe, callbacks=[Stop()])
    assert not (tmp_path / "run" / "final").exists()
    assert last_checkpoint(tmp_path / "run") == tmp_path / "run" / "checkpoint-4"
    pretrain(recipe)
    assert_same_bits(tmp_path / "run", whole_run)


def test_a_checkpoint_that_was_only_begun_is_none(tmp_path: Path) -> None:
    for step in (4, 8):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-8" / "checkpoint-is-incomplete.txt").touch()
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-4"


def test_a_second_process_is_kept_out_of_a_run(corpus: Corpus, tmp_path: Path) -> None:
    told = []

    class Twice(TrainerCallback):
        def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
            with pytest.raises(ValueError, match=r"another process is at work in .*run: wait"):
                pretrain(recipe)
            told.append(True)

    recipe = recipe_for(corpus, tmp_path / "run")
    with pytest.raises(InterruptedError):
        pretrain(recipe, callbacks=[Twice(), Stop()])
    assert told == [True]


def test_a_run_does_not_go_on_with_another_corpus_in_the_place_of_its_own(
    corpus: Corpus, tmp_path: Path
) -> None:
    recipe = recipe_for(corpus, tmp_path / "run")
    with pytest.raises(InterruptedError):
        pretrain(recipe, callbacks=[Stop()])
    checkpoint = tmp_path / "run" / "checkpoint-4"
    for name, ours, theirs, other in (
        ("config.json", '"el"', '"eo"', "languages"),
        ("tokenizer.json", "▁", "_", "pieces"),
    ):
        text = (checkpoint / name).read_text()
        (checkpoint / name).write_text(text.replace(ours, theirs))
        with pytest.raises(ValueError, match=f"was built anew .* with other {other}: bring"):
            pretrain(recipe)


def test_a_run_without_checkpoints_on_its_way_has_one_at_its_end(
    corpus: Corpus, whole_run: Path, tmp_path: Path
) -> None:
    never = {"report_to": "none", "save_strategy": "no"}
    recipe = recipe_for(corpus, tmp_path / "run", trainer=never)
    result = pretrain(recipe)
    assert result.opened_step == 5
    assert_same_bits(tmp_path / "run", whole_run)
    shutil.rmtree(tmp_path / "run" / "checkpoint-12")
    assert pretrain(recipe) == result, "a finished run needs its checkpoints no more"


def test_a_recipe_that_cannot_be_written_leaves_the_one_before_it(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(recipe: Recipe, path: Path) -> None:
        path.write_text("corpus: x\nencoder: {hid")
        raise OSError(28, "No space left on device")

    recipe = recipe_for(corpus, tmp_path / "run")
    with pytest.raises(InterruptedError):
        pretrain(recipe, callbacks=[Stop()])
    before = (tmp_path / "run" / "recipe.yaml").read_text()
    monkeypatch.setattr(recipes, "write", torn)
    with pytest.raises(OSError, match=r"recipe\.yaml could not be written"):
        pretrain(recipe)
    assert (tmp_path / "run" / "recipe.yaml").read_text() == before


def test_a_run_resumed_after_its_last_step_takes_no_step_more(
    corpus: Corpus, whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "run"
    recipe = recipe_for(corpus, output)
    save = trainer_module.PretrainTrainer.save_folder

    def killed(self: Any, name: str) -> Path:
        if name == "final":
            raise KeyboardInterrupt
        return save(self, name)

    monkeypatch.setattr(trainer_module.PretrainTrainer, "save_folder", killed)
    with pytest.raises(KeyboardInterrupt):
        pretrain(recipe)
    monkeypatch.undo()
    pretrain(recipe)
    assert_same_bits(output, whole_run)


def test_a_checkpoint_from_before_packs_were_filled_goes_on(
    corpus: Corpus, whole_run: Path, tmp_path: Path
) -> None:
    """Its recipe has no `compute`, and its sums no `filler`."""
    output = tmp_path / "run"
    shutil.copytree(whole_run, output, ignore=shutil.ignore_patterns("final", "checkpoint-12"))
    recipe = yaml.safe_load((output / "recipe.yaml").read_text())
    del recipe["compute"]
    (output / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    progress = output / "checkpoint-9" / "pretraining.json"
    state = json.loads(progress.read_text())
    del state["meters"]["filler"]
    progress.write_text(json.dumps(state))
    pretrain(recipe_for(corpus, output))
    assert "filler" not in progress.read_text(), "it began anew"
    assert_same_bits(output, whole_run)


def test_a_loss_is_the_mean_over_the_holes_of_the_whole_step() -> None:
    losses = torch.tensor([2.0, 4.0, 9.0])
    objective = torch.tensor([0, 0, 1])
    holes, weights = torch.tensor([4.0, 1.0, 0.0]), torch.tensor([1.0, 0.5, 1.0])
    assert per_objective_loss(losses, objective, holes, weights) == 6 / 4 + 0.5 * 9


def test_stage_2_stays_shut_until_the_asking_pass_is_healthy(
    corpus: Corpus, tmp_path: Path
) -> None:
    never = Opening(distinct=0.0, content=0.0, found_content=1.1)
    result = pretrain(
        recipe_for(corpus, tmp_path / "run", health=Health(every=4, pairs=5, opening=never))
    )
    assert result.opened_step is None
    assert result.stage1 is None
    assert not any("loss/btmlm" in line for line in result.log)
    assert [line["step"] for line in result.log if "health/found" in line] == [4, 5, 8]


def test_stage_2_opens_after_the_steps_of_stage_1(whole_run: Path) -> None:
    log = json.loads((whole_run / "trainer_state.json").read_text())["log_history"]
    stages = {line["step"]: line["stage"] for line in log if "stage" in line}
    assert stages == {2: 1.0, 4: 1.0, 6: 2.0, 8: 2.0, 10: 2.0, 12: 2.0}
    assert all(("loss/btmlm" in line) == (line["stage"] == 2) for line in log if "stage" in line)
    assert all("tokens/el" in line and "accuracy/camlm" in line for line in log if "stage" in line)


def test_a_checkpoint_says_how_often_the_text_was_read(whole_run: Path) -> None:
    epochs = [
        json.loads((whole_run / f"checkpoint-{step}" / "pretraining.json").read_text())["epochs"]
        for step in (9, 12)
    ]
    assert 0 < epochs[0]["mmlm/el/text"] < epochs[1]["mmlm/el/text"]
    assert epochs[0]["btmlm/el"] < epochs[1]["btmlm/el"]


@pytest.mark.parametrize("asker", [pytest.param("current", marks=pytest.mark.slow), "frozen"])
def test_every_checkpoint_loads(corpus: Corpus, tmp_path: Path, asker: Any) -> None:
    settings = Objectives(btmlm=BTMLMSettings(asker=asker))
    result = pretrain(recipe_for(corpus, tmp_path / "run", objectives=settings))
    assert result.stage1 is not None
    for folder in (result.start, result.stage1, result.final):
        assert ErnieMForMaskedLM.from_pretrained(folder).config.languages == ["el", "en", "ru"]
        assert (folder / "tokenizer.json").is_file()
    assert sorted(path.name for path in result.final.parent.glob("checkpoint-*")) == [
        "checkpoint-12",
        "checkpoint-9",
    ]


def test_a_run_goes_on_from_a_checkpoint_of_ours(
    corpus: Corpus, whole_run: Path, tmp_path: Path
) -> None:
    result = pretrain(
        recipe_for(corpus, tmp_path / "run", start=whole_run / "final", encoder=Encoder())
    )
    start, final = weights(result.start), weights(whole_run / "final")
    assert all(torch.equal(start[name], final[name]) for name in final)


def started_from(start: Path, corpus: Corpus, output: Path, **compute: Any) -> Recipe:
    return recipe_for(
        corpus,
        output,
        start=start,
        encoder=Encoder(),
        stage1=Stage(steps=1, mix={"mmlm": 1.0}),
        stage2=Stage(steps=0, mix={}),
        compute=Compute(**compute),
        trainer={"report_to": "none", "use_cpu": True},
    )


def test_a_start_whose_config_names_a_kernel_runs_with_the_one_that_auto_chooses(
    corpus: Corpus, whole_run: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    start = shutil.copytree(whole_run / "final", tmp_path / "start")
    config = json.loads((start / "config.json").read_text())
    config["attn_implementation"] = "flash_attention_2"
    (start / "config.json").write_text(json.dumps(config))
    result = pretrain(started_from(start, corpus, tmp_path / "run"))
    assert "attn_implementation" not in (result.final / "config.json").read_text()
    said = [line for line in capfd.readouterr().err.splitlines() if "attention" in line]
    assert said == [
        "pre-training: attention sdpa · layers not compiled · packs not filled",
    ]
    message = r"flash_attention_2 wants an NVIDIA GPU and .* auto takes what there is\.$"
    explicit = started_from(start, corpus, tmp_path / "other", attention="flash_attention_2")
    with pytest.raises(ValueError, match=message) as refused:
        pretrain(explicit)
    assert refused.value.__cause__ is refused.value.__context__ is None


def test_a_run_in_bf16_trains(corpus: Corpus, tmp_path: Path) -> None:
    recipe = recipe_for(corpus, tmp_path / "run", trainer={"report_to": "none", "bf16": True})
    result = pretrain(recipe)
    losses = [line["loss/camlm"] for line in result.log if "loss/camlm" in line]
    assert losses[-1] < losses[0]
    assert all(weight.dtype == torch.float32 for weight in weights(result.final).values())


def test_a_full_disk_leaves_the_checkpoints_before_it_whole(
    corpus: Corpus, whole_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "run"
    recipe = recipe_for(corpus, output)
    saved = trainer_module.PretrainTrainer.save_model
    calls = iter(range(100))

    def full(self: Any, folder: str, **kwargs: Any) -> None:
        saved(self, folder, **kwargs)
        if next(calls) == 2:  # start, checkpoint-3, then stage1 or checkpoint-6
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(trainer_module.PretrainTrainer, "save_model", full)
    with pytest.raises(OSError, match=r"could not write .* No space left .* from checkpoint-3"):
        pretrain(recipe)
    last = last_checkpoint(output)
    assert last is not None
    assert last.name == "checkpoint-3"
    assert not (output / ".partial").exists()
    monkeypatch.undo()
    pretrain(recipe)
    assert_same_bits(output, whole_run)


def test_a_run_of_another_recipe_is_not_resumed(
    corpus: Corpus, whole_run: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"holds a run of another recipe: seed differs"):
        pretrain(recipe_for(corpus, whole_run, seed=2))


def test_shards_of_another_vocabulary_are_refused(
    corpus: Corpus, whole_run: Path, tmp_path: Path
) -> None:
    start = tmp_path / "start"
    ErnieMForMaskedLM.from_pretrained(whole_run / "final").save_pretrained(start)
    for path in (whole_run / "final").glob("tokenizer*"):
        text = path.read_text().replace("▁", "_")
        (start / path.name).write_text(text)
    with pytest.raises(ValueError, match="encoded with another vocabulary"):
        pretrain(recipe_for(corpus, tmp_path / "run", start=start, encoder=Encoder()))


def test_the_resolved_recipe_reads_back(corpus: Corpus, whole_run: Path) -> None:
    saved = yaml.safe_load((whole_run / "recipe.yaml").read_text())
    assert saved["stage2"]["mix"] == {"mmlm": 0.3, "camlm": 0.3, "btmlm": 0.4}
    assert saved["objectives"]["btmlm"]["guess"]["method"] == "argmax"


def test_a_run_goes_on_from_xlm_r(corpus: Corpus, tmp_path: Path) -> None:
    size = corpus.piece_counts.shape[1]
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = XLMRobertaConfig(
        vocab_size=size, intermediate_size=32, max_position_embeddings=66, **shape
    )
    torch.manual_seed(0)
    theirs = XLMRobertaForMaskedLM(config)
    theirs.save_pretrained(tmp_path / "start")
    open_tokenizer(corpus.tokenizer_folder).save_pretrained(tmp_path / "start")
    recipe = recipe_for(
        corpus, tmp_path / "run", start=tmp_path / "start", encoder=Encoder(), dropout=0.0
    )
    result = pretrain(recipe)
    start = ErnieMForMaskedLM.from_pretrained(result.start)
    assert start.config.languages == ["el", "en", "ru"]
    assert start.config.hidden_dropout_prob == 0.0
    ids = torch.tensor([[0, 7, 8, 9, 2]])
    assert torch.allclose(start(ids).logits, theirs.eval()(ids).logits, atol=1e-5)
    assert "loss/btmlm" in result.log[-2]
