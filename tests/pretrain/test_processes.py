"""Runs over several processes, started by the launchers that people start them with."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM

from erniem import recipes
from erniem.corpus.corpus import Corpus
from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.recipe import Batch, Compute, Recipe
from erniem.pretrain.run import pretrain
from tiny_runs import assert_same_bits, curve, recipe_for, weights

TORCHRUN = (sys.executable, "-m", "torch.distributed.run")
SCRIPT = Path(__file__).parents[1] / "run_recipes.py"
FOUR = Batch(tokens_per_step=1024, tokens_per_micro_batch=256, max_length=64)
"""A step that one, two and four processes can share."""


def written(recipe: Recipe, trouble: str = "") -> str:
    """The recipe as a file beside its output, as `run_recipes.py` takes it."""
    path = recipe.output.parent / f"{recipe.output.name}.yaml"
    recipes.write(recipe, path)
    return f"{path}{trouble}"


def start(command: Sequence[str], **environment: str) -> subprocess.Popen[str]:
    ours = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    return subprocess.Popen(
        command,
        env={**os.environ, **ours, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(command: Sequence[str], **environment: str) -> None:
    process = start(command, **environment)
    try:
        _, errors = process.communicate(timeout=500)
    finally:
        process.kill()
    assert process.returncode == 0, errors[-4000:]


def together(processes: int, *jobs: str) -> None:
    """Jobs one after another in so many processes."""
    run([*TORCHRUN, "--standalone", "--nproc-per-node", str(processes), str(SCRIPT), *jobs])


def assert_same_curve(one: Path, other: Path) -> None:
    """To float rounding, and to the token."""
    assert len(curve(one)) == len(curve(other)) > 0
    for line, expected in zip(curve(one), curve(other), strict=True):
        line.pop("filler", None)  # one of them may have filled its packs
        assert line == pytest.approx(expected, rel=1e-4, abs=1e-6)
        counted = [name for name in line if name.startswith("tokens/")]
        assert [line[name] for name in counted] == [expected[name] for name in counted]
    first, second = weights(one / "final"), weights(other / "final")
    assert first.keys() == second.keys()
    for name, weight in first.items():
        torch.testing.assert_close(weight, second[name], rtol=1e-3, atol=1e-4)


def resumed(run_folder: Path, output: Path) -> Path:
    """A copy of a run that was left, to go on from."""
    shutil.copytree(run_folder, output)
    assert not (output / "final").exists(), "the run was not left"
    return output


def test_two_processes_train_as_one_with_whole_and_with_sharded_weights(
    corpus: Corpus, tmp_path: Path
) -> None:
    alone, whole, sharded = (tmp_path / name for name in ("alone", "whole", "sharded"))
    pretrain(recipe_for(corpus, alone))
    together(
        2,
        written(recipe_for(corpus, whole)),
        written(recipe_for(corpus, sharded, parallel="fsdp2")),
    )
    assert_same_curve(whole, alone)
    assert_same_curve(sharded, alone)
    parts = sorted(part.name for part in (sharded / "checkpoint-12" / "sharded").iterdir())
    assert parts == [".metadata", "__0_0.distcp", "__1_0.distcp"]
    for folder in ("start", "stage1", "checkpoint-12", "final"):
        model = AutoModelForMaskedLM.from_pretrained(sharded / folder)
        assert isinstance(model, ErnieMForMaskedLM)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_goes_on_in_another_number_of_processes_sharded_or_not(
    corpus: Corpus, tmp_path: Path
) -> None:
    """Two processes leave at step 6; one and four go on, each with the other's kind of weights."""
    alone = tmp_path / "alone"
    pretrain(recipe_for(corpus, alone, batch=FOUR))
    left = {kind: tmp_path / kind for kind in ("ddp", "fsdp2")}
    jobs = [
        written(recipe_for(corpus, folder, batch=FOUR, parallel=kind), "+stop=6")
        for kind, folder in left.items()
    ]
    together(2, *jobs)
    for kind, folder in left.items():  # 2 to 1
        output = resumed(folder, tmp_path / f"{kind}-one")
        pretrain(recipe_for(corpus, output, batch=FOUR))
        assert_same_curve(output, alone)
    other = {"ddp": "fsdp2", "fsdp2": "ddp"}
    outputs = [resumed(folder, tmp_path / f"{kind}-four") for kind, folder in left.items()]
    jobs = [
        written(recipe_for(corpus, output, batch=FOUR, parallel=other[kind]))
        for kind, output in zip(left, outputs, strict=True)
    ]
    together(4, *jobs)  # 2 to 4
    for output in outputs:
        assert_same_curve(output, alone)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_process_killed_in_the_middle_costs_nothing_but_time(
    corpus: Corpus, tmp_path: Path
) -> None:
    """torchrun starts all of them again, and they go on from the last checkpoint."""
    jobs, pairs = [], []
    for kind in ("ddp", "fsdp2"):
        whole, killed = tmp_path / f"{kind}-whole", tmp_path / f"{kind}-killed"
        jobs.append(written(recipe_for(corpus, whole, parallel=kind)))
        jobs.append(written(recipe_for(corpus, killed, parallel=kind), "+kill=8"))
        pairs.append((whole, killed))
    launcher = [*TORCHRUN, "--standalone", "--nproc-per-node=2", "--max-restarts=2"]
    # Else a restarted process may read where the dead ones listened (pytorch issue 135712).
    run([*launcher, str(SCRIPT), *jobs], TORCH_DISABLE_SHARE_RDZV_TCP_STORE="1")
    for whole, killed in pairs:
        assert killed.with_name(f"{killed.name}.killed").exists(), "nothing was killed"
        assert_same_bits(killed, whole)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["ddp", "fsdp2"])
def test_checkpointed_activations_and_compiled_layers_leave_the_curve_of_two_processes(
    corpus: Corpus, tmp_path: Path, kind: Any
) -> None:
    """Compiled with a stand-in for a GPU's kernel, and without dropout: a filled pack draws other
    dice than the one that one process takes as it is."""
    names = ("alone", "checkpointed", "plain", "compiled", "both")
    alone, checkpointed, plain, compiled, both = (tmp_path / name for name in names)
    pretrain(recipe_for(corpus, alone))
    pretrain(recipe_for(corpus, plain, dropout=0.0))
    without = {"dropout": 0.0, "parallel": kind}
    less_memory = {"report_to": "none", "activation_checkpointing": True}
    compute = Compute(compile="default", pad_to_multiple_of=512)
    together(
        2,
        written(recipe_for(corpus, checkpointed, parallel=kind, trainer=less_memory)),
        written(recipe_for(corpus, compiled, compute=compute, **without), "+compiled"),
        written(
            recipe_for(corpus, both, compute=compute, trainer=less_memory, **without), "+compiled"
        ),
    )
    assert_same_curve(checkpointed, alone)
    assert_same_curve(compiled, plain)
    assert_same_curve(both, plain)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_accelerate_launches_a_run(corpus: Corpus, tmp_path: Path) -> None:
    alone, output = tmp_path / "alone", tmp_path / "run"
    pretrain(recipe_for(corpus, alone))
    recipe = written(recipe_for(corpus, output, parallel="fsdp2"))
    # Its --cpu starts one process, or needs MPI; with --multi_gpu there need be no GPU.
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    run([*launcher, "--num_processes=2", "--module", "erniem", "pretrain", recipe])
    assert_same_curve(output, alone)


SLURM = {
    "scontrol": "echo 127.0.0.1; echo 127.0.0.2",
    "srun": """
while [[ $1 == --* ]]; do shift; done
for node in 0 1; do SLURM_NODEID=$node "$@" & nodes[$node]=$!; done
wait "${nodes[0]}" && wait "${nodes[1]}"
""",
}
"""Two machines that are one: each `srun` starts its command twice, and waits for both."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_slurm_script_trains_on_two_machines(corpus: Corpus, tmp_path: Path) -> None:
    alone, output = tmp_path / "alone", tmp_path / "run"
    pretrain(recipe_for(corpus, alone, batch=FOUR))
    recipe = written(recipe_for(corpus, output, batch=FOUR, parallel="fsdp2"))
    for name, lines in SLURM.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{lines}\n")
        (tmp_path / name).chmod(0o755)
    script = Path(recipes.__file__).parent / "pretrain.sbatch"
    run(
        ["bash", str(script), recipe],
        PATH=f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        SLURM_JOB_NODELIST="made-up-[1-2]",
        SLURM_JOB_ID="7",
        SLURM_NNODES="2",
        SLURM_GPUS_ON_NODE="2",
        SLURM_CPUS_PER_TASK="2",
    )
    assert_same_curve(output, alone)
