"""Draws the report of a corpus."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from erniem.corpus.corpus import open_corpus
from erniem.corpus.manifest import added_lengths
from erniem.report.corpus.contents import CorpusFacts, Dropped, corpus_facts, shares_by
from erniem.report.parts import POLICY, environment, part, script_json

__all__ = ["render_corpus_report", "write_corpus_report"]

HERE = Path(__file__).parent
ALPHA = 0.3
"""The temperature that is shown first (XLM-R's)."""
WIDEST = 9.0
"""Width of the largest share's bar, in rem."""
SHOWN = 400
"""Rows of the table of what was dropped, at most; the JSON has all."""


def write_corpus_report(
    corpus: Path, output: Path | None = None, *, as_json: Path | None = None
) -> list[Path]:
    """Writes the report of a corpus.

    Args:
        corpus: its folder.
        output: the page; CORPUS-report.html beside the corpus if None.
        as_json: the same as JSON, see `CorpusFacts`; none if None.

    Returns:
        The files written.

    Raises:
        ValueError: no corpus, or one that is not whole.
        OSError: a file could not be written.
    """
    facts = corpus_facts(open_corpus(corpus))
    page = output or corpus.with_name(f"{corpus.name}-report.html")
    written = {page: render_corpus_report(facts)}
    if as_json is not None:
        written[as_json] = json.dumps(asdict(facts), indent=1, ensure_ascii=False) + "\n"
    for path, text in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(written)


def render_corpus_report(facts: CorpusFacts) -> str:
    """The report of a corpus as one HTML file."""
    template = environment(HERE).get_template("page.html.jinja")
    tokens = {one.code: one.tokens for one in facts.languages}
    natural = shares_by(tokens, 1.0)
    scale = WIDEST / (max(natural.values(), default=0.0) or 1.0)
    views = _length_views(facts.lengths)
    return template.render(
        facts=facts,
        policy=POLICY,
        style=part("base.css") + part("page.css", folder=HERE),
        script=part("sorting.js") + part("page.js", folder=HERE),
        data=script_json({"tokens": tokens, "scale": scale, "lengths": views}),
        headline=_headline(facts),
        natural=natural,
        scale=scale,
        mixed=shares_by(tokens, ALPHA),
        alpha=ALPHA,
        views=list(views),
        bins=next(iter(views.values())),
        dropped=facts.dropped[:SHOWN],
        hidden=max(0, len(facts.dropped) - SHOWN),
        examples=_examples(facts.dropped),
        recipe=yaml.safe_dump(facts.recipe, sort_keys=False, allow_unicode=True),
        count=_count,
        percent=_percent,
    )


def _headline(facts: CorpusFacts) -> list[tuple[str, str]]:
    pairs = sum(one["rows"] for one in facts.datasets if "-" in one["label"])
    return [
        (str(len(facts.languages)), "languages"),
        (_count(sum(one.sentences for one in facts.languages)), "sentences"),
        (_count(pairs), "pairs"),
        (_count(sum(one["tokens"] for one in facts.datasets)), "pieces"),
        (_count(sum(facts.reasons.values())), "sentences and pairs left out"),
    ]


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _percent(share: float) -> str:
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.1f} %"


def _length_views(lengths: Mapping[str, list[int]]) -> dict[str, list[dict[str, Any]]]:
    """Histograms by name: all sentences, all pairs, then each label; there is always one."""
    kinds = {
        "all sentences": [bins for label, bins in lengths.items() if "-" not in label],
        "all pairs": [bins for label, bins in lengths.items() if "-" in label],
    }
    totals = {name: reduce(added_lengths, some) for name, some in kinds.items() if some}
    return {name: _bins(bins) for name, bins in ({**totals, **lengths} or {"none": []}).items()}


def _bins(lengths: list[int]) -> list[dict[str, Any]]:
    """Rows by length, with names, heights and how a number is written."""
    most = max(lengths, default=0) or 1
    names = ["0", "1", *(f"{2**bits}–{2 ** (bits + 1) - 1}" for bits in range(1, len(lengths)))]
    return [
        {"name": name, "rows": _count(rows), "height": round(100 * rows / most, 2)}
        for name, rows in zip(names, lengths, strict=False)
    ]


def _examples(dropped: list[Dropped]) -> list[tuple[str, int, list[tuple[Dropped, list[str]]]]]:
    """By reason: how many, and a few texts of each of its largest sources."""
    by_reason: dict[str, list[Dropped]] = {}
    for one in dropped:
        by_reason.setdefault(one.reason, []).append(one)
    return [
        (
            reason,
            sum(one.count for one in some),
            [(one, text.split("\t")) for one in some[:6] for text in one.examples[:2]],
        )
        for reason, some in by_reason.items()
    ]
