"""Two folders in, one table out: exactly XTREME's arithmetic, and how sure one can be of it.

```text
predictions/TASK/test-XX ─┐
references/TASK/test-XX ──┴─ counts of each example ─┬─ sums ─▶ figures ─▶ means ─▶ Scores
                                                     └─ sums of samples ─▶ intervals, p
```
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from erniem.scores.files import find_file, read_file
from erniem.scores.metrics import Counts
from erniem.scores.xtreme import GROUPS, XTREME, Scoring

__all__ = ["Difference", "Scores", "compare", "score", "write_scores"]

Everything = dict[str, dict[str, Counts]]
"""Counts by task and language."""


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What was scored, what is missing, and what went wrong."""

    tasks: Mapping[str, Mapping[str, Any]]
    """By task: by metric: by language; and `avg_…`, `avg_metric`."""
    missing: Mapping[str, Sequence[str]]
    """By task: languages without predictions or references; of a task that is absent, all."""
    failed: Mapping[str, str]
    """By `task/language`: what is wrong with a file."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """By `task/language`: what was counted as wrong and is perhaps a mistake."""
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """95 % of the means, by task, by group and for `all_task`."""

    def mean(self, name: str) -> float | None:
        """A group's mean, or that of `all_task`; None unless all of it was scored."""
        return _mean(
            name, {task: one["avg_metric"] for task, one in self.tasks.items()}, self.missing
        )

    def as_dict(self) -> dict[str, Any]:
        """As XTREME's evaluate.py has it, with what is missing beside it."""
        means = {name: self.mean(name) for name in ("all_task", *GROUPS)}
        beside = {
            "missing": {task: list(codes) for task, codes in self.missing.items()},
            "failed": dict(self.failed),
            "notes": dict(self.notes),
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
        }
        return {**means, **self.tasks, **beside}

    def lines(self) -> Iterator[str]:
        """A line for each task and mean, for people."""
        for task, one in self.tasks.items():
            codes = len(XTREME[task].languages) - len(self.missing.get(task, ()))
            over = f"{codes} of {len(XTREME[task].languages)} languages"
            figures = ", ".join(
                f"{name.removeprefix('avg_')} {value:.1f}"
                for name, value in one.items()
                if name.startswith("avg_") and name != "avg_metric"
            )
            yield f"{task:<16}{one['avg_metric']:6.1f}{self._interval(task)}  {figures}; {over}"
        for name in (*GROUPS, "all_task"):
            value = self.mean(name)
            shown = f"{value:6.1f}{self._interval(name)}" if value is not None else "     –"
            lacking = [task for task in _members(name) if task in self.missing]
            yield f"{name:<16}{shown}" + (f"  incomplete: {', '.join(lacking)}" if lacking else "")
        for place, what in {**self.failed, **self.notes}.items():
            yield f"{place}: {what}"

    def _interval(self, name: str) -> str:
        ends = self.intervals.get(name)
        return "" if ends is None else f" [{ends[0]:.1f}, {ends[1]:.1f}]"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One model against another, on the languages that both were scored in."""

    differences: Mapping[str, float]
    """First minus second, in points, by task, by group and for `all_task`."""
    p_values: Mapping[str, float]
    """How often chance alone gives as great a difference (paired bootstrap, two-sided)."""

    def lines(self) -> Iterator[str]:
        """A line for each task and mean, for people."""
        for name, value in self.differences.items():
            yield f"{name:<16}{value:+7.2f}  p = {self.p_values[name]:.4f}"


def score(predictions: Path, references: Path, *, bootstrap: int = 0, seed: int = 0) -> Scores:
    """Scores predictions in XTREME's layout.

    Args:
        predictions: holds `TASK/test-XX.tsv` or `.json`, packed or not.
        references: the same, with what is right; answers as SQuAD's JSON.
        bootstrap: samples for the intervals; none if 0. Examples are drawn anew in each language.
        seed: of the samples.

    Returns:
        Figures of every task and language that both folders have; what one lacks is missing, what
        cannot be read is failed, and neither loses the rest.

    Raises:
        ValueError: a folder that is none, no file in common, or fewer than no samples.
    """
    if bootstrap < 0:
        raise ValueError(f"{bootstrap} samples: give 0 for none, or more.")
    _check_folders(predictions, references)
    counts, missing, failed, notes = _count(predictions, references)
    if not counts and not failed:
        raise ValueError(
            f"{predictions} and {references} have no file in common: both need folders named "
            f"{', '.join(XTREME)} with test-XX.tsv or .json in them."
        )
    tasks = {task: _figures(XTREME[task], languages) for task, languages in counts.items()}
    intervals = {}
    if bootstrap:
        sampled = _means(counts, missing, _draws(bootstrap, seed))
        for name, values in sampled.items():
            low, high = np.quantile(values, [0.025, 0.975])
            intervals[name] = (float(low), float(high))
    return Scores(tasks=tasks, missing=missing, failed=failed, notes=notes, intervals=intervals)


def compare(
    first: Path | Sequence[Path],
    second: Path | Sequence[Path],
    references: Path,
    *,
    by_language: bool = False,
    bootstrap: int = 1000,
    seed: int = 0,
) -> Difference:
    """Is one model better than another, or was it chance (Berg-Kirkpatrick et al., 2012).

    Args:
        first, second: predictions of the two, as for `score`; of several seeds, whose figures'
            mean is then compared. Only what all of them predict counts.
        references, bootstrap, seed: as for `score`; all predictions get the same samples.
        by_language: also compare each language, `xnli/de`.

    Raises:
        ValueError: as for `score`, nothing that all predict, or no samples.
    """
    if bootstrap < 1:
        raise ValueError(f"{bootstrap} samples: a test of chance needs at least 1.")
    sides = [[one] if isinstance(one, Path) else list(one) for one in (first, second)]
    folders = [folder for side in sides for folder in side]
    for folder in folders:
        _check_folders(folder, references)
    common, missing = _in_common([_count(folder, references)[0] for folder in folders])
    if not common[0]:
        told = " and ".join(map(str, folders))
        raise ValueError(f"{told} have no language of any task in common.")
    split = len(sides[0])
    exact = [_side(some, missing, _whole, by_language) for some in (common[:split], common[split:])]
    drawn = _draws(bootstrap, seed)
    sampled = [
        _side(some, missing, drawn, by_language) for some in (common[:split], common[split:])
    ]
    differences = {name: float(exact[0][name] - exact[1][name]) for name in exact[0]}
    p_values = {}
    for name, seen in differences.items():
        by_chance = np.abs(sampled[0][name] - sampled[1][name] - seen)
        p_values[name] = float((1 + (by_chance >= abs(seen)).sum()) / (1 + bootstrap))
    return Difference(differences=differences, p_values=p_values)


def _in_common(
    counts: Sequence[Everything],
) -> tuple[list[Everything], dict[str, list[str]]]:
    """What all predictions have, example by example; what they do not, by task."""
    common: list[Everything] = [{} for _ in counts]
    missing: dict[str, list[str]] = {}
    for name, task in XTREME.items():
        for code in task.languages:
            if any(code not in one.get(name, {}) for one in counts):
                missing.setdefault(name, []).append(code)
                continue
            aligned = _aligned([one[name][code] for one in counts])
            for side, of_language in zip(common, aligned, strict=True):
                side.setdefault(name, {})[code] = of_language
    return common, missing


def _side(
    counts: Sequence[Everything], missing: Mapping[str, Sequence[str]], draw: "Draw", each: bool
) -> dict[str, Any]:
    """The mean over one side's predictions of every figure."""
    found = [_means(one, missing, draw, each=each) for one in counts]
    return {name: np.mean([one[name] for one in found], axis=0) for name in found[0]}


Draw = Callable[[str, Counts], Float64[np.ndarray, "..."]]
"""From a place (`task/language`) and its counts to sums: of all examples, or `(samples, K)`."""


def _whole(place: str, counts: Counts) -> Float64[np.ndarray, " K"]:
    return counts.rows.sum(axis=0)


def _draws(samples: int, seed: int) -> Draw:
    """Sums over examples drawn with replacement; the same draws for the same place and seed."""

    def draw(place: str, counts: Counts) -> Float64[np.ndarray, "samples K"]:
        rng = np.random.default_rng([seed, *place.encode()])
        number = len(counts.rows)
        drawn = rng.integers(number, size=(samples, number)) if number else np.zeros((samples, 0))
        return np.stack([counts.rows[one].sum(axis=0) for one in drawn.astype(np.int64)])

    return draw


def _count(
    predictions: Path, references: Path
) -> tuple[Everything, dict[str, list[str]], dict[str, str], dict[str, str]]:
    """Counts of everything that both folders have; what is missing, failed, and to be noted."""
    counts: Everything = {}
    missing: dict[str, list[str]] = {}
    failed: dict[str, str] = {}
    notes: dict[str, str] = {}
    for name, task in XTREME.items():
        for code in task.languages:
            try:
                found = _read(predictions, references, name, code)
                if found is not None:
                    counts.setdefault(name, {})[code] = task.metric.count(*found, code)
                    if odd := _odd(task, *found):
                        notes[f"{name}/{code}"] = odd
            except ValueError as error:
                failed[f"{name}/{code}"] = str(error)
            if code not in counts.get(name, {}):
                missing.setdefault(name, []).append(code)
    return counts, missing, failed, notes


def _read(predictions: Path, references: Path, name: str, code: str) -> tuple[Any, Any] | None:
    """Predictions and references of a language, of equal length; None if either is not there."""
    task = XTREME[name]
    paths = [find_file(folder, name, code, task.ending) for folder in (predictions, references)]
    if paths[0] is None or paths[1] is None:
        return None
    found, wanted = read_file(paths[0], task.kind), read_file(paths[1], task.kind)
    if not wanted:
        raise ValueError(f"{paths[1]} is empty.")
    if task.kind in ("labels", "tags") and len(found) != len(wanted):
        what = "lines" if task.kind == "labels" else "sentences"
        raise ValueError(
            f"{paths[0]} has {len(found)} {what}, {paths[1]} has {len(wanted)}: one prediction "
            "for each is needed."
        )
    if task.kind == "tags":
        _check_sentences(paths[0], found, wanted)
    if task.kind == "answers":
        _check_answers(paths[0], found, paths[1], wanted)
    return found, wanted


def _check_answers(
    path: Path, found: Mapping[str, Any], references: Path, wanted: Mapping[str, Any]
) -> None:
    """Predictions are texts, and each question has right answers, which are lists."""
    if any(isinstance(one, list) for one in found.values()):
        raise ValueError(f"{path} is a file of questions: predictions are answers by question.")
    for question, right in wanted.items():
        if not isinstance(right, list):
            raise ValueError(f"{references} is a file of answers: references are SQuAD's JSON.")
        if not right:
            raise ValueError(f"{references}: the question {question!r} has no right answer.")


def _check_sentences(
    path: Path, found: Sequence[Sequence[str]], wanted: Sequence[Sequence[str]]
) -> None:
    """Each sentence has a tag for each token."""
    for number, (one, right) in enumerate(zip(found, wanted, strict=True), start=1):
        if len(one) != len(right):
            raise ValueError(
                f"{path}: sentence {number} has {len(one)} tags for {len(right)} tokens: give each "
                "token one."
            )


def _odd(task: Scoring, found: Any, wanted: Any) -> str | None:
    """What counts as wrong, and is perhaps a mistake."""
    if task.classes and (unknown := sorted(set(found) - set(task.classes))):
        number = sum(one in unknown for one in found)
        return f"{number} predictions are no label of the task: {', '.join(unknown[:3])}"
    if task.kind == "answers" and (silent := len(wanted.keys() - found.keys())):
        return f"{silent} of {len(wanted)} questions have no answer and count 0"
    return None


def _figures(task: Scoring, languages: Mapping[str, Counts]) -> dict[str, Any]:
    """A task's figures by metric and language, and their means."""
    by_language = {code: task.metric.figures(_whole("", one)) for code, one in languages.items()}
    names = list(next(iter(by_language.values())))
    table: dict[str, Any] = {
        name: {code: float(figures[name]) for code, figures in by_language.items()}
        for name in names
    }
    means = {f"avg_{name}": sum(table[name].values()) / len(table[name]) for name in names}
    main = [means[f"avg_{name}"] for name in task.metric.main]
    return {**table, **means, "avg_metric": sum(main) / len(main)}


def _means(
    counts: Everything,
    missing: Mapping[str, Sequence[str]],
    draw: Draw,
    *,
    each: bool = False,
) -> dict[str, Any]:
    """The mean of each task, and of the groups that are whole, from sums of one kind.

    With `each` also the figure of each language, under `task/language`.
    """
    tasks: dict[str, Any] = {}
    languages: dict[str, Any] = {}
    for name, of_task in counts.items():
        metric = XTREME[name].metric
        figures = {
            code: metric.figures(draw(f"{name}/{code}", one)) for code, one in of_task.items()
        }
        main = {
            code: np.mean([one[part] for part in metric.main], axis=0)
            for code, one in figures.items()
        }
        tasks[name] = np.mean(list(main.values()), axis=0)
        languages |= {f"{name}/{code}": one for code, one in main.items()}
    groups = {name: _mean(name, tasks, missing) for name in (*GROUPS, "all_task")}
    found = tasks | {name: value for name, value in groups.items() if value is not None}
    return found | languages if each else found


def _members(name: str) -> list[str]:
    """The tasks of a group, or all of them."""
    return [task for task, one in XTREME.items() if name in ("all_task", one.group)]


def _mean(name: str, tasks: Mapping[str, Any], missing: Mapping[str, Sequence[str]]) -> Any:
    """The mean over a group's tasks; None unless each is there with all its languages."""
    members = _members(name)
    if any(task not in tasks or task in missing for task in members):
        return None
    return sum(tasks[task] for task in members) / len(members)


def _aligned(counts: Sequence[Counts]) -> list[Counts]:
    """Counts example by example; what one side has not predicted counts nothing there."""
    if all(one.names == counts[0].names for one in counts):
        return list(counts)
    names = tuple(sorted({name for one in counts for name in one.names}))

    def laid(one: Counts) -> Counts:
        places = {name: place for place, name in enumerate(one.names)}
        empty = np.zeros(one.rows.shape[1])
        rows = [one.rows[places[name]] if name in places else empty for name in names]
        return Counts(rows=np.array(rows), names=names)

    return [laid(one) for one in counts]


def _check_folders(*folders: Path) -> None:
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder: name one with a folder for each task.")


def write_scores(scores: Scores, path: Path) -> None:
    """Writes `scores.json`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(scores.as_dict(), indent=2) + "\n", encoding="utf-8")
