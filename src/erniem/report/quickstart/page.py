"""Results and maps in, HTML text out: words, tables, charts and template put together."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from erniem.report.parts import POLICY, environment, part, script_json
from erniem.report.quickstart import figures, tables, words
from erniem.report.quickstart.maps import MapPoints, neighbours, on_a_plane
from erniem.report.quickstart.results import Results

__all__ = ["render_report", "write_report"]

HERE = Path(__file__).parent


def write_report(results: Results, path: Path, maps: Mapping[str, MapPoints] | None = None) -> None:
    """Writes a report, whole or not at all.

    Args:
        results: the run.
        path: the HTML file; its folder must exist.
        maps: sentences with their vectors by checkpoint; without them no map is drawn.

    Raises:
        ValueError: see `render_report`.
    """
    partial = path.with_name(path.name + ".partial")
    partial.write_text(render_report(results, maps or {}), encoding="utf-8")
    partial.replace(path)


def render_report(results: Results, maps: Mapping[str, MapPoints]) -> str:
    """Draws the report of a run as one HTML file that loads nothing.

    Args:
        results: the run.
        maps: sentences with their vectors by checkpoint; the first and the last are drawn.

    Raises:
        ValueError: a map of a checkpoint or with a language that the results do not name.
    """
    _check_maps(results, maps)
    names = [name for name in results.checkpoints if name in maps and len(maps[name].texts)]
    shown = {name: maps[name] for name in dict.fromkeys(names[:1] + names[-1:])}
    needed = tables.needed_shares(results.recipe)
    charts = _charts(results, needed) | _map_charts(results, shown)
    charts = {name: chart for name, chart in charts.items() if chart.data}
    data = {
        "charts": {name: _plain(chart) for name, chart in charts.items()},
        "maps": {f"map-{place}": _sentences(points) for place, points in enumerate(shown.values())},
        "names": {language.code: language.name for language in results.languages},
    }
    return _template().render(
        results=results,
        verdict=words.verdict(results),
        headline=words.headline(results),
        table=tables.language_table(results),
        uncertainty=tables.uncertainty(results.languages),
        health=tables.health_rows(results, needed),
        needed=needed,
        heights={name: chart.layout.height for name, chart in charts.items()},
        layers=[name for name in results.checkpoints if results.between.get(name)],
        maps=[_map_words(place, *item) for place, item in enumerate(shown.items())],
        chips=_chips(results, shown),
        data=script_json(data),
        policy=POLICY,
        style=part("base.css") + part("page.css", folder=HERE),
        script=part("sorting.js") + part("page.js", folder=HERE),
        plotly=Markup(get_plotlyjs()),
    )


def _check_maps(results: Results, maps: Mapping[str, MapPoints]) -> None:
    known = {
        "checkpoints": set(results.checkpoints),
        "languages": {language.code for language in results.languages},
    }
    codes = {str(code) for points in maps.values() for code in points.languages}
    for what, named in (("checkpoints", set(maps)), ("languages", codes)):
        if unknown := sorted(named - known[what]):
            raise ValueError(
                f"the maps have {', '.join(unknown)}, which is not among the {what} of the "
                f"results, {', '.join(sorted(known[what])) or 'none'}: name it there too."
            )


def _template() -> Template:
    ours = environment(HERE)
    ours.filters |= {"count": words.count, "duration": words.duration}
    return ours.get_template("page.html.jinja")


def _charts(results: Results, needed: Mapping[str, float]) -> dict[str, go.Figure]:
    lines, line = figures.objective_lines, figures.measure_line
    return {
        "retrieval": figures.retrieval_dots(results, "retrieval", "retrieval accuracy"),
        "tatoeba": figures.retrieval_dots(results, "tatoeba", "Tatoeba accuracy"),
        "loss": lines(results, "loss", "loss, nats a hole", ".2f"),
        "accuracy": lines(results, "accuracy", "holes answered right", ".0%"),
        "speed": line(results, "tokens_per_second", "tokens a second", ",.0f"),
        "rate": line(results, "learning_rate", "learning rate", ".1e"),
        "health": figures.health_lines(results, needed),
        "between": figures.between_map(results),
    }


def _map_charts(results: Results, shown: Mapping[str, MapPoints]) -> dict[str, go.Figure]:
    return {
        f"map-{place}": figures.sentence_map(points, on_a_plane(points.vectors), results.languages)
        for place, points in enumerate(shown.values())
    }


def _map_words(place: int, checkpoint: str, points: MapPoints) -> dict[str, str]:
    """What stands above a map."""
    near = neighbours(points)
    return {
        "id": f"map-{place}",
        "checkpoint": checkpoint,
        "translation": words.percent(near.translation),
        "same_language": words.percent(near.same_language),
        "sentences": words.count(len(points.texts)),
    }


def _chips(results: Results, shown: Mapping[str, MapPoints]) -> list[dict[str, str]]:
    """A button for each language that stands in a map, marked as its points are."""
    there = {str(code) for points in shown.values() for code in points.languages}
    return [
        {
            "code": language.code,
            "name": language.name,
            "mark": figures.mark_of(place),
            "color": figures.color_of(place),
        }
        for place, language in enumerate(results.languages)
        if language.code in there
    ]


def _plain(chart: go.Figure) -> dict[str, Any]:
    """A chart as JSON knows it, without plotly's own style: the page has one, light and dark."""
    data = json.loads(chart.to_json())
    data["layout"].pop("template", None)
    return data


def _sentences(points: MapPoints) -> dict[str, list[Any]]:
    """What the page reads aloud when one points at a sentence."""
    return {
        "texts": [str(text) for text in points.texts],
        "languages": [str(code) for code in points.languages],
        "groups": [int(group) for group in points.groups],
    }
