"""Where a task's files lie, and the rows in them, whatever their format.

```text
folder ─▶ folder/xnli/dev-de.tsv.xz │ folder/xnli/de.dev.tsv │ folder/xnli/de/validation-*.parquet
TSV with or without a header, jsonl, JSON, parquet ─▶ rows: values by column
```

Rows come under the names that the columns have; a family says which names it knows.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erniem.compressed import PACKED, read_text
from erniem.languages import name_of
from erniem.tasks.task import Split, Task

__all__ = ["Row", "find", "languages_with", "rows_of", "string_of"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One example as it stands in a file."""

    place: str
    """`file:line`, or `file row n`, for messages."""
    values: Mapping[str, Any]
    """By column."""

    def first(self, *columns: str) -> Any:
        """The value of the first of these columns that is there; None if none is."""
        return next((self.values[one] for one in columns if one in self.values), None)

    def need(self, *columns: str) -> Any:
        """The same, but one must be there.

        Raises:
            ValueError: none is.
        """
        value = self.first(*columns)
        if value is None:
            raise ValueError(
                f"{self.place} has no {' or '.join(columns)}; its columns are "
                f"{', '.join(self.values) or 'none'}."
            )
        return value


# Files


def find(task: Task, folder: Path, split: Split, language: str) -> tuple[Path, ...]:
    """The files of a split and language; none if there are none, several if they are shards.

    Args:
        task: says in `files` how they are called: `{code}` stands for the language's code,
            `{name}` for its English name, `{lower}` for that in small letters, `*` for the number
            of a shard. Each may be packed.
        folder: holds the task's folder, or is it.
        split, language: which.

    Raises:
        ValueError: two files that could be meant.
    """
    inside = [folder / name for name in task.folders if (folder / name).is_dir()]
    places = inside or [folder]
    found: dict[str, tuple[Path, ...]] = {}
    for place in places:
        for pattern in task.files.get(split, ()):
            named = pattern.format(code=language, name=name_of(language), lower=_lower(language))
            for packed in PACKED:
                if paths := tuple(sorted(place.glob(named + packed))):
                    found[str(place / (named + packed))] = paths
    if len(found) > 1:
        raise ValueError(
            f"{' and '.join(found)} are both there for {task.name} {split} in "
            f"{name_of(language)}: keep one of them."
        )
    paths = next(iter(found.values()), ())
    if len(paths) > 1 and "*" not in next(iter(found)):
        raise ValueError(f"{', '.join(map(str, paths))} are all there: keep one of them.")
    return paths


def languages_with(task: Task, folder: Path, split: Split) -> tuple[str, ...]:
    """The languages of a task that have files of a split, in the task's order."""
    return tuple(code for code in task.languages if find(task, folder, split, code))


def _lower(language: str) -> str:
    return name_of(language).lower()


# Rows


def rows_of(
    path: Path,
    columns: Sequence[str],
    *,
    known: Sequence[str] = (),
    language: str | None = None,
) -> Iterator[Row]:
    """The rows of a table.

    Args:
        path: `.tsv`, `.txt` (tabs), `.csv`, `.jsonl`, `.json`, `.parquet`; all but the last may be
            packed.
        columns: names for the columns of a table without a header, in their order.
        known: other names that columns may have; a first line with two names is a header.
        language: where a column is called `language`, only the rows with this value.

    Raises:
        ValueError: damaged, of another format, or a line with fewer columns than the header.
    """
    readers = {".jsonl": _jsonl, ".json": _json, ".parquet": _parquet}
    ending = path.suffixes[-2] if path.suffix in PACKED[1:] and path.suffixes[1:] else path.suffix
    reader = readers.get(ending)
    for row in _table(path, columns, known, ending) if reader is None else reader(path):
        if language is None or row.values.get("language", language) == language:
            yield row


def string_of(value: Any) -> str:
    """A cell as text, white space at its ends off."""
    return str(value).strip()


def _table(path: Path, columns: Sequence[str], known: Sequence[str], ending: str) -> Iterator[Row]:
    """A row a line, or what a comma-separated file has for one."""
    names, headed = list(columns), False
    for number, cells in (_commas if ending == ".csv" else _tabs)(path):
        if not any(cells):
            continue
        if number == 1 and len(set(cells) & {*columns, *known}) > 1:
            names, headed = cells, True
            continue
        if headed and len(cells) < len(names):
            raise ValueError(
                f"{path}:{number} has {len(cells)} columns, the header has {len(names)}: complete "
                "the line."
            )
        yield Row(place=f"{path}:{number}", values=dict(zip(names, cells, strict=False)))


def _tabs(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Lines by number. They end in a line feed alone: other ends of lines may stand in the text."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        yield number, [_unquoted(cell) for cell in line.rstrip("\r").split("\t")]


def _commas(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows by the number of their first line; cells in quotes may hold commas and ends of lines."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    number = 1
    try:
        for cells in reader:
            yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}:{number} is no line of a CSV file: {error}.") from error


def _unquoted(cell: str) -> str:
    """A cell as it was before Python's csv writer quoted it, which it does where it has a quote."""
    inner = cell[1:-1]
    quoted = len(cell) > 3 and cell[0] == cell[-1] == '"'
    if quoted and '""' in inner and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


def _jsonl(path: Path) -> Iterator[Row]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            yield _object(_parsed(line, f"{path}:{number}"), f"{path}:{number}")


def _json(path: Path) -> Iterator[Row]:
    parsed = _parsed(read_text(path), str(path))
    rows = parsed.get("data") if isinstance(parsed, dict) else parsed
    if not isinstance(rows, list):
        raise ValueError(f"{path} holds neither a list of rows nor one under `data`.")
    for number, row in enumerate(rows, start=1):
        yield _object(row, f"{path} row {number}")


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{place} is not JSON: {error}.") from error


def _object(value: Any, place: str) -> Row:
    if not isinstance(value, dict):
        raise ValueError(f"{place} is no object with values by column.")
    return Row(place=place, values=value)


def _parquet(path: Path) -> Iterator[Row]:
    """The Hub's tables; numbers of classes become names where the schema says them."""
    import pyarrow.parquet as pq
    from pyarrow import ArrowInvalid

    try:
        table = pq.read_table(path)
    except (ArrowInvalid, OSError) as error:
        raise ValueError(f"{path} cannot be read as parquet: {error}.") from error
    classes = _class_names(table.schema.metadata or {})
    for number, values in enumerate(table.to_pylist(), start=1):
        named = {name: _named(value, classes.get(name)) for name, value in values.items()}
        yield Row(place=f"{path} row {number}", values=named)


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """Names of classes by column, as the datasets library writes them into a schema."""
    told = json.loads(metadata.get(b"huggingface", b"{}"))
    columns = told.get("info", {}).get("features", {})
    found = {}
    for name, feature in columns.items():
        inner = feature.get("feature", feature) if isinstance(feature, dict) else {}
        if isinstance(inner, dict) and isinstance(inner.get("names"), list):
            found[name] = inner["names"]
    return found


def _named(value: Any, names: list[str] | None) -> Any:
    """A class, or a list of them, by name; -1 is the Hub's word for none."""
    if names is None or value is None:
        return value
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    return names[value] if isinstance(value, int) and 0 <= value < len(names) else None
