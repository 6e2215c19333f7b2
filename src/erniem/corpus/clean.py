"""Which text must not be trained on: repetitions, and what stands in an evaluation set."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from erniem.corpus.document import Drops
from erniem.corpus.sources import Source, lines_of

__all__ = ["normalised", "texts_of"]


def normalised(text: str) -> str:
    """The text by which two sentences count as the same: NFKC, case folded, letters and digits.

    Example: `normalised("Ｇuten  Tag!")` → `"gutentag"`.
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_KEPT)


class _Kept(dict[int, int | None]):
    """What `str.translate` makes of a character: itself or nothing; each is looked up once."""

    def __missing__(self, code: int) -> int | None:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = code if kept else None
        return self[code]


_KEPT = _Kept()


def texts_of(folders: Iterable[Path]) -> dict[Path, set[str]]:
    """Every line and every tab-separated cell of evaluation sets, normalised, by folder.

    Reads all files whose name says text: `.txt`, `.tsv`, `tatoeba.*`, packed or not.

    Raises:
        ValueError: a folder without such a file.
    """
    found: dict[Path, set[str]] = {}
    for folder in folders:
        paths = [path for path in sorted(folder.rglob("*")) if _is_text(path)]
        if not paths:
            raise ValueError(f"{folder} holds no .txt, .tsv or tatoeba.* file to exclude.")
        texts: set[str] = set()
        for path in paths:
            source = Source(path=str(path), format="text", languages=(), name=folder.name)
            for line in lines_of(source, Drops()):
                texts.update(normalised(cell) for cell in line.split("\t"))
        found[folder] = texts - {""}
    return found


def _is_text(path: Path) -> bool:
    name = path.name
    for ending in (".gz", ".xz", ".zst"):
        name = name.removesuffix(ending)
    return path.is_file() and (name.endswith((".txt", ".tsv")) or name.startswith("tatoeba."))
