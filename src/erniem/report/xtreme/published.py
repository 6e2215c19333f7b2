"""Published figures of other encoders, as printed, with their sources."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Published", "published"]

FILE = Path(__file__).with_name("published.yaml")


@dataclass(frozen=True, kw_only=True)
class Published:
    """One model on one task, by one metric."""

    model: str
    """Its name and size."""
    task: str
    """By XTREME's name, or `all_task`."""
    metric: str
    """By the name that scores have."""
    figures: Mapping[str, float]
    """By language; empty where only the mean was printed."""
    mean: float
    """As printed."""
    source: str
    """Where."""
    care: str = ""
    """Why it is to be read with care."""


@cache
def published() -> tuple[Published, ...]:
    """All of them, in the order of the file."""
    blocks = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        _published(block, line) for block in blocks for line in block["figures"].splitlines()
    )


def _published(block: Mapping[str, Any], line: str) -> Published:
    told, mean = line.split("|")
    codes = block["languages"].split()
    words = told.split()
    values = words[len(words) - len(codes) :]
    model = " ".join(words[: len(words) - len(codes)])
    return Published(
        model=model,
        task=block["task"],
        metric=block["metric"],
        figures=dict(zip(codes, map(float, values), strict=True)),
        mean=float(mean),
        source=block["source"],
        care=block.get("care", {}).get(model, ""),
    )
