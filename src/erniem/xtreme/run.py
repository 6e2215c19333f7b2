"""XTREME's nine tasks with one encoder; a run that was killed goes on where it stopped.

```text
seven tasks, each seed:  fine-tune on English ─▶ RUN/seed-0/networks/xnli ─ measure ─┐
two tasks, untrained:    sentence vectors ─▶ nearest neighbours, mined pairs ────────┤
RUN/seed-0/predictions/TASK/test-XX ◀────────────────────────────────────────────────┘
RUN/seed-0/references/TASK/test-XX ─ score ─▶ RUN/seed-0/scores.json       RUN/run.json: what, how
```

A task that fails is told in the end; it takes nothing from the others.
"""

import os
import shutil
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erniem.alone import alone_in
from erniem.finetune.folders import Finetuned
from erniem.finetune.run import finetune
from erniem.scores.score import Scores, score, write_scores
from erniem.tasks.catalogue import RETRIEVAL, TASKS
from erniem.xtreme.measure import measure
from erniem.xtreme.measured import Measurement, copy_records
from erniem.xtreme.plan import Plan, RunFile
from erniem.xtreme.retrieval import measure_retrieval
from erniem.xtreme.seeds import spread

__all__ = ["XtremeResult", "xtreme"]


@dataclass(frozen=True, kw_only=True)
class XtremeResult:
    """What a run came to."""

    output: Path
    """Its folder."""
    scores: tuple[Scores, ...]
    """By seed."""
    failed: Mapping[str, str]
    """What went wrong, by `task, seed n`."""

    def lines(self) -> list[str]:
        """The table of each seed, means over several, and what went wrong."""
        lines: list[str] = []
        for seed, one in enumerate(self.scores):
            lines += [f"seed {seed}"] if len(self.scores) > 1 else []
            lines += one.lines()
        if len(self.scores) > 1:
            lines += [f"over {len(self.scores)} seeds", *self._spreads()]
        return lines + [f"{what} failed: {why}" for what, why in self.failed.items()]

    def _spreads(self) -> Iterator[str]:
        """A line for each task that every seed has."""
        for task in self.scores[0].tasks:
            if all(task in one.tasks for one in self.scores):
                yield f"{task:<16}{spread([one.tasks[task]['avg_metric'] for one in self.scores])}"


def xtreme(plan: Plan, *, command: str = "", progress: bool = True) -> XtremeResult:
    """Runs the tasks of a plan that are not done yet, and scores all.

    Args:
        plan: what to do.
        command: that is running, to be kept with the figures.
        progress: show bars.

    Raises:
        ValueError: the folder holds a run of another plan, or several processes would write it;
            another is at work there.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ValueError(
            "a run of XTREME is one process: fine-tune its tasks with torchrun before, each into "
            f"{plan.output}/seed-0/networks/TASK with the same settings, and they are found there."
        )
    with alone_in(plan.output):
        return _run(plan, RunFile(plan, command), progress)


def _run(plan: Plan, run: RunFile, progress: bool) -> XtremeResult:
    """All that is not done yet."""
    failed = {}
    scores = []
    for seed in range(plan.seeds):
        folder = plan.output / f"seed-{seed}"
        shutil.rmtree(folder / "failed", ignore_errors=True)  # what failed is tried again
        for name in tqdm(plan.tasks, desc=f"seed {seed}", unit="task", disable=not progress):
            if not plan.languages_of(name):
                continue
            try:
                run.keep(name, seed, *_task(plan, name, seed, progress))
            except Exception as error:  # whatever it is, the other tasks go on
                failed[f"{name}, seed {seed}"] = str(error) or repr(error)
                _keep_trace(folder / "failed" / f"{name}.txt")
        (folder / "predictions").mkdir(parents=True, exist_ok=True)
        (folder / "references").mkdir(parents=True, exist_ok=True)
        if any((folder / "references").iterdir()):
            scores.append(score(folder / "predictions", folder / "references"))
            write_scores(scores[-1], folder / "scores.json")
    return XtremeResult(output=plan.output, scores=tuple(scores), failed=failed)


def _task(plan: Plan, name: str, seed: int, progress: bool) -> tuple[Measurement, Finetuned | None]:
    """One task with one seed, whatever of it is not done yet."""
    folder = plan.output / f"seed-{seed}"
    if name in RETRIEVAL:
        return _retrieval(plan, name, seed, progress), None
    task = TASKS[name]
    trained_on = task.training.name
    settings = plan.settings_of(name)
    found = finetune(
        task,
        plan.model,
        plan.data,
        folder / "networks" / trained_on,
        settings,
        training=plan.training_of(name),
        seed=seed,
        dev_limit=plan.limit_of(trained_on),
        progress=progress,
    )
    measurement = measure(
        task,
        found.folder,
        plan.data,
        folder,
        settings,
        languages=plan.languages_of(name),
        limit=plan.limit_of(name),
        progress=progress,
    )
    return measurement, found


def _retrieval(plan: Plan, name: str, seed: int, progress: bool) -> Measurement:
    """A task without training, which every seed has from the first."""
    if seed:
        copy_records(plan.output / "seed-0", plan.output / f"seed-{seed}", name)
    return measure_retrieval(
        name,
        plan.model,
        plan.data,
        plan.output / f"seed-{seed}",
        languages=plan.languages_of(name),
        layer=plan.layer,
        limit=plan.limit_of(name),
        layers_file=plan.output / "layers.json",
        progress=progress,
    )


def _keep_trace(path: Path) -> None:
    """Writes what went wrong, at length."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(traceback.format_exc(), encoding="utf-8")
