"""Results and maps in, HTML text out: verdict, tables, charts and template put together."""

import html
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

import plotly.graph_objects as go
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from erniem.report import figures
from erniem.report.maps import MapPoints, neighbours, on_a_plane
from erniem.report.results import Figures, LanguageResult, Results

__all__ = ["render_report", "write_report"]

HERE = Path(__file__).parent
NOTHING = "–"
"""Stands where there is no figure."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a table."""

    text: str
    """What is read."""
    value: float | None = None
    """What it is sorted by."""
    kind: str = ""
    """`gain` or `loss` for a difference that is one."""


def write_report(
    results: Results, path: Path, maps: Mapping[str, MapPoints] | None = None
) -> None:
    """Writes a report, whole or not at all.

    Args:
        results: the run.
        path: the HTML file; its folder must exist.
        maps: sentences with their vectors by checkpoint; no maps are drawn without them.
    """
    partial = path.with_name(path.name + ".partial")
    partial.write_text(render_report(results, maps or {}), encoding="utf-8")
    partial.replace(path)


def render_report(results: Results, maps: Mapping[str, MapPoints]) -> str:
    """Draws the report of a run as one HTML file.

    Args:
        results: the run.
        maps: sentences with their vectors by checkpoint; the first and the last are drawn.

    Raises:
        ValueError: a map of a checkpoint that the results do not name.
    """
    if unknown := sorted(set(maps) - set(results.checkpoints)):
        raise ValueError(
            f"maps of {', '.join(unknown)}, and checkpoints are "
            f"{', '.join(results.checkpoints) or 'none'}: name it there too."
        )
    needed = needed_shares(results.recipe)
    shown = _first_and_last([name for name in results.checkpoints if name in maps])
    charts = _charts(results, needed) | {
        f"map-{place}": figures.sentence_map(
            maps[name], on_a_plane(maps[name].vectors), results.languages
        )
        for place, name in enumerate(shown)
    }
    charts = {name: chart for name, chart in charts.items() if chart.data}
    return _template().render(
        results=results,
        verdict=verdict(results),
        headline=headline(results),
        columns=_columns(results),
        rows=[_row(language, results) for language in results.languages],
        mean=_mean_row(results),
        uncertainty=_uncertainty(results.languages),
        health=_health_rows(results, needed),
        heights={name: chart.layout.height for name, chart in charts.items()},
        between=[name for name in results.checkpoints if results.between.get(name)],
        maps=[_map_words(place, name, maps[name]) for place, name in enumerate(shown)],
        chips=_chips(results.languages, [maps[name] for name in shown]),
        data=_script_json(_page_data(charts, [maps[name] for name in shown], results.languages)),
        style=Markup((HERE / "report.css").read_text(encoding="utf-8")),
        script=Markup((HERE / "report.js").read_text(encoding="utf-8")),
        plotly=Markup(get_plotlyjs()),
    )


def verdict(results: Results) -> str:
    """What the run has shown, in a sentence or two."""
    measured = _always_measured(results)
    if not measured:
        return "Retrieval was not measured in this run."
    means = {name: _mean(measured, name) for name in results.checkpoints}
    first, *later = (f"{percent(mean)} % ({name})" for name, mean in means.items())
    what = f"Retrieval against English, mean of {_languages(len(measured))},"
    if not later:
        return f"{what} is {first}."
    path = f"{what} went from {first} to {' and '.join(later)}."
    *_, before, after = results.checkpoints
    gains = [one.retrieval[after] - one.retrieval[before] for one in measured]
    better = sum(gain > 0 for gain in gains)
    end = f"{after[:1].upper()}{after[1:]} {_change(fmean(gains))}; {better} of {len(gains)} gained."
    did_open = results.opened_step is not None or "stage 2" in results.checkpoints
    return f"{path} {end}" if did_open else f"{path} {end} Stage 2 did not open."


def headline(results: Results) -> list[tuple[str, str]]:
    """Figure and what it counts, for the top of the page."""
    measured = _always_measured(results)
    means = [percent(_mean(measured, name)) for name in results.checkpoints] if measured else []
    minutes = [value / 60 for value in results.seconds.values() if value == value]
    return [
        (" → ".join(means) or NOTHING, "% mean retrieval: " + ", ".join(results.checkpoints)),
        (count(len(results.languages)), "languages"),
        (count(sum(language.segments for language in results.languages)), "monolingual segments"),
        (count(sum(language.tokens for language in results.languages)), "tokens trained on"),
        (f"{sum(minutes):.0f}" if minutes else NOTHING, "minutes in all"),
    ]


def needed_shares(recipe: str) -> dict[str, float]:
    """The shares of the asking pass that a recipe needs before stage 2 opens, by their log name."""
    try:
        part = yaml.safe_load(recipe)
    except yaml.YAMLError:
        return {}
    for key in ("health", "opening"):
        part = part.get(key) if isinstance(part, dict) else None
    names = {"distinct": "distinct", "content": "content", "found": "found_content"}
    least = part if isinstance(part, dict) else {}
    return {
        name: float(least[key])
        for key, name in names.items()
        if isinstance(least.get(key), int | float)
    }


def percent(share: float | int | None) -> str:
    """A share as 43.2, without its sign of percent."""
    return NOTHING if share is None or share != share else f"{100 * share:.1f}"


def points(gain: float | int | None) -> str:
    """A difference of shares in points, with its sign."""
    return NOTHING if gain is None or gain != gain else f"{100 * gain:+.1f}".replace("-", "−")


def count(number: float) -> str:
    """A number with its thousands apart."""
    return NOTHING if number != number else f"{number:,.0f}"


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if not math.isfinite(seconds):
        return NOTHING
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "count": count, "duration": duration}
    return environment.get_template("report.html.jinja")


def _charts(results: Results, needed: Mapping[str, float]) -> dict[str, go.Figure]:
    lines = figures.objective_lines
    return {
        "retrieval": figures.retrieval_dots(results, "retrieval", "retrieval accuracy"),
        "tatoeba": figures.retrieval_dots(results, "tatoeba", "Tatoeba accuracy"),
        "loss": lines(results, "loss", "loss, nats a hole", ".2f"),
        "accuracy": lines(results, "accuracy", "holes answered right", ".0%"),
        "speed": figures.measure_line(results, "tokens_per_second", "tokens a second", ",.0f"),
        "rate": figures.measure_line(results, "learning_rate", "learning rate", ".1e"),
        "health": figures.health_lines(results, needed),
        "between": figures.between_map(results),
    }


def _columns(results: Results) -> list[tuple[str, list[str]]]:
    """Groups of columns, each with the names of its own."""
    groups = [
        ("text", ["segments", "pairs", "tokens", "held out"]),
        ("retrieval, %", list(results.checkpoints)),
        ("gain, points", list(results.checkpoints[1:])),
    ]
    if any(language.tatoeba for language in results.languages):
        groups.append(("Tatoeba, %", list(results.checkpoints)))
    return [group for group in groups if group[1]]


def _row(language: LanguageResult, results: Results) -> list[Cell]:
    """The cells of a language beside its name."""
    text = (language.segments, language.pairs, language.tokens, language.held_out)
    cells = [Cell(text=count(number), value=number) for number in text]
    cells += _shares(language.retrieval, results.checkpoints)
    cells += _gains(language.retrieval, results.checkpoints)
    if any(other.tatoeba for other in results.languages):
        cells += _shares(language.tatoeba, results.checkpoints)
    return cells


def _shares(shares: Figures, checkpoints: Iterable[str]) -> list[Cell]:
    found = (_known(shares.get(name)) for name in checkpoints)
    return [Cell(text=percent(share), value=share) for share in found]


def _gains(shares: Figures, checkpoints: Sequence[str]) -> list[Cell]:
    cells = []
    for before, after in zip(checkpoints, checkpoints[1:], strict=False):
        gain = shares.get(after, math.nan) - shares.get(before, math.nan)
        kind = "gain" if gain > 0 else "loss" if gain < 0 else ""
        cells.append(Cell(text=points(gain), value=_known(gain), kind=kind))
    return cells


def _mean_row(results: Results) -> list[Cell]:
    """Sums of text, and means over the languages that every checkpoint measured."""
    languages = results.languages
    texts = ("segments", "pairs", "tokens", "held_out")
    cells = [Cell(text=count(sum(getattr(one, name) for one in languages))) for name in texts]
    for test in ("retrieval", "tatoeba"):
        measured = _always_measured(results, test)
        means = {name: _mean(measured, name, test) for name in results.checkpoints}
        if test == "retrieval":
            cells += _shares(means, results.checkpoints) + _gains(means, results.checkpoints)
        elif any(language.tatoeba for language in languages):
            cells += _shares(means, results.checkpoints)
    return cells


def _always_measured(results: Results, test: str = "retrieval") -> list[LanguageResult]:
    """The languages that every checkpoint measured, so that means are of the same ones."""
    return [
        language
        for language in results.languages
        if results.checkpoints
        and all(
            _known(getattr(language, test).get(name)) is not None for name in results.checkpoints
        )
    ]


def _mean(languages: Sequence[LanguageResult], checkpoint: str, test: str = "retrieval") -> float:
    values = [float(getattr(language, test)[checkpoint]) for language in languages]
    return fmean(values) if values else math.nan


def _uncertainty(languages: Sequence[LanguageResult]) -> tuple[int, str] | None:
    """Held-out rows of the middle language, and half of the widest 95 % interval they give."""
    rows = [language.held_out for language in languages if language.held_out and language.retrieval]
    middle = int(median(rows)) if rows else 0
    return (middle, f"{98 / math.sqrt(middle):.1f}") if middle else None


def _health_rows(results: Results, needed: Mapping[str, float]) -> list[dict[str, str]]:
    """First, last and least of each share; empty if the asking pass was never checked."""
    rows = []
    for key, name in figures.HEALTH_NAMES.items():
        seen = [line[f"health/{key}"] for line in results.losses if f"health/{key}" in line]
        first, last = (percent(seen[0]), percent(seen[-1])) if seen else (NOTHING, NOTHING)
        least = percent(needed[key]) if key in needed else NOTHING
        rows.append({"key": key, "name": name, "first": first, "last": last, "least": least})
    return rows if any(row["last"] != NOTHING for row in rows) else []


def _map_words(place: int, checkpoint: str, points: MapPoints) -> dict[str, str]:
    near = neighbours(points)
    return {
        "id": f"map-{place}",
        "checkpoint": checkpoint,
        "translation": percent(near.translation),
        "same_language": percent(near.same_language),
        "sentences": count(len(points.texts)),
    }


def _chips(languages: Sequence[LanguageResult], maps: Sequence[MapPoints]) -> list[dict[str, str]]:
    """A button for each language that stands in a map, marked as its points are."""
    marks = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲"}
    chips = {}
    for points_ in maps:
        there = {str(code) for code in points_.languages}
        for place, (code, name) in enumerate(figures.language_names(languages, points_).items()):
            mark = marks[figures.symbol_of(place)]
            if code in there:
                chips[code] = {"name": name, "mark": mark, "color": figures.color_of(place)}
    return [{"code": code, **chip} for code, chip in chips.items()]


def _page_data(
    charts: Mapping[str, go.Figure],
    maps: Sequence[MapPoints],
    languages: Sequence[LanguageResult],
) -> dict[str, Any]:
    """What the page's script reads."""
    return {
        "charts": {name: _plain(chart) for name, chart in charts.items()},
        "maps": {f"map-{place}": _sentences(points_) for place, points_ in enumerate(maps)},
        "names": {language.code: language.name for language in languages},
    }


def _plain(chart: go.Figure) -> dict[str, Any]:
    """A chart as JSON knows it, without plotly's own style: the page has one, light and dark."""
    data = json.loads(chart.to_json())
    data["layout"].pop("template", None)
    return data


def _sentences(points_: MapPoints) -> dict[str, list[Any]]:
    return {
        "texts": [str(text) for text in points_.texts],
        "languages": [str(code) for code in points_.languages],
        "groups": [int(group) for group in points_.groups],
    }


def _script_json(data: Any) -> Markup:
    """JSON that cannot end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _first_and_last(names: Sequence[str]) -> list[str]:
    return [names[0], names[-1]] if len(names) > 1 else list(names)


def _languages(number: int) -> str:
    return "one language" if number == 1 else f"{number} languages"


def _change(gain: float) -> str:
    if abs(gain) < 0.0005:
        return "changed nothing on average"
    return f"{'added' if gain > 0 else 'lost'} {100 * abs(gain):.1f} points"


def _known(value: float | int | None) -> float | None:
    return None if value is None or value != value else float(value)
