"""The harness of all measurements: contestants in turn, medians with spread, one file of results.

```text
contestants ─alternate─▶ samples ─spread, ratios─▶ rows ─record─▶ bench/results.json
                                                                       └─write_table─▶ docs/bench.md
```

A contestant is called with the number of the repeat and gives one sample: a speed, seconds, bytes.
All contestants take repeat 0, then all take repeat 1, in an order that turns with each repeat, so
that what else the machine does falls on all alike. Ratios are taken within a repeat. A contestant
may live in a process of its own, also under another Python: see `Neighbour`.

```python
samples = alternate({"ours": ours, "peer": peer}, repeats=7)
rows = compared(samples, ours="ours", what="sentences of 30 pieces", unit="sentences/s",
                targets={"peer": "≥ 1.3"})
record("embed", rows, about="…", settings={"threads": 1}, packages=("torch", "transformers"))
```
"""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = [
    "Figure",
    "Neighbour",
    "Row",
    "Samples",
    "alternate",
    "compared",
    "ratios",
    "record",
    "shown",
    "spread",
    "timed",
    "write_table",
]

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "bench.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
"""Between these lines of the page the table is written anew."""

Samples = Mapping[str, Sequence[float]]
"""What each contestant gave, repeat by repeat."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A median and its spread."""

    median: float
    lowest: float
    highest: float
    repeats: int

    def __str__(self) -> str:
        middle, low, high = (shown(one) for one in (self.median, self.lowest, self.highest))
        return middle if self.repeats == 1 else f"{middle} ({low} to {high})"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table: one contestant, and how it compares with another."""

    what: str
    """What is done: "base size, MMLM"."""
    name: str
    """The contestant."""
    unit: str
    """Of its figure: "real tokens/s", "MB"."""
    figure: Figure
    """What it gave."""
    against: str | None = None
    """The contestant that it is compared with."""
    ratio: Figure | None = None
    """Its figure over the other's, within each repeat."""
    target: str | None = None
    """What the ratio should be: "≥ 2" or "≤ 1.3"."""


def alternate(
    contestants: Mapping[str, Callable[[int], float]], repeats: int, *, warm_up: int = 1
) -> dict[str, list[float]]:
    """Lets all contestants take every repeat in turn.

    Args:
        contestants: by name; each is called with the number of the repeat.
        repeats: so many samples each.
        warm_up: so many calls each before, with negative numbers, whose samples do not count.
    """
    samples: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for repeat in range(-warm_up, repeats):
        turn = repeat % len(names)
        for name in names[turn:] + names[:turn]:
            sample = contestants[name](repeat)
            if repeat >= 0:
                samples[name].append(sample)
    return samples


def spread(values: Sequence[float]) -> Figure:
    """Median, lowest and highest."""
    return Figure(
        median=statistics.median(values),
        lowest=min(values),
        highest=max(values),
        repeats=len(values),
    )


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Ours over theirs within each repeat: `[4, 6], [2, 2]` → median 2.5, from 2 to 3."""
    return spread([one / other for one, other in zip(ours, theirs, strict=True)])


def compared(
    samples: Samples,
    *,
    ours: str,
    what: str,
    unit: str,
    targets: Mapping[str, str | None] | None = None,
) -> list[Row]:
    """A row for each other contestant that compares ours with it, and one with its own figure.

    Args:
        samples: of `alternate`.
        ours: the contestant that is compared with all others.
        what, unit: see `Row`.
        targets: what the ratio should be, by the name of the other.
    """
    wanted = targets or {}
    mine = samples[ours]
    rows = [
        Row(
            what=what,
            name=ours,
            unit=unit,
            figure=spread(mine),
            against=name,
            ratio=ratios(mine, theirs),
            target=wanted.get(name),
        )
        for name, theirs in samples.items()
        if name != ours
    ]
    others = [
        Row(what=what, name=name, unit=unit, figure=spread(theirs))
        for name, theirs in samples.items()
        if name != ours or len(samples) == 1
    ]
    return rows + others


class Neighbour:
    """A contestant in a process of its own, under any Python, that takes its turn when asked.

    The process reads a JSON line a repeat, `{"repeat": 3}`, and answers with one, `{"sample": 12}`.
    It ends when its input does. Use as a context.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None):
        self.command = [*command]
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )

    def __call__(self, repeat: int) -> float:
        """The sample of a repeat."""
        answer = self.ask({"repeat": repeat})
        return float(answer["sample"])

    def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Any question, as the process understands it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The next line that the process writes, by itself or asked."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildProcessError(f"{' '.join(self.command)} ended without an answer.")
        return json.loads(line)

    def __enter__(self) -> "Neighbour":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()


def record(
    name: str,
    rows: Sequence[Row],
    *,
    about: str,
    settings: Mapping[str, Any],
    packages: Sequence[str] = ("torch", "transformers"),
    file: Path = RESULTS,
) -> None:
    """Puts the rows of one measurement into the file of results, in the place of its last ones.

    Args:
        name: of the measurement; the table is in alphabetical order of names.
        rows: what came out.
        about: a sentence or two that stands above its table: what is measured, and what is not.
        settings: sizes, threads, repeats, whatever must be known to measure again.
        packages: whose versions count.
        file: the file of results.
    """
    results = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    results[name] = {
        "about": about,
        "date": date.today().isoformat(),
        "machine": _machine(),
        "versions": {"python": platform.python_version()} | {one: version(one) for one in packages},
        "settings": dict(settings),
        "rows": [asdict(row) for row in rows],
    }
    written = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False)
    fresh = file.with_suffix(".new")
    fresh.write_text(written + "\n", encoding="utf-8")
    fresh.replace(file)


def _machine() -> str:
    """The processor, its cores and their load: "AMD EPYC, family 26 model 2, 2 cores, load 0.3".

    Processors that share a name are told apart by family and model; machines that are rented show
    little else.
    """
    model = platform.processor() or platform.machine()
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        lines = [line.split(":", 1) for line in listed.read_text().splitlines() if ":" in line]
        facts = {line[0].strip(): line[1].strip() for line in lines}
        model = facts.get("model name", model)
        if "cpu family" in facts:
            model += f", family {facts['cpu family']} model {facts['model']}"
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores{load}"


def shown(value: float) -> str:
    """A number with three digits that count: 12,345 · 123 · 12.3 · 1.23 · 0.0123."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = next((after for after, least in ((1, 10), (2, 0.1), (4, 0.001)) if value >= least), 6)
    return f"{value:.{digits}f}"


def as_markdown(name: str, result: Mapping[str, Any]) -> str:
    """The table of one measurement, with what must be known to read it."""
    versions = ", ".join(f"{one} {number}" for one, number in result["versions"].items())
    settings = ", ".join(f"{key} {value}" for key, value in result["settings"].items())
    head = (
        f"### {name}\n\n{result['about']}\n\n"
        f"{result['date']} · {result['machine']} · {versions} · {settings}\n\n"
        "| what | contestant | figure | against | ratio | target |\n|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(_line(row) for row in result["rows"]) + "\n"


def _line(row: Mapping[str, Any]) -> str:
    figure = f"{Figure(**row['figure'])} {row['unit']}"
    ratio = f"{Figure(**row['ratio'])} ×" if row["ratio"] else ""
    target = row["target"] or ""
    if target and row["ratio"]:
        target += " ✓" if _met(target, row["ratio"]["median"]) else " ✗"
    cells = (row["what"], row["name"], figure, row["against"] or "", ratio, target)
    return "| " + " | ".join(cells) + " |"


def _met(target: str, value: float) -> bool:
    """Does a value meet "≥ 2" or "≤ 1.3"."""
    sign, _, bound = target.partition(" ")
    if sign not in ("≥", "≤"):
        raise ValueError(f"target {target!r} must read '≥ 2' or '≤ 1.3'.")
    return value >= float(bound) if sign == "≥" else value <= float(bound)


def write_table(file: Path = RESULTS, page: Path = PAGE) -> None:
    """Writes the tables of the results between the two marks of the page."""
    results = json.loads(file.read_text(encoding="utf-8"))
    tables = "\n".join(as_markdown(name, result) for name, result in results.items())
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}", encoding="utf-8")


def timed(work: Callable[[], object], *, amount: float = 1.0) -> float:
    """How much of `amount` a second does: 1 / seconds, for speeds."""
    start = time.perf_counter()
    work()
    return amount / (time.perf_counter() - start)
