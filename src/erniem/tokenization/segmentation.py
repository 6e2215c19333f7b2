"""ERNIE-M's three segmentations: what happens to SentencePiece's pieces before they are looked up.

```text
official       ▁2013,  → ▁2013 ,   a number without its comma, split again
paddlenlp      ▁2013年 → 2013 年   at ideographs, punctuation and borders of digits; no lone ▁
transformers4  as paddlenlp, but a lone ▁ stays, unless first or before a piece with its own
```

Each is a function of a piece and its neighbours, so only the few pieces that it can change are ever
looked at again.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from erniem.tokenization.normalization import SPACE

__all__ = ["DEFAULT", "SEGMENTATIONS", "Segmentation", "segmentation_named"]

Encode = Callable[[str], list[str]]
"""SentencePiece's pieces of a text."""
Resplit = Callable[[str, Encode], list[str]]

PUNCTUATION = ",;:.?!~，；：。？！《》【】"
"""The marks that PaddleNLP and transformers 4 split at."""
DEFAULT = "official"


@dataclass(frozen=True, kw_only=True)
class Segmentation:
    """What is done to text before SentencePiece, and to its pieces afterwards."""

    name: str
    cleans: bool = False
    """Whether curly quotes and dashes become ASCII, and control characters are dropped."""
    changes: Callable[[str], bool]
    """Whether a piece is split again."""
    resplit: Resplit
    """The parts of a piece that is; together they are the piece, but for a `▁` at its beginning."""
    drops_space: bool = False
    """Whether a lone `▁` is dropped."""
    keeps_inner_space: bool = False
    """Whether it stays all the same inside a text, before a piece without one."""

    def parts(self, pieces: Sequence[str], at: int, encode: Encode) -> list[str]:
        """What stands in the place of the piece at this index of a text."""
        piece = pieces[at]
        if self.drops_space and piece == SPACE:
            inside = 0 < at < len(pieces) - 1 and not pieces[at + 1].startswith(SPACE)
            return [SPACE] if self.keeps_inner_space and inside else []
        return self.resplit(piece, encode) if self.changes(piece) else [piece]

    def suspects(self, pieces: Iterable[str]) -> set[str]:
        """The pieces that may not stay as they are, and `▁` if it may not."""
        changed = {piece for piece in pieces if self.changes(piece)}
        return changed | {SPACE} if self.drops_space else changed


def segmentation_named(name: str) -> Segmentation:
    """The segmentation of this name.

    Raises:
        ValueError: there is none.
    """
    if name not in SEGMENTATIONS:
        raise ValueError(
            f"segmentation {name!r} is not known: take one of {', '.join(SEGMENTATIONS)}."
        )
    return SEGMENTATIONS[name]


def _ends_in_comma(piece: str) -> bool:
    return len(piece) > 1 and piece[-1] == "," and piece[-2].isdigit()


def _without_comma(piece: str, encode: Encode) -> list[str]:
    """A number and its comma, as XLNet splits them (Yang et al., 2019; its released code).

    Example: `"▁2013,"` → `["▁2013", ","]`; `"13,"` → `["13", ","]`.
    """
    number = encode(piece[:-1].replace(SPACE, ""))
    if not piece.startswith(SPACE):
        number[0] = number[0].removeprefix(SPACE)
    return [*filter(None, number), ","]


def _has_borders(piece: str) -> bool:
    # Almost all pieces are letters, maybe after a ▁, and no ideographs: those are quick to tell.
    letters = piece.removeprefix(SPACE).isalpha()
    return not (letters and _IDEOGRAPH.search(piece) is None) and len(_runs(piece)) > 1


def _at_borders(piece: str, _: Encode) -> list[str]:
    """Ideographs and marks by themselves, digits apart from letters; a `▁` left alone goes.

    Example: `"▁2013年abc"` → `["2013", "年", "abc"]`; `"▁abc1"` → `["▁abc", "1"]`.
    """
    return [run for run in _runs(piece) if run != SPACE]


def _runs(piece: str) -> list[str]:
    runs = groupby(enumerate(piece), key=lambda pair: _kind(*pair))
    return ["".join(char for _, char in run) for _, run in runs]


def _kind(index: int, char: str) -> int | bool:
    """Equal for neighbours that stay together."""
    stands_alone = "\u4e00" <= char <= "\u9fff" or char in PUNCTUATION
    return index + 2 if stands_alone else char.isdigit()


_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")

SEGMENTATIONS = {
    each.name: each
    for each in (
        Segmentation(name="official", cleans=True, changes=_ends_in_comma, resplit=_without_comma),
        Segmentation(name="paddlenlp", changes=_has_borders, resplit=_at_borders, drops_space=True),
        Segmentation(
            name="transformers4",
            changes=_has_borders,
            resplit=_at_borders,
            drops_space=True,
            keeps_inner_space=True,
        ),
    )
}
"""By name."""
