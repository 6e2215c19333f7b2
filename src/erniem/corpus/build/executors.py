"""Who runs the tasks of a stage: processes of this machine, a Slurm cluster, or Ray.

A stage is a list of datatrove steps that runs once for each task. Whoever runs it, datatrove marks
each finished task in the stage's folder, so a task that died is run again alone, and a finished one
never.
"""

import copy
import multiprocessing
import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from datatrove.executor.base import DistributedEnvVars, PipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.stats import PipelineStats
from tqdm import tqdm

from erniem.corpus.document import Document

__all__ = ["Executor", "run_stage"]

ATTEMPTS = 3
"""How often a task is begun whose process dies before it says anything."""
PATIENCE = 10.0
"""Seconds between two looks at a cluster."""
LITTLE = 4 << 20
"""Bytes of files that one process cleans and encodes before others have begun."""
PRELOADED = ["erniem.corpus.build.encode", "erniem.corpus.build.cleaning"]
"""Imported once, by the process that all workers of all stages are forked from."""


@dataclass(frozen=True, kw_only=True)
class Executor:
    """Where the tasks of a stage run."""

    kind: Literal["local", "slurm", "ray"] = "local"
    """`local`: processes of this machine. `slurm`: an array of jobs for each stage, submitted from
    here. `ray`: the cluster that `ray.init()` finds, or one of this machine."""
    workers: int = 0
    """Tasks at a time; 0 for as many as this machine has cores, one for little text, or as many as
    the cluster gives. A Ray cluster that runs already decides by itself."""
    options: dict[str, Any] = field(default_factory=dict)
    """Slurm: arguments of datatrove's executor; `time` and `partition` must be there, and there are
    `mem_per_cpu_gb`, `sbatch_args`, `env_command`, … Ray: of a remote function: `num_cpus`,
    `memory`, `resources`, …"""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise ValueError(f"executor.workers is {self.workers}; it cannot be negative.")
        if self.kind == "local" and self.options:
            raise ValueError(
                f"executor.options {sorted(self.options)} have no effect on local processes: take "
                "them out."
            )
        if missing := {"time", "partition"} - set(self.options) if self.kind == "slurm" else ():
            raise ValueError(f"executor.options lack {sorted(missing)}, which Slurm asks for.")

    def fit_for(self, size: float) -> "Executor":
        """The same, but this process alone if nobody said how many, and the text is little.

        Args:
            size: bytes of all files; infinite if nobody knows.
        """
        if self.kind == "local" and not self.workers and size < LITTLE:
            return replace(self, workers=1)
        return self


def run_stage(executor: Executor, steps: Sequence[PipelineStep], *, tasks: int, log: Path) -> None:
    """Runs those tasks of a stage that are not finished yet.

    Args:
        executor: where.
        steps: the pipeline; each task runs a copy of its own.
        tasks: how many there are.
        log: the stage's folder: marks of finished tasks, logs, statistics.

    Raises:
        ValueError: what a task found in its text.
        OSError: a file that could not be read or written.
        RuntimeError: a task whose process died again and again, or a cluster that gave up.
    """
    run = {"local": _run_local, "slurm": _run_slurm, "ray": _run_ray}[executor.kind]
    run(executor, list(steps), tasks, log)


class _StageExecutor(PipelineExecutor):  # type: ignore[misc]
    """Runs single tasks, here or wherever it is sent.

    Not datatrove's executors for one machine and for Ray: both keep the tasks in a pool that waits
    forever for a process that was killed.
    """

    def __init__(self, steps: list[PipelineStep], tasks: int, log: Path) -> None:
        super().__init__(steps, str(log))
        self.tasks = tasks

    @property
    def world_size(self) -> int:
        return self.tasks

    def get_distributed_env(self, node_rank: int = -1) -> DistributedEnvVars:
        return DistributedEnvVars(
            datatrove_node_ips="localhost",
            datatrove_cpus_per_task="-1",
            datatrove_mem_per_cpu="-1",
            datatrove_gpus_on_node="-1",
            datatrove_executor="LOCAL",
        )

    def run(self) -> None:
        """Runs all tasks that are not finished, one after the other."""
        for rank in self.get_incomplete_ranks():
            self.run_task(rank)

    def run_task(self, rank: int) -> None:
        """Runs one task with steps of its own, and marks it as finished."""
        if self.is_rank_completed(rank):
            return
        steps = copy.deepcopy(self.pipeline)
        documents: Iterable[Document] = ()
        for step in steps:
            documents = step(documents, rank, self.world_size)
        deque(documents, maxlen=0)
        with self.logging_dir.open(f"stats/{rank:05d}.json", "w") as file:
            PipelineStats(steps).save_to_disk(file)
        self.mark_rank_as_completed(rank)


def _run_local(executor: Executor, steps: list[PipelineStep], tasks: int, log: Path) -> None:
    local = _StageExecutor(steps, tasks, log)
    ranks = local.get_incomplete_ranks()
    workers = min(executor.workers or _cores(), len(ranks))
    with tqdm(total=tasks, initial=tasks - len(ranks), desc=log.name, unit="task") as bar:
        if workers <= 1:
            for rank in ranks:
                local.run_task(rank)
                bar.update()
            return
        ranks = _run_in_processes(local, ranks, workers, bar.update)
        for _ in range(ATTEMPTS - 1):  # each alone: only the one that kills is left
            ranks = [
                left for rank in ranks for left in _run_in_processes(local, [rank], 1, bar.update)
            ]
    if ranks:
        raise RuntimeError(_killed(log, len(ranks), f"{ranks[0]} …"))


def _cores() -> int:
    """Those that this process may use; where that is not told, as on macOS, all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _killed(log: Path, tasks: int, which: str) -> str:
    return (
        f"the processes of {tasks} tasks of stage {log.name} ({which}) were killed {ATTEMPTS} "
        "times over: most likely memory ran out; give fewer workers, and run the same command "
        "again: what is finished stays."
    )


def _run_in_processes(
    local: _StageExecutor, ranks: list[int], workers: int, advance: Callable[[], Any]
) -> list[int]:
    """Runs tasks side by side; after a death, those that were not finished come back."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    left: list[int] = []
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures: dict[Future[None], int] = {pool.submit(local.run_task, r): r for r in ranks}
        try:
            for future in as_completed(futures):
                if isinstance(future.exception(), BrokenProcessPool):
                    left.append(futures[future])
                else:
                    future.result()
                    advance()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return sorted(left)


def _run_ray(executor: Executor, steps: list[PipelineStep], tasks: int, log: Path) -> None:
    """Ray itself begins a task again whose worker, or its machine, is gone."""
    try:
        import ray
    except ImportError as error:
        raise ValueError("executor.kind is ray: pip install 'erniem[ray]'.") from error

    if not ray.is_initialized():
        ray.init(num_cpus=executor.workers or None, include_dashboard=False, log_to_driver=False)
    run = ray.remote(**{"max_retries": ATTEMPTS - 1, **executor.options})(_StageExecutor.run_task)
    stage = _StageExecutor(steps, tasks, log)
    ranks = stage.get_incomplete_ranks()
    waiting = [run.remote(ray.put(stage), rank) for rank in ranks]
    with tqdm(total=tasks, initial=tasks - len(ranks), desc=log.name, unit="task") as bar:
        while waiting:
            finished, waiting = ray.wait(waiting)
            try:
                ray.get(finished)
            except ray.exceptions.RayTaskError as error:
                raise error.cause from None
            except ray.exceptions.RayError as error:
                raise RuntimeError(_killed(log, 1, str(error))) from error
            bar.update(len(finished))


def _run_slurm(executor: Executor, steps: list[PipelineStep], tasks: int, log: Path) -> None:
    from datatrove.executor.slurm import SlurmPipelineExecutor

    if shutil.which("sbatch") is None:
        raise ValueError("executor.kind is slurm, but there is no sbatch: run it on a login node.")
    cluster = SlurmPipelineExecutor(
        steps,
        tasks=tasks,
        workers=executor.workers or -1,
        logging_dir=str(log),
        job_name=f"erniem-{log.name}",
        **executor.options,
    )
    cluster.run()
    with tqdm(total=tasks, desc=f"{log.name} (Slurm)", unit="task") as bar:
        while left := len(cluster.get_incomplete_ranks()):
            bar.update(tasks - left - bar.n)
            if not _in_queue(str(cluster.job_id)):
                break
            time.sleep(PATIENCE)
        bar.update(tasks - len(cluster.get_incomplete_ranks()) - bar.n)
    _check_finished(cluster, log)


def _in_queue(job: str) -> bool:
    """Whether Slurm still has something to do for a job."""
    asked = subprocess.run(["squeue", "--noheader", "--jobs", job], capture_output=True, text=True)
    return asked.returncode == 0 and bool(asked.stdout.strip())


def _check_finished(cluster: PipelineExecutor, log: Path) -> None:
    if left := cluster.get_incomplete_ranks():
        raise RuntimeError(
            f"{len(left)} of {cluster.world_size} tasks of {log.name} did not finish ({left[:5]} "
            f"…): see {log}/logs; run the same command again to run these alone."
        )
