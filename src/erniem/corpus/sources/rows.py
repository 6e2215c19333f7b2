"""Rows with named columns, from jsonl, parquet or the Hub, become documents.

```text
{"text": …, "url": …}                              text: text · url: url       (column names)
{"text": …, "lang": "sw"}                          language: lang: rows in others are dropped
{"translation": {"en": …, "sw": …}}                translation: translation
{"english": …, "swahili": …}                       first: english · second: swahili
```
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from erniem.corpus.document import Document, Drops, sentence
from erniem.corpus.sources.codes import known_code
from erniem.corpus.sources.paired import pair_of, shown, why_unusable
from erniem.corpus.sources.source import Source

__all__ = ["Row", "check_columns", "columns_of", "documents_of"]

Row = Mapping[str, Any]
"""A row: values by column."""


def columns_of(source: Source) -> list[str]:
    """The columns a source must have."""
    options = source.options
    given = [options[key] for key in ("language", "url") if key in options]
    if len(source.languages) == 1:
        return [options.get("text", "text"), *given]
    if "first" not in options and "second" not in options:
        return [options.get("translation", "translation"), *given]
    if "first" not in options or "second" not in options or "translation" in options:
        raise ValueError(
            f"{source.path}: give the columns of both sides, first and second, or one column "
            "translation."
        )
    return [options["first"], options["second"], *given]


def check_columns(names: Iterable[str], source: Source) -> None:
    """Whether all columns are there.

    Raises:
        ValueError: one is missing; those there are are told.
    """
    there = list(names)
    if missing := [column for column in columns_of(source) if column not in there]:
        raise ValueError(
            f"{source.path} has no column {', '.join(map(repr, missing))}; it has "
            f"{', '.join(map(str, there))}: say by the options which to read."
        )


def documents_of(rows: Iterable[Row], source: Source, drops: Drops) -> Iterator[Document]:
    """The documents of rows; those without a text are dropped and counted.

    Raises:
        ValueError: the first row lacks a column, or its translation a language.
    """
    seen = False
    for row in rows:
        if not seen:
            _check_first(row, source)
            seen = True
        if not _is_in_language(row, source):
            drops.add(
                "another language", source.name, source.label, shown(str(_text(row, source) or ""))
            )
        elif len(source.languages) == 2:
            yield from filter(None, [pair_of(_sides(row, source), source, drops)])
        else:
            yield from _sentences(row, source, drops)


def _check_first(row: Row, source: Source) -> None:
    check_columns(row, source)
    both = row.get(source.options.get("translation", "translation"))
    if len(source.languages) == 2 and isinstance(both, Mapping):
        there = _by_code(both)
        if missing := [code for code in source.languages if code not in there]:
            raise ValueError(
                f"{source.path} has no translation in {', '.join(missing)}; it has "
                f"{', '.join(both)}."
            )


def _is_in_language(row: Row, source: Source) -> bool:
    column = source.options.get("language")
    return column is None or known_code(str(row.get(column))) in source.languages


def _text(row: Row, source: Source) -> Any:
    return row.get(source.options.get("text", "text"))


def _sentences(row: Row, source: Source, drops: Drops) -> Iterator[Document]:
    text = _text(row, source)
    reason = why_unusable(text) if isinstance(text, str) else "no text"
    if reason is None:
        url = row.get(source.options.get("url", "url"))
        yield sentence(
            text.strip(),
            language=source.languages[0],
            source=source.name,
            url=url if isinstance(url, str) else "",
        )
    else:
        drops.add(reason, source.name, source.label, shown(str(text or "")))


def _sides(row: Row, source: Source) -> list[str]:
    """Both sides; empty where there is none."""
    options = source.options
    if "first" in options:
        sides = [row.get(options["first"]), row.get(options["second"])]
    else:
        both = row.get(options.get("translation", "translation"))
        by_code = _by_code(both) if isinstance(both, Mapping) else {}
        sides = [by_code.get(code) for code in source.languages]
    return [side if isinstance(side, str) else "" for side in sides]


def _by_code(texts: Mapping[str, Any]) -> dict[str | None, Any]:
    """`{"en_US": "…"}` → `{"en": "…"}`."""
    return {known_code(key): text for key, text in texts.items()} | dict(texts)
