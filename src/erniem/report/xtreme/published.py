"""Published figures of other encoders, as printed, with their sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Published", "published", "published_of", "sources"]

FILE = Path(__file__).with_name("published.yaml")


@dataclass(frozen=True, kw_only=True)
class Published:
    """One model on one task, by one metric, in one source."""

    model: str
    """Its name and size, as far as they are printed."""
    task: str
    """By XTREME's name, or a group of tasks, or `all_task`."""
    metric: str
    """By the name that scores have; `mean` of several tasks."""
    figures: Mapping[str, float]
    """By language; empty where only the mean was printed."""
    mean: float
    """As printed."""
    source: str
    """Where."""
    care: str = ""
    """Why it is to be read with care."""

    @property
    def name(self) -> str:
        """The model with its source's number, as tables have it."""
        return f"{self.model} [{sources().index(self.source) + 1}]"


@cache
def published() -> tuple[Published, ...]:
    """All of them, in the order of the file."""
    told = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        found
        for source in told
        for table in source["tables"]
        for line in table["figures"].splitlines()
        for found in (_means if "means" in table else _languages)(source["source"], table, line)
    )


@cache
def published_of(task: str) -> Mapping[str, tuple[Published, ...]]:
    """A task's figures, or a group's, by the names that tables have."""
    found: dict[str, tuple[Published, ...]] = {}
    for one in published():
        if one.task == task:
            found[one.name] = (*found.get(one.name, ()), one)
    return found


@cache
def sources() -> tuple[str, ...]:
    """Where they were read, as they are numbered: the first is [1]."""
    return tuple(dict.fromkeys(one.source for one in published()))


def _languages(source: str, table: Mapping[str, Any], line: str) -> Iterator[Published]:
    """A line by language: `XLM-R base 85.8 79.7 | 76.2`."""
    told, mean = line.split("|")
    codes = table["languages"].split()
    model, values = _split(told, len(codes))
    yield Published(
        model=model,
        task=table["task"],
        metric=table["metric"],
        figures=dict(zip(codes, map(float, values), strict=True)),
        mean=float(mean),
        source=source,
        care=table.get("care", {}).get(model, ""),
    )


def _means(source: str, table: Mapping[str, Any], line: str) -> Iterator[Published]:
    """A line of means: `XLM-R base 75.6 -`."""
    columns = table["means"].split()
    model, values = _split(line, len(columns))
    for column, value in zip(columns, values, strict=True):
        if value != "-":
            task, metric = column.split("/")
            care = table.get("care", {}).get(model, "")
            yield Published(
                model=model,
                task=task,
                metric=metric,
                figures={},
                mean=float(value),
                source=source,
                care=care,
            )


def _split(line: str, count: int) -> tuple[str, list[str]]:
    """A model's name, which may have spaces, and so many figures after it."""
    words = line.split()
    return " ".join(words[:-count]), words[-count:]
