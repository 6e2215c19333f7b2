"""The texts of evaluation sets, as their files lie in XTREME's folders.

```text
xnli pawsx                 XX.dev.tsv                 cells, without the label that ends a row
panx udpos                 dev-XX.tsv, .conllu        sentences, put together of their words
tatoeba bucc2018           tatoeba.XXX-eng.XXX, .XX   lines, cells
xquad mlqa tydiqa_goldp    .json, .jsonl              questions; contexts and their sentences
```
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from sentencex import segment

from erniem.compressed import PACKED, read_text

__all__ = ["KEYS", "texts_in"]

KEYS = ("context", "question", "premise", "hypothesis", "sentence", "sentence1", "sentence2")
"""Fields of JSON that hold texts; answers are short, and stand in their contexts."""
TEXT = re.compile(r".+\.(jsonl?|conllu?|txt|tsv|[a-z]{2,3})")
NO_TEXT = (".md", ".py", ".sh", ".xml", ".zip")


def texts_in(path: Path) -> Iterator[str]:
    """All texts of an evaluation set: a file, or a folder and what lies below it.

    Raises:
        ValueError: no such file or folder, none of text in it, or a file that cannot be read.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    files = [file for file in files if file.is_file() and _is_text(file)]
    if not files:
        raise ValueError(
            f"{path} holds no evaluation set: name a folder with files that end in .tsv, .txt, "
            ".json, .jsonl, .conllu or a language's code, packed or not."
        )
    for file in files:
        yield from _texts_of(file)


def _bare_name(path: Path) -> str:
    """A file's name without the ending that says how it is packed."""
    return path.stem if path.suffix in PACKED else path.name


def _is_text(path: Path) -> bool:
    name = _bare_name(path)
    return TEXT.fullmatch(name) is not None and not name.endswith(NO_TEXT)


def _texts_of(path: Path) -> Iterator[str]:
    name, text = _bare_name(path), read_text(path)
    if name.endswith(".json"):
        return _of_json(_parsed(text, path))
    if name.endswith(".jsonl"):
        rows = filter(str.strip, text.split("\n"))  # a string may hold other ends of lines
        return (found for row in rows for found in _of_json(_parsed(row, path)))
    lines = [line.rstrip("\r") for line in text.split("\n") if not line.startswith("# ")]
    return _of_words(lines) if _is_tagged(lines) else _of_cells(lines)


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON ({error}): fetch it again.") from error


def _of_json(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _of_json(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in KEYS and isinstance(each, str):
                each = each.encode("utf-8", "replace").decode()  # half of a character is none
                yield each
                yield from segment("en", each) if key == "context" else ()
            elif isinstance(each, dict | list):
                yield from _of_json(each)


def _is_tagged(lines: Iterable[str]) -> bool:
    """Whether lines are words with their tags, and empty ones end a sentence."""
    filled = [line.split("\t") for line in lines if line]
    sizes = {len(columns) for columns in filled}
    words = (columns[0] for columns in filled)
    ends = sum(not line for line in lines) > 1
    return ends and len(sizes) == 1 and sizes != {1} and not any(" " in word for word in words)


def _of_words(lines: Iterable[str]) -> Iterator[str]:
    for filled, sentence in groupby(lines, key=bool):
        if filled:
            columns = [line.split("\t") for line in sentence]
            place = 1 if len(columns[0]) >= 4 else 0  # CoNLL-U numbers its words first
            yield " ".join(row[place] for row in columns)


def _of_cells(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        cells = line.split("\t")
        yield from cells[:-1] if len(cells) > 2 and _is_label(cells[-1]) else cells


def _is_label(cell: str) -> bool:
    """`neutral`, `0`; a Chinese or Thai sentence has no space either."""
    return cell.isascii() and " " not in cell
