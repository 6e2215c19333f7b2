"""Which text must not be trained on: repetitions, and what stands in an evaluation set."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from erniem.corpus.steps.evaluation import texts_in

__all__ = ["normalised", "texts_of"]


def normalised(text: str) -> str:
    """The text by which two sentences count as the same: NFKC, case folded, letters and digits.

    Example: `normalised("Ｇuten  Tag!")` → `"gutentag"`.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LMN")


def texts_of(folders: Iterable[Path]) -> dict[Path, set[str]]:
    """Every text of evaluation sets, normalised, by folder.

    Raises:
        ValueError: a folder without such a file.
    """
    return {folder: set(map(normalised, texts_in(folder))) - {""} for folder in folders}
