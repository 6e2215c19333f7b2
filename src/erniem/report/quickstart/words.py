"""What a report says in words and numbers."""

import math
from statistics import fmean

from erniem.report.quickstart.results import LanguageResult, Results

__all__ = ["count", "duration", "headline", "known", "means", "percent", "points", "verdict"]

NOTHING = "–"
"""Stands where there is no figure."""


def known(value: float | int | None) -> float | None:
    """The figure, or None for NaN too."""
    return None if value is None or math.isnan(value) else float(value)


def percent(share: float | int | None) -> str:
    """A share as 43.2, without its sign of percent."""
    share = known(share)
    return NOTHING if share is None else f"{100 * share:.1f}"


def points(gain: float | int | None) -> str:
    """A difference of shares in points, with its sign."""
    gain = known(gain)
    return NOTHING if gain is None else f"{100 * gain:+.1f}".replace("-", "−")


def count(number: float | int | None) -> str:
    """A number with its thousands apart."""
    number = known(number)
    return NOTHING if number is None else f"{number:,.0f}"


def duration(seconds: float | int | None) -> str:
    """Seconds as a person says them."""
    seconds = known(seconds)
    if seconds is None:
        return NOTHING
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def means(results: Results, test: str) -> tuple[dict[str, float], list[LanguageResult]]:
    """Mean accuracy by checkpoint, and the languages it is of: those that all of them measured.

    Args:
        results: the run.
        test: `retrieval` or `tatoeba`.
    """
    figures = {
        language.code: {
            name: share
            for name, value in getattr(language, test).items()
            if (share := known(value)) is not None
        }
        for language in results.languages
    }
    names = [name for name in results.checkpoints if any(name in of for of in figures.values())]
    languages = [one for one in results.languages if set(names) <= set(figures[one.code])]
    if not (names and languages):
        return {}, []
    mean = {name: fmean(figures[one.code][name] for one in languages) for name in names}
    return mean, languages


def verdict(results: Results) -> str:
    """What the run has shown, in a sentence or two."""
    shares, languages = means(results, "retrieval")
    if not shares:
        return "Retrieval was not measured in this run."
    first, *later = (f"{percent(share)} % ({name})" for name, share in shares.items())
    number = "one language" if len(languages) == 1 else f"{len(languages)} languages"
    what = f"Retrieval against English, mean of {number},"
    if not later:
        return f"{what} is {first}."
    said = f"{what} went from {first} to {' and '.join(later)}. {_last_gain(shares, languages)}"
    did_open = results.opened_step is not None or "stage 2" in results.checkpoints
    return said if did_open else f"{said} Stage 2 did not open."


def _last_gain(shares: dict[str, float], languages: list[LanguageResult]) -> str:
    """What the last checkpoint has over the one before."""
    *_, before, after = shares
    gain = shares[after] - shares[before]
    better = sum(one.retrieval[after] > one.retrieval[before] for one in languages)
    change = f"{'added' if gain > 0 else 'lost'} {100 * abs(gain):.1f} points"
    if abs(gain) < 0.0005:
        change = "changed nothing on average"
    name = after[:1].upper() + after[1:]
    return f"{name} {change}; {better} of {len(languages)} languages gained."


def headline(results: Results) -> list[tuple[str, str]]:
    """Figure and what it counts, for the top of the page."""
    shares, _ = means(results, "retrieval")
    seconds = [value for value in map(known, results.seconds.values()) if value is not None]
    retrieval = " → ".join(map(percent, shares.values())) or NOTHING
    return [
        (retrieval, "mean retrieval, %" + "".join(f" · {name}" for name in shares)),
        (count(len(results.languages)), "languages"),
        (count(sum(language.segments for language in results.languages)), "monolingual segments"),
        (count(sum(language.tokens for language in results.languages)), "tokens trained on"),
        (f"{sum(seconds) / 60:.0f}" if seconds else NOTHING, "minutes in all"),
    ]
