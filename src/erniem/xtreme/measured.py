"""What was measured of a task, language by language, and the folder that keeps it.

```text
OUTPUT/predictions/TASK/test-XX.tsv │ .json     what the network says
OUTPUT/references/TASK/test-XX.tsv │ .json      what is right, where that is known
OUTPUT/measured/TASK.json                       figures by language; finished ones are not repeated
```
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from erniem.scores.files import write_file
from erniem.scores.metrics import Metric

__all__ = ["Measured", "Measurement", "Records", "copy_records", "figures_of"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A task in one language."""

    split: str
    """Which part of the data was predicted."""
    examples: int
    """In it."""
    figures: Mapping[str, float] | None
    """Percentages by metric; None where the right answers are not known."""
    dropped: Mapping[str, int]
    """Examples that were left out, by reason."""
    note: str = ""
    """What to say beside the figures."""

    @property
    def beside(self) -> str:
        """The note, and what was left out or odd, with how often."""
        counted = [f"{count} × {reason}" for reason, count in self.dropped.items()]
        return "; ".join([*([self.note] if self.note else []), *counted])


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A task in all languages that there is data of."""

    task: str
    """Its name."""
    languages: Mapping[str, Measured]
    """By code, in the order of the task."""
    missing: tuple[str, ...]
    """Languages without data."""

    def mean(self, name: str) -> float | None:
        """A figure's mean over the languages that have it; None if none has."""
        known = [one.figures[name] for one in self.languages.values() if one.figures]
        return sum(known) / len(known) if known else None

    def lines(self) -> list[str]:
        """A line for each language, and the means."""
        names = next((list(one.figures) for one in self.languages.values() if one.figures), [])
        head = f"{self.task:10}{'split':>7}{'examples':>10}"
        lines = [head + "".join(f"{name:>13}" for name in names)]
        for code, one in self.languages.items():
            told = f"{code:10}{one.split:>7}{one.examples:10,}"
            if one.figures:
                told += "".join(f"{one.figures[name]:13.1f}" for name in names)
            lines.append(f"{told}   {one.beside}".rstrip())
        if names:
            count = sum(one.figures is not None for one in self.languages.values())
            means = "".join(f"{self.mean(name):13.1f}" for name in names)
            lines.append(f"{'mean':10}{f'over {count} languages':>17}{means}")
        if self.missing:
            lines.append(f"no data in: {' '.join(self.missing)}")
        return lines


class Records:
    """What a folder holds of a task: figures by language, written as soon as they are there.

    Args:
        output: the folder.
        task: its name.
        plan: what the figures depend on, as plain values.

    Raises:
        ValueError: the folder holds figures of another plan.
    """

    def __init__(self, output: Path, task: str, plan: Mapping[str, Any]) -> None:
        self.output = output
        self.task = task
        self.path = output / "measured" / f"{task}.json"
        self.plan = dict(plan)
        self.found: dict[str, Measured] = {}
        if self.path.is_file():
            told = json.loads(self.path.read_text(encoding="utf-8"))
            for name, value in self.plan.items():
                if (before := told["plan"].get(name, value)) != value:
                    raise ValueError(
                        f"{self.path} holds figures of another run, with {name} {before}, not "
                        f"{value}: choose another output, or take it away."
                    )
            self.found = {code: Measured(**one) for code, one in told["languages"].items()}

    def add(
        self, code: str, kind: str, measured: Measured, predictions: Any, references: Any | None
    ) -> None:
        """Keeps a language: predictions, right answers where they are known, figures."""
        name = f"{self.task}/test-{code}.{'json' if kind == 'answers' else 'tsv'}"
        if references is not None:
            write_file(self.output / "references" / name, kind, references)
        write_file(self.output / "predictions" / name, kind, predictions)
        self.found[code] = measured
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        languages = {code: asdict(one) for code, one in self.found.items()}
        partial.write_text(
            json.dumps({"plan": self.plan, "languages": languages}, indent=1) + "\n",
            encoding="utf-8",
        )
        partial.replace(self.path)

    def measurement(self, codes: Sequence[str]) -> Measurement:
        """What is there of these languages."""
        return Measurement(
            task=self.task,
            languages={code: self.found[code] for code in codes if code in self.found},
            missing=tuple(code for code in codes if code not in self.found),
        )


def copy_records(source: Path, output: Path, task: str) -> None:
    """Takes over what another folder holds of a task; nothing where that is nothing."""
    for name in (f"predictions/{task}", f"references/{task}"):
        if (source / name).is_dir():
            shutil.copytree(source / name, output / name, dirs_exist_ok=True)
    figures = Path("measured", f"{task}.json")
    if (source / figures).is_file():
        (output / figures).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / figures, output / figures)


def figures_of(
    metric: Metric, predictions: Any, references: Any, language: str
) -> dict[str, float]:
    """Percentages by metric."""
    figures = metric.figures(metric.count(predictions, references, language).rows.sum(axis=0))
    return {name: float(value) for name, value in figures.items()}
