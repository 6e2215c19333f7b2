"""Which text a corpus is made of: repeated, unwanted and held-out text left out, each once.

```text
XX.txt ──────┐        ┌─ repeated, in an evaluation set, over the cap: dropped and counted
XX-YY.tsv ───┴─read─▶─┼─ held out for evaluation
                      └─ the rest, and the sides of pairs as sentences of their languages
```
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from erniem.corpus.clean import normalised, texts_of
from erniem.corpus.document import Drops, sides_of
from erniem.corpus.sources import Source, SourceEntry, find_sources, read

__all__ = ["Gathered", "Rows", "Texts", "by_language", "codes_of", "draw_order", "gather"]

MOST_HELD_OUT = 0.1
"""At most this share of the pairs of two languages is held out."""
LEAST_LETTERS = 15
"""A held-out segment has so many letters and digits on its first side: shorter ones fit many."""

Texts = dict[tuple[str, ...], tuple[str, ...]]
"""Sentences (one-tuples) or pairs, each under its normalised form."""
Rows = dict[str, Texts]
"""Texts by label, `de` or `en-de`."""
Origins = dict[str, dict[tuple[str, ...], str]]
"""The source of each of them, under the same names."""


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """The text of a corpus."""

    rows: Rows
    """What is trained on; no label is empty."""
    origins: Origins
    """Where each of the rows comes from."""
    held_out: Mapping[str, list[tuple[str, ...]]]
    """Pairs kept for evaluation, by label."""
    from_pairs: Mapping[str, int]
    """How many sentences of each language came from pairs alone."""
    drops: Drops
    """What was left out, and why."""


def gather(
    sources: Sequence[Path],
    *,
    languages: Sequence[str] | None,
    exclude: Sequence[Path],
    max_per_source: int | None,
    held_out: int,
    pairs_as_text: bool,
) -> Gathered:
    """The text of all files that may be used; the arguments are `build_corpus`'s.

    Raises:
        ValueError: no text, none left of a language that was asked for, a file of no use.
    """
    if max_per_source is not None and max_per_source < 1:
        raise ValueError(f"max_per_source is {max_per_source}: give at least 1, or None for all.")
    entries = [SourceEntry(path=str(folder)) for folder in sources]
    files = _of_languages([file for entry in entries for file in find_sources(entry)], languages)
    excluded = texts_of(exclude)
    drops = Drops()
    rows: Rows = {}
    origins: Origins = {}
    for file in tqdm(files, desc="reading", unit="file"):
        known = rows.setdefault(file.label, {})
        fresh = _capped(file, _fresh(file, known, excluded, drops), max_per_source, drops)
        known |= fresh
        origins.setdefault(file.label, {}).update(dict.fromkeys(fresh, file.name))
    kept = _hold_out(rows, held_out, drops)
    rows = {label: texts for label, texts in rows.items() if texts}
    _check_left(rows, languages, drops)
    from_pairs: dict[str, int] = {}
    if pairs_as_text:
        sentences = by_language(rows)
        from_pairs = {
            code: len(texts) - len(rows.get(code, {})) for code, texts in sentences.items()
        }
        rows |= sentences
        _name_sides(origins)
    return Gathered(rows=rows, origins=origins, held_out=kept, from_pairs=from_pairs, drops=drops)


def _of_languages(files: list[Source], languages: Sequence[str] | None) -> list[Source]:
    if languages is None:
        return files
    there = {code for file in files for code in file.languages}
    if missing := sorted(set(languages) - there):
        raise ValueError(
            f"no text in {', '.join(missing)}; the folders have {', '.join(sorted(there))}."
        )
    return [file for file in files if set(file.languages) <= set(languages)]


def codes_of(labels: Iterable[str]) -> list[str]:
    """The languages of labels, sorted: `["en-sw", "de"]` → `["de", "en", "sw"]`."""
    return sorted({code for label in labels for code in label.split("-")})


def _check_left(rows: Rows, languages: Sequence[str] | None, drops: Drops) -> None:
    left = codes_of(rows)
    missing = sorted(set(languages or ()) - set(left))
    if missing or not left:
        reasons = ", ".join(f"{count} {reason}" for reason, count in drops.by_reason().items())
        raise ValueError(
            f"no text is left{' in ' if missing else ''}{', '.join(missing)} (dropped: "
            f"{reasons or 'none'}); give more, or for pairs ask for the other language too."
        )


def _fresh(file: Source, known: Texts, excluded: Mapping[Path, set[str]], drops: Drops) -> Texts:
    """What a file adds to the texts known already."""
    fresh: Texts = {}
    for texts in _texts(file, drops):
        keys = tuple(normalised(text) for text in texts)
        reason = _why_drop(keys, excluded)
        if reason is None and (keys in known or keys in fresh):
            reason = "repeated"
        if reason is None:
            fresh[keys] = texts
        else:
            drops.add(reason, file.name, file.label)
    return fresh


def _texts(file: Source, drops: Drops) -> Iterator[tuple[str, ...]]:
    return map(sides_of, read(file, drops))


def _why_drop(keys: tuple[str, ...], excluded: Mapping[Path, set[str]]) -> str | None:
    """Why a sentence or pair cannot be used, or None."""
    if not all(keys):
        return "no letters"
    for folder, texts in excluded.items():
        if any(key in texts for key in keys):
            return f"stands in {folder.name}"
    return "same on both sides" if len(keys) == 2 and keys[0] == keys[1] else None


def draw_order(text: str) -> bytes:
    """Orders texts by chance, and alike on every machine: the first few of the order are a draw."""
    return hashlib.sha256(text.encode()).digest()


def _capped(file: Source, fresh: Texts, limit: int | None, drops: Drops) -> Texts:
    """At most so many of a file's texts, drawn, in the order of the file."""
    if limit is None or len(fresh) <= limit:
        return fresh
    drops.counts["over the cap", file.name, file.label] += len(fresh) - limit
    drawn = set(sorted(fresh, key=lambda keys: draw_order("\t".join(fresh[keys])))[:limit])
    return {keys: texts for keys, texts in fresh.items() if keys in drawn}


def _hold_out(rows: Rows, count: int, drops: Drops) -> dict[str, list[tuple[str, ...]]]:
    """Takes pairs out for evaluation, and everything that repeats one of their sides.

    Chosen by a hash of the first side, so that the same segment is held out in every language.
    """
    kept: dict[str, list[tuple[str, ...]]] = {}
    taken: set[str] = set()
    for label in [label for label in rows if "-" in label]:
        first_sides: dict[str, tuple[str, ...]] = {}
        for keys in rows[label]:
            first_sides.setdefault(keys[0], keys)
        long = [key for key in first_sides if len(key) >= LEAST_LETTERS]
        limit = min(count, int(len(rows[label]) * MOST_HELD_OUT))
        chosen = [first_sides[key] for key in sorted(long, key=draw_order)[:limit]]
        kept[label] = [rows[label][keys] for keys in chosen]
        taken.update(key for keys in chosen for key in keys)
    for label, texts in rows.items():
        left = {keys: row for keys, row in texts.items() if taken.isdisjoint(keys)}
        drops.counts["held out", "", label] += len(texts) - len(left)
        rows[label] = left
    return kept


def _name_sides(origins: Origins) -> None:
    """A sentence that came from pairs alone has their source."""
    for label in sorted(label for label in origins if "-" in label):
        for place, code in enumerate(label.split("-")):
            of_sentences = origins.setdefault(code, {})
            for keys, source in origins[label].items():
                of_sentences.setdefault(keys[place : place + 1], source)


def by_language(rows: Rows) -> Rows:
    """All sentences of each language, the sides of its pairs among them, each once."""
    found: Rows = {}
    for label in sorted(rows, key=lambda label: ("-" in label, label)):
        for place, code in enumerate(label.split("-")):
            sentences = found.setdefault(code, {})
            for keys, texts in rows[label].items():
                sentences.setdefault(keys[place : place + 1], texts[place : place + 1])
    return found
