import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from erniem.report.xtreme import read_run, report_xtreme
from erniem.report.xtreme.names import NAMES
from erniem.scores.score import score
from erniem.scores.xtreme import XTREME
from erniem.xtreme import retrieval
from erniem.xtreme import run as runner
from erniem.xtreme.plan import Plan
from erniem.xtreme.run import XtremeResult, xtreme
from erniem.xtreme.seeds import spread

QUICK = ("learning_rate=3e-3", "epochs=1", "max_length=48", "tydiqa.stride=8", "squad.stride=8")

Run = Callable[..., XtremeResult]


@pytest.fixture
def run(encoder: Path, tasks_folder: Path, tmp_path: Path) -> Run:
    """Runs into `tmp_path/run`."""

    def ran(**given: object) -> XtremeResult:
        asked = {
            "model": encoder,
            "data": tasks_folder,
            "output": tmp_path / "run",
            "tasks": ("udpos", "xnli"),
            "languages": ("en", "de"),
            "recipe": "quick",
            "overrides": QUICK,
            "limit": {"all": 10},
            "train_limit": {"all": 32},
            **given,
        }
        return xtreme(Plan(**asked), command="erniem xtreme", progress=False)  # type: ignore[arg-type]

    return ran


def test_all_nine_tasks_give_one_table(run: Run, tmp_path: Path) -> None:
    result = run(tasks=tuple(XTREME))
    assert not result.failed
    (scores,) = result.scores
    assert set(scores.tasks) == set(XTREME)
    assert scores.mean("all_task") is None, "most languages are missing"
    told = json.loads((tmp_path / "run/seed-0/scores.json").read_text())
    assert told["missing"]["udpos"][:3] == ["af", "ar", "bg"]
    assert set(told["xquad"]["f1"]) == {"en", "de"}
    again = score(tmp_path / "run/seed-0/predictions", tmp_path / "run/seed-0/references")
    assert again.tasks == scores.tasks, "its own files say so"
    reported = read_run(tmp_path / "run")
    assert set(reported.figures) == set(reported.tasks) == set(XTREME)
    assert reported.layers, "of Tatoeba"
    page = report_xtreme([tmp_path / "run"], tmp_path / "report").read_text()
    assert all(f"<h3>{NAMES[task]}</h3>" in page for task in XTREME)


def test_the_run_says_on_what_its_figures_rest(run: Run, tmp_path: Path) -> None:
    run()
    told = json.loads((tmp_path / "run/run.json").read_text())
    assert told["command"] == "erniem xtreme"
    assert told["seeds"] == [0]
    task = told["tasks"]["udpos"]
    assert task["train"]["rows"] == 32
    assert task["train"]["files"] == ["train-en.tsv"]
    assert task["splits"] == {"en": "test", "de": "test"}
    assert task["examples"] == {"en": 10, "de": 10}
    assert not task["comparable"]
    assert "trained on 32 examples" in task["why_not"]
    assert "scored on the first 10 examples" in task["why_not"]
    assert "without" not in task["why_not"]


def test_a_killed_run_repeats_nothing_that_is_done(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(runner, "measure", _stopped)
        with pytest.raises(KeyboardInterrupt):
            run()
    network = tmp_path / "run/seed-0/networks/udpos/model.safetensors"
    stamp = network.stat().st_mtime_ns
    first = run()
    assert network.stat().st_mtime_ns == stamp
    kept = tmp_path / "run/seed-0/predictions/udpos/test-de.tsv"
    stamps = (kept.stat().st_mtime_ns, network.stat().st_mtime_ns)
    assert run().scores == first.scores
    assert (kept.stat().st_mtime_ns, network.stat().st_mtime_ns) == stamps


def _stopped(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def test_a_task_that_fails_takes_nothing_from_the_others(
    run: Run, tasks_folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    for name in ("udpos", "xnli"):
        shutil.copytree(tasks_folder / name, data / name)
    with (data / "xnli" / "train-en.tsv").open("a") as file:
        file.write("one\tother\tperhaps\n")
    result = run(data=data)
    assert list(result.failed) == ["xnli, seed 0"]
    assert "train-en.tsv:201 has the label 'perhaps'" in result.failed["xnli, seed 0"]
    assert "Traceback" in (tmp_path / "run/seed-0/failed/xnli.txt").read_text()
    assert list(result.scores[0].tasks) == ["udpos"]
    assert any("xnli, seed 0 failed: " in line for line in result.lines())
    shutil.copy(tasks_folder / "xnli" / "train-en.tsv", data / "xnli" / "train-en.tsv")
    mended = run(data=data)
    assert not mended.failed
    assert set(mended.scores[0].tasks) == {"udpos", "xnli"}
    assert not (tmp_path / "run/seed-0/failed").exists()


def test_each_seed_has_its_figures_and_more_can_follow(run: Run, tmp_path: Path) -> None:
    assert len(run(tasks=("udpos",)).scores) == 1
    result = run(tasks=("udpos",), seeds=2)
    assert len(result.scores) == 2
    assert [line for line in result.lines() if line.startswith("seed")] == ["seed 0", "seed 1"]
    assert result.lines()[-2] == "over 2 seeds"
    means = [one.tasks["udpos"]["avg_metric"] for one in result.scores]
    assert result.lines()[-1] == f"{'udpos':16}{spread(means)}"
    told = json.loads((tmp_path / "run/run.json").read_text())
    assert told["seeds"] == [0, 1]
    assert set(told["tasks"]["udpos"]["dev"]) == {"0", "1"}


def test_what_is_not_trained_is_done_once_for_all_seeds(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tasks=("tatoeba",))
    monkeypatch.setattr(retrieval, "retrieval_predictions", _none_left)
    first, second = run(tasks=("tatoeba",), seeds=2).scores
    assert first.tasks == second.tasks
    assert first.tasks["tatoeba"]["accuracy"].keys() == {"de"}


def _none_left(*args: object, languages: list[str], **kwargs: object) -> list[object]:
    assert not languages
    return []


def test_several_processes_do_not_write_one_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="is one process: fine-tune its tasks with torchrun"):
        run()


def test_a_folder_of_another_plan_is_refused(run: Run) -> None:
    run(tasks=("udpos",))
    with pytest.raises(ValueError, match="holds a run with recipe quick, not xtreme-baseline"):
        run(tasks=("udpos",), recipe="xtreme-baseline")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"tasks": ("xnl",)}, "tasks of xnl: there is none; choose of bucc2018, mlqa"),
        ({"languages": ("xx",)}, "languages of xx: there is none"),
        ({"limit": {"conll": 3}}, "limit of conll"),
        ({"train_limit": {"xquad": 3}}, "train_limit of xquad.*pawsx, squad"),
        ({"train_files": {"mlqa": ()}}, "train_files of mlqa"),
        ({"overrides": ("tatoeba.epochs=3",)}, "settings of tatoeba"),
        ({"overrides": ("epochs=0",)}, "epochs is 0"),
        ({"seeds": 0}, "0 seeds"),
        ({"limit": {"all": 0}}, "0 seeds or examples"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_before_anything_is_done(
    given: dict[str, object], told: str, run: Run, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=told):
        run(**given)
    assert not (tmp_path / "run").exists()
