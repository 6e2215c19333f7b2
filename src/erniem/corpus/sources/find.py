"""Finds what a corpus is read from; by habit a file's name says what it holds.

```text
sw.txt  sw.jsonl.gz  sw.parquet  sw.conllu.xz          sentences or texts of a language
en-sw.tsv  en-sw.jsonl  en-sw.tmx.gz  en-sw.po         pairs of two
news.en-sw.en and news.en-sw.sw                        pairs in two files, one source
```
"""

from collections.abc import Sequence
from pathlib import Path, PurePath

from erniem.compressed import is_url, unpacked_name
from erniem.corpus.sources.codes import language_of
from erniem.corpus.sources.formats import DETAILS, check_source, details_of
from erniem.corpus.sources.hub import PREFIX
from erniem.corpus.sources.listing import WILD, exists, is_folder, listed
from erniem.corpus.sources.names import Told, told_by
from erniem.corpus.sources.source import Source, SourceEntry

__all__ = ["find_sources"]


def find_sources(entry: SourceEntry) -> list[Source]:
    """What a recipe's entry stands for, sorted by path.

    Raises:
        ValueError: nothing there, a file whose name does not say what it holds, no such language,
            format or option.
    """
    if entry.format != "auto":
        details_of(entry.format, entry.path)
    if entry.path.startswith(PREFIX):
        return [_data_set(entry)]
    paths = _paths(entry)
    told = {path: told_by(path, entry.format, entry.languages, entry.options) for path in paths}
    found = [_source(path, one, entry) for path, one in told.items() if one is not None]
    seconds = {source.options.get("second") for source in found}
    silent = [path for path, one in told.items() if one is None and path not in seconds]
    if silent and not is_folder(entry.path):
        raise ValueError(
            f"{silent[0]}: its name does not say what it holds: name it XX.txt (sentences of "
            "language XX) or XX-YY.tsv (pairs), or state its format and languages."
        )
    if not found:
        raise ValueError(
            f"{entry.path} holds no text: name files XX.txt (sentences of language XX, one a line) "
            "or XX-YY.tsv (pairs, tab between them), or state format and languages."
        )
    return found


def _paths(entry: SourceEntry) -> Sequence[str]:
    """The files an entry stands for: of a folder, those that are named like the format.

    Two aligned files may be told by what both names begin with.
    """
    is_name = WILD.isdisjoint(entry.path) and not exists(entry.path)
    if is_name and entry.format == "moses" and entry.languages:
        return listed(f"{entry.path}.{entry.languages[0]}*")
    paths = listed(entry.path)
    if entry.format != "auto" and (endings := tuple(DETAILS[entry.format].endings)):
        named = [path for path in paths if unpacked_name(path).endswith(endings)]
        return named if is_folder(entry.path) else paths
    return paths


def _source(path: str, told: Told, entry: SourceEntry) -> Source:
    source = Source(
        path=path,
        format=told.format,
        languages=tuple(language_of(tag, path) for tag in told.tags),
        name=entry.name or _folder_of(path),
        licence=entry.licence,
        options=told.options,
    )
    check_source(source)
    return source


def _data_set(entry: SourceEntry) -> Source:
    """A data set of the Hub."""
    source = Source(
        path=entry.path,
        format="hub",
        languages=tuple(language_of(tag, entry.path) for tag in entry.languages or ()),
        name=entry.name or entry.path.removeprefix(PREFIX).rpartition("/")[2],
        licence=entry.licence,
        options=entry.options,
    )
    check_source(source)
    return source


def _folder_of(path: str) -> str:
    """Name of the folder a file lies in; of the file if that has none."""
    place = PurePath(path) if is_url(path) else Path(path).absolute()
    folder = place.parent.name
    return place.name.split(".")[0] if not folder or folder.endswith(":") else folder
