"""Stages: a task that died runs again alone, a finished one never, whoever runs them."""

import os
import sys
from pathlib import Path

import pytest

from erniem.corpus.build import executors
from erniem.corpus.build.executors import Executor, run_stage
from made_up_steps import Count

TASKS = 4
LOCAL = [Executor(workers=1), Executor(workers=2)]


def calls(step: Count) -> list[int]:
    return [len(step.calls(rank)) for rank in range(TASKS)]


def run(executor: Executor, step: Count, folder: Path) -> None:
    run_stage(executor, [step], tasks=TASKS, log=folder / "stage")


@pytest.mark.parametrize("executor", LOCAL, ids=["one process", "two processes"])
def test_every_task_runs_once_and_never_again(executor: Executor, tmp_path: Path) -> None:
    step = Count(tmp_path)
    run(executor, step, tmp_path)
    run(executor, step, tmp_path)
    assert calls(step) == [1, 1, 1, 1]


@pytest.mark.parametrize("executor", LOCAL, ids=["one process", "two processes"])
def test_a_mistake_in_the_text_is_told_as_it_is_and_the_task_runs_again_alone(
    executor: Executor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="line 3 of task 3 is wrong"):
        run(executor, Count(tmp_path, wrong=3), tmp_path)
    assert "Traceback" not in capfd.readouterr().err
    mended = Count(tmp_path)
    run(executor, mended, tmp_path)
    assert calls(mended) == [1, 1, 1, 2]


def test_where_cores_are_not_told_there_is_a_process_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")  # as on macOS
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    step = Count(tmp_path)
    run(Executor(), step, tmp_path)
    assert calls(step) == [1, 1, 1, 1]


def test_a_task_whose_process_is_killed_is_begun_again(tmp_path: Path) -> None:
    step = Count(tmp_path, deadly=2)
    run(Executor(workers=2), step, tmp_path)
    assert len(step.calls(2)) == 2
    assert all(calls(step))


def test_a_task_that_dies_whenever_it_runs_is_named_and_the_others_are_kept(
    tmp_path: Path,
) -> None:
    step = Count(tmp_path, deadly=1, deaths=99)
    with pytest.raises(RuntimeError, match=r"1 tasks of stage stage \(1 …\) were killed .* fewer"):
        run(Executor(workers=2), step, tmp_path)
    before = calls(step)
    run(Executor(workers=2), Count(tmp_path), tmp_path)
    assert [after - one for after, one in zip(calls(step), before, strict=True)] == [0, 1, 0, 0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
@pytest.mark.timeout(300)
def test_ray_begins_a_task_again_whose_worker_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sys.path)))
    step = Count(tmp_path, deadly=2)
    cluster = Executor(kind="ray", workers=2)
    try:
        run(cluster, step, tmp_path)
        assert len(step.calls(2)) == 2
        run(cluster, step, tmp_path)
        assert calls(step) == [1, 1, 2, 1]
    finally:
        ray.shutdown()


SBATCH = """#!{python}
import os, subprocess, sys, re
from pathlib import Path
here = Path({folder!r})
script = Path(sys.argv[-1]).read_text()
if "merge_stats" in script:
    print("Submitted batch job 8"); raise SystemExit
last = int(re.search(r"--array=0-(\\d+)", script)[1])
for place in range(last + 1):
    names = dict(SLURM_ARRAY_TASK_ID=str(place), SLURM_NODELIST="here", SLURM_JOB_ID="7")
    subprocess.run(["bash", sys.argv[-1]], env=os.environ | names)
print("Submitted batch job 7")
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Executor:
    """A Slurm of four made-up programs, which run an array of jobs one after the other."""
    folder = tmp_path / "bin"
    folder.mkdir()
    programs = {
        "sbatch": SBATCH.format(python=sys.executable, folder=str(folder)),
        "squeue": "#!/bin/sh\n",
        "srun": '#!/bin/sh\nwhile [ "$1" != launch_pickled_pipeline ]; do shift; done\nexec "$@"\n',
        "scontrol": "#!/bin/sh\necho here\n",
    }
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    here = Path(sys.executable).parent
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), str(here), os.environ["PATH"]]))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, sys.path)))
    monkeypatch.setattr(executors, "PATIENCE", 0.01)
    return Executor(kind="slurm", options={"time": "1:00:00", "partition": "text"})


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_slurm_runs_an_array_of_jobs_and_what_failed_again_alone(
    slurm: Executor, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match=r"1 of 4 tasks of stage did not finish \(\[3\]"):
        run(slurm, Count(tmp_path, wrong=3), tmp_path)
    mended = Count(tmp_path)
    run(slurm, mended, tmp_path)
    assert calls(mended) == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": -1}, "workers is -1"),
        ({"options": {"time": 3}}, r"\['time'\] have no effect on local"),
        ({"kind": "slurm"}, r"lack \['partition', 'time'\]"),
    ],
)
def test_settings_without_effect_or_sense_are_told(
    arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Executor(**arguments)


@pytest.mark.parametrize(
    ("asked", "size", "workers"),
    [
        (Executor(), 1e3, 1),
        (Executor(), 1e9, 0),
        (Executor(), float("inf"), 0),
        (Executor(workers=2), 1e3, 2),
        (Executor(kind="ray"), 1e3, 0),
    ],
)
def test_little_text_stays_in_one_process_unless_others_are_asked_for(
    asked: Executor, size: float, workers: int
) -> None:
    assert asked.fit_for(size).workers == workers


def test_without_slurm_it_says_where_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    nowhere = Executor(kind="slurm", options={"time": "1:00", "partition": "text"})
    with pytest.raises(ValueError, match="no sbatch: run it on a login node"):
        run(nowhere, Count(tmp_path), tmp_path)
