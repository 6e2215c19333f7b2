"""`erniem mine`: two monolingual files in, scored pairs out; what is costly is kept beside.

```text
A.txt ─▶ sentences ─▶ vectors ─┐                             ┌─ threshold
B.txt ─▶ sentences ─▶ vectors ─┴─▶ neighbours, both ways ────┴─▶ pairs, best first ─▶ OUTPUT
         └──────────────── OUTPUT.mining/ ─────────────┘
```

A killed run goes on where it was. A run with another threshold, margin, strategy or format makes
neither vectors nor neighbours again.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from erniem.embed import VectorSettings, open_encoder
from erniem.mine.found import MiningRun, read_finished, work_of, write_finished
from erniem.mine.output import Format, write_pairs
from erniem.mine.settings import MineSettings
from erniem.mine.side import Side, digest_of, embed, open_side
from erniem.mine.threshold import Threshold, least_score
from erniem.mine.vectors import vectors_for
from erniem.tasks.retrieve.candidates import Mined, pairs_of
from erniem.tasks.retrieve.margin import best_of_both
from erniem.tasks.retrieve.nearest import Found
from erniem.tasks.retrieve.search import search_both_ways, search_for

__all__ = ["mine_files"]


def mine_files(
    first: Path,
    second: Path,
    *,
    encoder: Path,
    output: Path,
    form: Format = "scored",
    threshold: Threshold | None = None,
    vectors: VectorSettings | None = None,
    settings: MineSettings | None = None,
    ids: bool = False,
    progress: bool = False,
) -> MiningRun:
    """Mines pairs of translations out of two files.

    Args:
        first, second: a sentence a line, plain or packed.
        encoder: folder with an encoder of any kind, see `open_encoder`.
        output: file to write; `OUTPUT.mining` beside it keeps vectors and neighbours.
        form: of the file, see `erniem.mine.output`.
        threshold: from which score on a pair is written.
        vectors: how a sentence becomes a vector; as the encoder's folder says, or the mean of the
            text's tokens in the last layer.
        settings: how pairs are found.
        ids: an id and a tab stand before each sentence.
        progress: show bars.

    Raises:
        ValueError: a file without sentences or in another encoding, two files with the same text,
            no encoder, an output that no mining made, no threshold for the margin.
        OSError: a file that is not there, or could not be written.
    """
    settings = settings or MineSettings()
    usual = threshold in (None, Threshold())
    threshold = (threshold or Threshold()).or_usual(settings)
    vectors = vectors or vectors_for(encoder)
    started = time.monotonic()
    plan = _plan((first, second), encoder, vectors, form, threshold, settings, ids=ids)
    if (finished := read_finished(output, plan)) is not None:
        return finished
    opened = cache(partial(open_encoder, encoder))
    work = work_of(output)
    sides = _sides((first, second), work, plan, settings, ids=ids)
    for side in sides:
        embed(side, opened, vectors, progress=progress)
    forth, back = _neighbours(sides, work, plan, settings, progress=progress)
    least = least_score(threshold, sides, opened, vectors, settings)
    best = best_of_both(forth, back, settings.margin)
    mined = _above(pairs_of(*best, settings.candidates, shared=settings.shared), least)
    write_pairs(work / "pairs", mined, sides[0].sentences, sides[1].sentences, form)
    found = _found(output, sides, mined, least, settings, time.monotonic() - started)
    found = replace(found, usual=usual)
    write_finished(found, plan, work / "pairs")
    return found


def _found(
    output: Path,
    sides: list[Side],
    mined: Mined,
    least: float,
    settings: MineSettings,
    seconds: float,
) -> MiningRun:
    first, second = sides
    return MiningRun(
        output=output,
        pairs=len(mined.rows),
        threshold=least,
        sentences=(len(first.sentences), len(second.sentences)),
        dropped=(first.dropped, second.dropped),
        search=_search(settings, sides),
        seconds=seconds,
    )


def _plan(
    files: tuple[Path, Path],
    encoder: Path,
    vectors: VectorSettings,
    form: Format,
    threshold: Threshold,
    settings: MineSettings,
    *,
    ids: bool,
) -> dict[str, Any]:
    """All that tells one run from another, as plain values."""
    texts = [digest_of(path) for path in files]
    if texts[0] == texts[1]:
        raise ValueError(f"{files[0]} and {files[1]} are the same text: give two languages.")
    made = {"encoder": digest_of(encoder), "vectors": asdict(vectors)}
    read = {"ids": ids, "max_characters": settings.max_characters}
    told = {
        name: digest_of(value) if isinstance(value, Path) else value
        for name, value in asdict(threshold).items()
    }
    return {
        "sides": [{"file": text, **read, **made} for text in texts],
        "form": form,
        "threshold": told,
        "settings": asdict(settings),
    }


def _sides(
    files: tuple[Path, Path],
    work: Path,
    plan: Mapping[str, Any],
    settings: MineSettings,
    *,
    ids: bool,
) -> list[Side]:
    """Both sides, without what is not mined."""
    names = ("first", "second")
    return [
        open_side(path, work / name, told, ids=ids, max_characters=settings.max_characters)
        for path, name, told in zip(files, names, plan["sides"], strict=True)
    ]


def _search(settings: MineSettings, sides: list[Side]) -> str:
    return search_for(settings.search, *(len(side.sentences) for side in sides))


def _above(mined: Mined, least: float) -> Mined:
    taken = mined.scores >= least
    return Mined(rows=mined.rows[taken], scores=mined.scores[taken])


def _neighbours(
    sides: list[Side],
    work: Path,
    plan: Mapping[str, Any],
    settings: MineSettings,
    *,
    progress: bool,
) -> tuple[Found, Found]:
    """The neighbours of both sides, as an earlier run left them, or searched."""
    told = json.dumps(
        [plan["sides"], settings.neighbours, _search(settings, sides)], sort_keys=True
    )
    path = work / "neighbours.npz"
    if path.is_file():
        with np.load(path) as kept:
            if str(kept["plan"]) == told:
                forth, back = (tuple(kept[f"{way}{part}"] for part in "cr") for way in "fb")
                return forth, back
    first, second = (side.vectors for side in sides)
    forth, back = search_both_ways(
        first, second, settings.neighbours, search=settings.search, progress=progress
    )
    half = work / "partial.npz"
    np.savez(half, plan=told, fc=forth[0], fr=forth[1], bc=back[0], br=back[1])
    half.replace(path)
    return forth, back
