"""A task trained and measured with several seeds: means and standard deviations."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

from erniem.finetune.folders import FINISHED, Finetuned
from erniem.finetune.gather import Training
from erniem.finetune.run import finetune
from erniem.finetune.settings import Settings
from erniem.tasks.catalogue import RETRIEVAL
from erniem.tasks.task import Split, Task
from erniem.xtreme.measure import measure
from erniem.xtreme.measured import Measurement

__all__ = ["OverSeeds", "finetune_seeds", "measure_seeds", "spread"]


def spread(values: Sequence[float]) -> str:
    """A mean with its standard deviation, of one value the value.

    Example: `[70.0, 72.0]` → `"71.0 ± 1.4"`.
    """
    return f"{fmean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


@dataclass(frozen=True, kw_only=True)
class OverSeeds:
    """A task, measured with each seed."""

    measurements: Mapping[str, Measurement]
    """By the seed's folder."""

    def lines(self) -> list[str]:
        """One seed's table, or a line for each language with means and deviations."""
        first, *others = self.measurements.values()
        if not others:
            return first.lines()
        lines = [f"{first.task}, {len(self.measurements)} seeds"]
        for code, one in first.languages.items():
            told = {name: spread(self._values(code, name)) for name in one.figures or {}}
            lines.append(
                f"{code:10}" + "".join(f"{name} {text:<16}" for name, text in told.items())
            )
        names = next((list(one.figures) for one in first.languages.values() if one.figures), [])
        means = {
            name: [mean for one in self.measurements.values() if (mean := one.mean(name))]
            for name in names
        }
        over = "".join(f"{name} {spread(values):<16}" for name, values in means.items())
        return [*lines, f"{'mean':10}{over}"]

    def _values(self, code: str, name: str) -> list[float]:
        """A figure of a language with each seed."""
        found = [one.languages[code].figures for one in self.measurements.values()]
        return [one[name] for one in found if one]


def finetune_seeds(
    task: Task,
    model: Path,
    data: Path,
    output: Path,
    settings: Settings,
    *,
    seeds: int = 1,
    training: Training | None = None,
    dev_limit: int | None = None,
    progress: bool = True,
) -> dict[str, Finetuned]:
    """Trains a task with seeds 0, 1, …; see `finetune`.

    Returns:
        By folder: `output` itself with one seed, `output/seed-0` and so on with several.

    Raises:
        ValueError: as `finetune`, or no seed at all.
    """
    if seeds < 1:
        raise ValueError(f"{seeds} seeds: give at least 1.")
    folders = [output] if seeds == 1 else [output / f"seed-{seed}" for seed in range(seeds)]
    return {
        str(folder): finetune(
            task,
            model,
            data,
            folder,
            settings,
            training=training,
            seed=seed,
            dev_limit=dev_limit,
            progress=progress,
        )
        for seed, folder in enumerate(folders)
    }


def measure_seeds(
    task: Task,
    model: Path,
    data: Path,
    output: Path,
    settings: Settings | None = None,
    *,
    languages: Sequence[str] | None = None,
    split: Split | None = None,
    limit: int | None = None,
    progress: bool = True,
) -> OverSeeds:
    """Measures what `finetune_seeds` trained; see `measure`.

    Args:
        task, data, languages, split, limit, progress: as for `measure`.
        model: folder of a network, or one with `seed-0` and so on in it.
        output: for predictions, of several seeds in folders of the same names.
        settings: those that the network was trained with if None.

    Raises:
        ValueError: as `measure`.
    """
    several = sorted(model.glob("seed-*/config.json"))
    folders = {one.parent: output / one.parent.name for one in several} or {model: output}
    return OverSeeds(
        measurements={
            folder.name: measure(
                task,
                folder,
                data,
                place,
                settings or settings_of(folder),
                languages=languages,
                split=split,
                limit=limit,
                progress=progress,
            )
            for folder, place in folders.items()
        }
    )


def settings_of(network: Path) -> Settings:
    """The settings that a network was trained with; the defaults if it was not trained here.

    Raises:
        ValueError: it was trained for retrieval, which has no head.
    """
    path = network / FINISHED
    if not path.is_file():
        return Settings()
    plan = json.loads(path.read_text(encoding="utf-8"))["plan"]
    if plan["task"] in RETRIEVAL:
        raise ValueError(f"{network} was trained for {plan['task']}: evaluate that.")
    return Settings(**plan["settings"])
