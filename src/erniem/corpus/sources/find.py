"""Finds what a corpus is read from; by habit a file's name says what it holds.

```text
sw.txt  sw.jsonl.gz  sw.parquet  sw.conllu.xz          sentences or texts of a language
en-sw.tsv  en-sw.jsonl  en-sw.tmx.gz  en-sw.po         pairs of two
```
"""

import re
from pathlib import Path, PurePath

from erniem.compressed import is_url, unpacked_name
from erniem.corpus.sources.codes import language_of
from erniem.corpus.sources.formats import DETAILS, check_source, details_of
from erniem.corpus.sources.listing import is_folder, listed
from erniem.corpus.sources.source import Source, SourceEntry

__all__ = ["find_sources"]

LABEL = re.compile(r"([a-z]{2,3}(?:_[A-Za-z]{2,8})*)(?:-([a-z]{2,3}(?:_[A-Za-z]{2,8})*))?")
"""`de`, `en-de`, `pt_BR-zh_Hans`."""


ENDINGS = {
    ending: name for name, details in reversed(list(DETAILS.items())) for ending in details.endings
}
"""Which format a name tells: of several with one ending, the first."""


def find_sources(entry: SourceEntry) -> list[Source]:
    """What a recipe's entry stands for, sorted by path.

    Raises:
        ValueError: nothing there, a file whose name does not say what it holds, no such language,
            format or option.
    """
    if entry.format != "auto":
        details_of(entry.format, entry.path)
    passes_over = is_folder(entry.path)
    found: list[Source] = []
    for path in listed(entry.path):
        source = _source(path, entry)
        if source is not None:
            check_source(source)
            found.append(source)
        elif not passes_over:
            raise ValueError(
                f"{path}: its name does not say what it holds: name it XX.txt (sentences of "
                "language XX) or XX-YY.tsv (pairs), or state its format and languages."
            )
    if not found:
        raise ValueError(
            f"{entry.path} holds no text: name files XX.txt (sentences of language XX, one a line) "
            "or XX-YY.tsv (pairs, tab between them), or state format and languages."
        )
    return found


def _source(path: str, entry: SourceEntry) -> Source | None:
    """The source that a file is; None if neither its name nor the entry says which."""
    name = unpacked_name(PurePath(path).name)
    ending = _ending_of(name, entry.format)
    kind = ENDINGS.get(ending, "") if entry.format == "auto" else entry.format
    tags = entry.languages or _tags_of(name, ending, kind)
    if not kind or not tags:
        return None
    return Source(
        path=path,
        format=kind,
        languages=tuple(language_of(tag, path) for tag in tags),
        name=entry.name or _folder_of(path),
        licence=entry.licence,
        options=entry.options,
    )


def _ending_of(name: str, kind: str) -> str:
    """The end of a name that one format, or any, knows; empty if none does."""
    endings = ENDINGS if kind == "auto" else DETAILS[kind].endings
    return max((one for one in endings if name.endswith(one)), key=len, default="")


def _tags_of(name: str, ending: str, kind: str) -> tuple[str, ...]:
    """The languages that a name begins with, as it writes them; empty if it names none."""
    match = LABEL.fullmatch(name.removesuffix(ending) if ending else name.split(".")[0])
    tags = tuple(filter(None, match.groups())) if match else ()
    fits = DETAILS[kind].endings.get(ending, DETAILS[kind].sides) if kind else ()
    return tags if len(tags) in fits else ()


def _folder_of(path: str) -> str:
    """Name of the folder a file lies in; of the file if that has none."""
    place = PurePath(path) if is_url(path) else Path(path).absolute()
    folder = place.parent.name
    return place.name.split(".")[0] if not folder or folder.endswith(":") else folder
