"""The charts of a report, without colours of their own paper: the page's style gives those.

Letters: N sentences.
"""

import html
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from erniem.report.quickstart.maps import MapPoints
from erniem.report.quickstart.results import LanguageResult, Results

__all__ = [
    "HEALTH_NAMES",
    "OBJECTIVES",
    "between_map",
    "color_of",
    "health_lines",
    "mark_of",
    "measure_line",
    "objective_lines",
    "retrieval_dots",
    "sentence_map",
    "symbol_of",
]

COLORS = (
    *("#2d7869", "#e1b400", "#4bc3ff", "#c35ac3", "#a5000f", "#ff7887", "#2d69ff", "#5a4b4b"),
    *("#f00087", "#b4a5c3", "#960087", "#b45a1e", "#a5961e", "#784bc3", "#2d00ff", "#8796ff"),
)
"""Sixteen colours, each two at least 0.08 apart in OKLab for normal sight and for the three kinds
of colour blindness (Machado et al. 2009); contrast with light and with dark paper is at least 1.9.
"""
SYMBOLS = {"circle": "●", "square": "■", "diamond": "◆", "triangle-up": "▲"}
"""Told apart without colour: plotly's name → as a letter."""
LINES = ("#3b82c4", "#d9660a", "#1f9d78", "#c2609a", "#8a8f98")
"""For a few lines; after Okabe and Ito, readable on light and dark paper."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
"""Told apart without colour."""
OBJECTIVES = {"mmlm": "MMLM", "tlm": "TLM", "camlm": "CAMLM", "btmlm": "BTMLM"}
"""Name in the log → as written."""
HEALTH_NAMES = {
    "distinct": "distinct guesses",
    "content": "content guesses",
    "found_content": "content guesses found",
    "baseline_content": "found by frequency alone",
    "in_language": "in the target language",
}
"""Share in the log → its name; the baseline stands beside what it is for."""
LONGEST_LABEL = 160
"""Characters of a sentence in a map's label; the panel beside the map has all of it."""

Points = list[tuple[float, float]]
"""Step and figure."""


def color_of(place: int) -> str:
    """The colour of the language at a place of the list."""
    return COLORS[place % len(COLORS)]


def symbol_of(place: int) -> str:
    """Its symbol; neighbours in the list differ."""
    return list(SYMBOLS)[(place + place // len(COLORS)) % len(SYMBOLS)]


def mark_of(place: int) -> str:
    """Its symbol as a letter."""
    return SYMBOLS[symbol_of(place)]


def retrieval_dots(results: Results, test: str, title: str) -> go.Figure:
    """A row of dots for each language, a dot for each checkpoint, best language on top.

    Args:
        results: the run.
        test: `retrieval` or `tatoeba`.
        title: of the axis.
    """
    rows = sorted(_measured(results.languages, test), key=lambda row: _best_known(row[1], results))
    names = [html.escape(language.name) for language, _ in rows]
    figure = go.Figure()
    if not rows:
        return figure
    figure.add_trace(_spans(names, [shares for _, shares in rows]))
    for place, checkpoint in enumerate(results.checkpoints):
        label = html.escape(checkpoint)
        figure.add_scatter(
            x=[_or_none(shares.get(checkpoint)) for _, shares in rows],
            y=names,
            name=label,
            mode="markers",
            marker={"size": 11, "color": _stage_color(place), "symbol": symbol_of(place)},
            hovertemplate=f"%{{y}}, {label}: %{{x:.1%}}<extra></extra>",
        )
    figure.update_layout(height=120 + 30 * len(rows), legend=_legend_above())
    figure.update_xaxes(title_text=title, tickformat=".0%", rangemode="tozero")
    figure.update_yaxes(type="category", showgrid=False, dtick=1)
    return figure


def objective_lines(results: Results, kind: str, title: str, form: str) -> go.Figure:
    """A line for each objective over the steps.

    Args:
        results: the run.
        kind: `loss` or `accuracy`, as the log has it.
        title: of the axis.
        form: of a value, as d3 writes it.
    """
    figure = go.Figure()
    for place, (key, name) in enumerate(OBJECTIVES.items()):
        points = _series(results.losses, f"{kind}/{key}")
        _add_line(figure, points, name, place, form)
    return _over_steps(figure, results, title, form)


def measure_line(results: Results, key: str, title: str, form: str) -> go.Figure:
    """One figure of the log over the steps, such as `tokens_per_second`."""
    figure = go.Figure()
    _add_line(figure, _series(results.losses, key), title, 0, form)
    figure.update_layout(showlegend=False)
    return _over_steps(figure, results, title, form)


def health_lines(results: Results, needed: Mapping[str, float]) -> go.Figure:
    """The shares of the asking pass over the steps, each with the least that stage 2 needs.

    Args:
        results: the run.
        needed: share → the least, if the recipe has one.
    """
    figure = go.Figure()
    for place, (key, name) in enumerate(HEALTH_NAMES.items()):
        points = _series(results.losses, f"health/{key}")
        _add_line(figure, points, name, place, ".1%", markers=True)
        if points and key in needed:
            _add_threshold(figure, points, needed[key], name, place)
    return _over_steps(figure, results, "share", ".0%")


def between_map(results: Results) -> go.Figure:
    """Retrieval between every two languages; one layer a checkpoint, the last is shown."""
    figure = go.Figure()
    languages = results.languages
    shown = [name for name in results.checkpoints if results.between.get(name)]
    codes = [html.escape(language.code) for language in languages]
    names = [html.escape(language.name) for language in languages]
    for checkpoint in shown:
        figure.add_heatmap(
            z=_square([language.code for language in languages], results.between[checkpoint]),
            x=codes,
            y=codes,
            name=html.escape(checkpoint),
            visible=checkpoint == shown[-1],
            customdata=[[f"{one} – {other}" for other in names] for one in names],
            hovertemplate="%{customdata}: %{z:.1f} %<extra></extra>",
            hoverongaps=False,
            texttemplate="%{z:.0f}",
            zmin=0,
            zmax=100,
            colorscale="Cividis",
            xgap=1,
            ygap=1,
            colorbar={"orientation": "h", "thickness": 10, "ticksuffix": " %", "y": 1.0,
                      "yanchor": "bottom", "title": {"text": "accuracy", "side": "top"}},
        )  # fmt: skip
    figure.update_layout(height=200 + 30 * len(languages))
    figure.update_xaxes(type="category", showgrid=False, dtick=1, title_text="")
    figure.update_yaxes(type="category", showgrid=False, dtick=1, autorange="reversed")
    return figure


def sentence_map(
    points: MapPoints, positions: Float[np.ndarray, "N 2"], languages: Sequence[LanguageResult]
) -> go.Figure:
    """Sentences on a plane in the colour of their language.

    Each point has its number among all of them as `customdata`, each language its code as `meta`.
    """
    figure = go.Figure()
    codes = np.asarray(points.languages)
    for place, language in enumerate(languages):
        rows = np.flatnonzero(codes == language.code)
        figure.add_scatter(
            x=positions[rows, 0].round(3).tolist(),
            y=positions[rows, 1].round(3).tolist(),
            name=html.escape(language.name),
            meta=language.code,
            customdata=rows.tolist(),
            text=[_label(str(points.texts[row])) for row in rows.tolist()],
            mode="markers",
            marker={"size": 7, "color": color_of(place), "symbol": symbol_of(place)},
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(height=430, showlegend=False, margin={"l": 4, "r": 4, "t": 4, "b": 4})
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def _label(text: str) -> str:
    """A sentence for a chart's label: short, in lines, its markup shown and not obeyed."""
    short = text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
    return "<br>".join(html.escape(line) for line in textwrap.wrap(short, 44))


def _measured(
    languages: Sequence[LanguageResult], test: str
) -> list[tuple[LanguageResult, dict[str, float]]]:
    """The languages with a figure of a test, each with all it has."""
    rows = [(language, _known(getattr(language, test))) for language in languages]
    return [(language, shares) for language, shares in rows if shares]


def _known(shares: Mapping[str, float | int]) -> dict[str, float]:
    return {name: float(share) for name, share in shares.items() if share == share}


def _best_known(shares: Mapping[str, float], results: Results) -> float:
    """The figure of the last checkpoint that has one."""
    return next(shares[name] for name in reversed(results.checkpoints) if name in shares)


def _spans(names: Sequence[str], rows: Sequence[Mapping[str, float]]) -> go.Scatter:
    """A thin line from each language's lowest to its highest figure."""
    x: list[float | None] = []
    y: list[str | None] = []
    for name, shares in zip(names, rows, strict=True):
        x += [min(shares.values()), max(shares.values()), None]
        y += [name, name, None]
    line = {"color": LINES[-1], "width": 2}
    return go.Scatter(
        x=x, y=y, mode="lines", line=line, opacity=0.45, hoverinfo="skip", showlegend=False
    )


def _stage_color(place: int) -> str:
    """Grey for where it all starts, then the colours of lines."""
    return LINES[-1] if place == 0 else LINES[(place - 1) % (len(LINES) - 1)]


def _series(lines: Sequence[Mapping[str, float | int]], key: str) -> Points:
    """Step and figure of the lines that have it."""
    points = ((float(line["step"]), float(line[key])) for line in lines if key in line)
    return [(step, value) for step, value in points if value == value]


def _add_line(
    figure: go.Figure, points: Points, name: str, place: int, form: str, *, markers: bool = False
) -> None:
    if not points:
        return
    figure.add_scatter(
        x=[step for step, _ in points],
        y=[value for _, value in points],
        name=name,
        mode="lines+markers" if markers or len(points) == 1 else "lines",
        line={"color": LINES[place], "dash": DASHES[place], "width": 2},
        marker={"size": 6, "symbol": symbol_of(place)},
        hovertemplate=f"{name}: %{{y:{form}}}<extra></extra>",
    )


def _add_threshold(figure: go.Figure, points: Points, least: float, name: str, place: int) -> None:
    figure.add_scatter(
        x=[points[0][0], points[-1][0]],
        y=[least, least],
        name=f"{name}: least",
        mode="lines",
        line={"color": LINES[place], "dash": "dot", "width": 1},
        showlegend=False,
        hovertemplate=f"{name}, needed for stage 2: %{{y:.0%}}<extra></extra>",
    )


def _over_steps(figure: go.Figure, results: Results, title: str, form: str) -> go.Figure:
    """The axes that all lines over steps share, and where stage 2 opened."""
    figure.update_layout(height=340, hovermode="x unified", legend=_legend_above())
    figure.update_xaxes(title_text="step", tickformat=",d", rangemode="tozero")
    figure.update_yaxes(title_text=title, tickformat=form, rangemode="tozero")
    if figure.data and results.opened_step is not None:
        figure.add_vline(
            x=results.opened_step,
            line={"width": 1, "dash": "dash"},
            annotation={"text": "stage 2", "yanchor": "top", "showarrow": False},
        )
    return figure


def _legend_above() -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}


def _square(codes: Sequence[str], shares: Mapping[str, float | int]) -> list[list[float | None]]:
    """The shares of pairs in percent as a symmetric square; None where there is none."""
    found = (
        _or_none(shares.get(f"{one}-{other}", shares.get(f"{other}-{one}")))
        for one in codes
        for other in codes
    )
    cells = [None if share is None else round(100 * share, 2) for share in found]
    return [cells[start : start + len(codes)] for start in range(0, len(cells), len(codes))]


def _or_none(share: float | int | None) -> float | None:
    return None if share is None or share != share else float(share)
