"""What mined pairs are written as.

```text
scored   score TAB sentence TAB sentence       pairs   sentence TAB sentence: a corpus reads it
bucc     id TAB id                             jsonl   score, ids (numbers of lines), sentences
```
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from erniem.mine.sentences import Sentences
from erniem.tasks.retrieve.candidates import Mined

__all__ = ["FORMATS", "Format", "write_pairs"]

Format = Literal["scored", "pairs", "bucc", "jsonl"]

Row = tuple[str, str]
"""An id and a sentence."""


def _scored(score: float, one: Row, other: Row) -> str:
    return f"{score:.4f}\t{one[1]}\t{other[1]}"


def _pairs(score: float, one: Row, other: Row) -> str:
    return f"{one[1]}\t{other[1]}"


def _bucc(score: float, one: Row, other: Row) -> str:
    return f"{one[0]}\t{other[0]}"


def _jsonl(score: float, one: Row, other: Row) -> str:
    told = {"score": round(score, 6), "ids": [one[0], other[0]], "texts": [one[1], other[1]]}
    return json.dumps(told, ensure_ascii=False)


FORMATS: Mapping[Format, Callable[[float, Row, Row], str]] = {
    "scored": _scored,
    "pairs": _pairs,
    "bucc": _bucc,
    "jsonl": _jsonl,
}
"""A line of each format."""


def write_pairs(
    path: Path, mined: Mined, first: Sentences, second: Sentences, form: Format
) -> None:
    """Writes mined pairs, best first.

    Raises:
        OSError: it could not be written.
    """
    line = FORMATS[form]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for (one, other), score in zip(mined.rows.tolist(), mined.scores.tolist(), strict=True):
            file.write(line(score, first[one], second[other]) + "\n")
