"""Tatoeba's files: sentences with their English translations, line by line."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from erniem.compressed import unpacked_name
from erniem.corpus.document import Drops
from erniem.corpus.sources import Source, lines_of
from erniem.languages import code_of
from erniem.tasks.retrieve.table import Rows

__all__ = ["XTREME_TATOEBA", "languages_of", "read_tatoeba"]

XTREME_TATOEBA = (
    *("ar", "he", "vi", "id", "jv", "tl", "eu", "ml", "ta", "te", "af", "nl", "de", "el", "bn"),
    *("hi", "mr", "ur", "fa", "fr", "it", "pt", "es", "bg", "ru", "ja", "ka", "ko", "th", "sw"),
    *("zh", "kk", "tr", "et", "fi", "hu"),
)
"""The 36 languages whose mean is XTREME's Tatoeba figure."""

_TATOEBA = re.compile(r"tatoeba\.([a-z]{3})-eng\.(\1|eng)")


def read_tatoeba(folder: Path, *, languages: Sequence[str] | None = None) -> dict[str, Rows]:
    """The Tatoeba test sets of LASER (Artetxe and Schwenk, 2019), CC BY 2.0 FR.

    Args:
        folder: holds `tatoeba.XXX-eng.XXX` and `tatoeba.XXX-eng.eng`, line i the translation of
            line i; plain, `.gz`, `.xz`, `.zst` or `.bz2`.
        languages: codes, `de`, or `yue` for a language without two letters; all if None.

    Returns:
        (English, foreign) rows by code of the foreign language.

    Raises:
        ValueError: no such files, a language without them, a file without its other side or there
            twice, sides of different lengths, a line that is not UTF-8.
    """
    files = _files(folder)
    if missing := sorted(set(languages or ()) - set(files)):
        raise ValueError(
            f"no Tatoeba files in {', '.join(missing)}; {folder} has {', '.join(sorted(files))}."
        )
    return {code: _aligned(files[code]) for code in languages or sorted(files)}


def languages_of(folder: Path) -> tuple[str, ...]:
    """Codes of the languages that a folder has Tatoeba files of.

    Raises:
        ValueError: none, or a file that is there twice.
    """
    return tuple(sorted(_files(folder)))


def _files(folder: Path) -> dict[str, dict[str, Path]]:
    """The files of both sides, by code of the foreign language."""
    files: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if match := _TATOEBA.fullmatch(unpacked_name(path.name)):
            side = "english" if match[2] == "eng" else "foreign"
            sides = files.setdefault(code_of(match[1]), {})
            if side in sides:
                raise ValueError(f"{sides[side]} and {path.name} are both there: keep one of them.")
            sides[side] = path
    if not files:
        raise ValueError(f"{folder} has no tatoeba.XXX-eng.XXX files: name the folder of the set.")
    return files


def _aligned(sides: Mapping[str, Path]) -> Rows:
    """The rows of two files."""
    if len(sides) != 2:
        (path,) = sides.values()
        other = "eng" if "foreign" in sides else path.name.split(".")[1].split("-")[0]
        raise ValueError(f"{path} stands alone: put the .{other} file of the same name beside it.")
    english, foreign = (_lines(sides[side]) for side in ("english", "foreign"))
    if len(english) != len(foreign):
        raise ValueError(
            f"{sides['foreign']} has {len(foreign)} lines, {sides['english'].name} has "
            f"{len(english)}: line i must be the translation of line i; fetch both again."
        )
    return list(zip(english, foreign, strict=True))


def _lines(path: Path) -> list[str]:
    drops = Drops()
    source = Source(path=str(path), format="text", languages=(), name=path.parent.name)
    lines = [line.strip() for line in lines_of(source, drops)]
    if drops.counts:
        raise ValueError(f"{path} has lines that are not UTF-8: later lines would not match.")
    return lines
