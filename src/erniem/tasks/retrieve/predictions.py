"""XTREME's two retrieval tasks as predictions, language by language.

```text
tatoeba    de: rows ─▶ vectors ─▶ nearest of each English sentence ─▶ "17"             a line each
bucc2018   zh: dev ─▶ mined ─▶ threshold ─▶ test, or dev without one ─▶ "zh-57 TAB en-8530"
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erniem.embed import (
    BUCC_VECTORS,
    TATOEBA_VECTORS,
    SentenceEncoder,
    VectorSettings,
    layer_for,
    open_encoder,
    read_vector_settings,
)
from erniem.scores.metrics import ACCURACY, BITEXT, Metric
from erniem.tasks.retrieve.bucc import best_threshold, mine_bitext, pairs_above
from erniem.tasks.retrieve.bucc_files import Bitext, read_bitext
from erniem.tasks.retrieve.nearest import nearest
from erniem.tasks.retrieve.tatoeba_files import languages_of, read_tatoeba

__all__ = ["PRESETS", "Predicted", "preset", "retrieval_predictions"]

PRESETS = {"bucc2018": BUCC_VECTORS, "tatoeba": TATOEBA_VECTORS}
"""How XTREME makes vectors for each task."""


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """What a language's retrieval says."""

    predictions: Sequence[str]
    """Lines, in XTREME's layout."""
    references: Sequence[str] | None
    """What is right; None where that is not known."""
    metric: Metric
    """That scores them."""
    split: str
    """Which part of the data."""
    note: str = ""
    """What to say beside the figures."""
    layers: tuple[float, ...] | None = None
    """Accuracy in percent by layer, if it was asked for."""


def preset(task: str, model: Path) -> VectorSettings:
    """How vectors are made for a task: as the model's folder says, or else as XTREME does it."""
    return read_vector_settings(model) or PRESETS[task]


def retrieval_predictions(
    task: str,
    folder: Path,
    model: Path,
    *,
    languages: Sequence[str],
    settings: VectorSettings | None,
    limit: int | None = None,
    by_layer: bool = False,
    progress: bool = True,
) -> Iterator[tuple[str, Predicted]]:
    """Predicts in every language that there is data of, one after the other.

    Args:
        task: `tatoeba` or `bucc2018`.
        folder: holds its files.
        model: folder of the encoder and its tokenizer.
        languages: codes; those without data are left out.
        settings: how a sentence becomes a vector; see `preset` if None.
        limit: sentences of a side at most, see `Bitext.cut`; of Tatoeba the first.
        by_layer: also score every layer, from the same pass; of Tatoeba alone.
        progress: show bars.

    Raises:
        ValueError: files or a model that cannot be read, by_layer of BUCC, a limit below 1, a set
            to mine in whose threshold could be tuned on nothing.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"{limit} sentences at most: give at least 1.")
    settings = settings or preset(task, model)
    if by_layer and task != "tatoeba":
        raise ValueError(f"layers of {task} are not scanned; those of tatoeba are.")
    if not languages:
        return
    if task == "tatoeba":
        there = set(languages_of(folder))
        wanted = [code for code in languages if code in there]
        encoder = open_encoder(model) if wanted else None
        for code in wanted:
            assert encoder is not None
            rows = read_tatoeba(folder, languages=[code])[code][:limit]
            yield code, _tatoeba(encoder, rows, settings, by_layer, progress)
        return
    yield from _all_bucc(folder, model, languages, settings, limit, progress)


def _tatoeba(
    encoder: SentenceEncoder,
    rows: list[tuple[str, str]],
    settings: VectorSettings,
    by_layer: bool,
    progress: bool,
) -> Predicted:
    """The row of the foreign sentence nearest to each English one."""
    texts = list(dict.fromkeys(text for row in rows for text in row))
    places = {text: place for place, text in enumerate(texts)}
    sides = np.array([[places[one], places[other]] for one, other in rows])
    right = np.arange(len(rows))
    if by_layer:
        vectors = encoder.by_layer(texts, settings, progress=progress)
        found = [nearest(one[sides[:, 0]], one[sides[:, 1]]) for one in vectors]
        chosen = found[layer_for(settings.layer, encoder.num_layers)]
        layers = tuple(float(100 * np.mean(one == right)) for one in found)
    else:
        one = encoder.vectors(texts, settings, progress=progress)
        chosen, layers = nearest(one[sides[:, 0]], one[sides[:, 1]]), None
    return Predicted(
        predictions=[str(row) for row in chosen],
        references=[str(row) for row in right],
        metric=ACCURACY,
        split="test",
        note=_told(settings, TATOEBA_VECTORS),
        layers=layers,
    )


def _all_bucc(
    folder: Path,
    model: Path,
    languages: Sequence[str],
    settings: VectorSettings,
    limit: int | None,
    progress: bool,
) -> Iterator[tuple[str, Predicted]]:
    """Mined pairs of the test set, or of the development set where there is no test set."""
    encoder = None
    for code in languages:
        splits = {}
        for split in ("dev", "test"):
            if bitext := read_bitext(folder, code, split):
                splits[split] = bitext.cut(limit) if limit else bitext
        if splits:
            encoder = encoder or open_encoder(model)
            yield code, _bucc(encoder, splits, settings, f"{folder}, {code}", progress)


def _bucc(
    encoder: SentenceEncoder,
    splits: dict[str, Bitext],
    settings: VectorSettings,
    place: str,
    progress: bool,
) -> Predicted:
    """One language's mining; the threshold is XTREME's, tuned on dev, wherever dev has gold."""
    split = "test" if "test" in splits else "dev"
    tuned_on = next((one for one in ("dev", "test") if one in splits and splits[one].gold), None)
    if tuned_on is None:
        raise ValueError(f"{place} has no gold pairs to tune a threshold on: put the .gold there.")
    mined = {
        one: mine_bitext(encoder, splits[one], settings, progress=progress)
        for one in {split, tuned_on}
    }
    gold = splits[tuned_on].gold
    assert gold is not None
    threshold = best_threshold(mined[tuned_on], gold)
    wanted = splits[split].gold
    notes = [
        "threshold tuned on the data scored: optimistic" if tuned_on == split else "",
        _told(settings, BUCC_VECTORS),
    ]
    return Predicted(
        predictions=_lines(pairs_above(mined[split], threshold.score)),
        references=None if wanted is None else _lines(sorted(wanted)),
        metric=BITEXT,
        split=split,
        note="; ".join(filter(None, notes)),
    )


def _lines(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{one}\t{other}" for one, other in pairs]


def _told(settings: VectorSettings, xtreme: VectorSettings) -> str:
    """How vectors were made, where that is not XTREME's way."""
    if (settings.layer, settings.pooling, settings.prefix) == (xtreme.layer, xtreme.pooling, ""):
        return ""
    layer = "XTREME's" if settings.layer is None else settings.layer
    prefix = f", {settings.prefix!r} before" if settings.prefix else ""
    return f"vectors: layer {layer}, {settings.pooling}{prefix}"
