"""The ids of many texts at once: by SentencePiece itself, on all cores, without places.

```text
texts ─▶ cleaned ─▶ SentencePiece ─▶ ids ─▶ segmentation's parts ─▶ ids
```

Letters: n texts, T pieces of all.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import sentencepiece as spm
from jaxtyping import Int

from erniem.packing import end_to_end, replaced
from erniem.tokenization.files import numbered_model
from erniem.tokenization.normalization import SPACE, Normalizer
from erniem.tokenization.segmentation import Segmentation
from erniem.tokenization.vocabulary import Vocabulary

__all__ = ["Splitter"]

FEW = 64
"""Texts that are not worth a thread more."""


class Splitter:
    """Splits texts as the references do, by the library they use.

    Args:
        vocabulary: pieces and rules.
        unknown: the id of a piece that the vocabulary lacks.
        normalization: what happens to a text before.
        segmentation: what happens to the pieces afterwards.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        unknown: int,
        normalization: Normalizer,
        segmentation: Segmentation,
    ) -> None:
        self.normalization, self.segmentation, self.unknown = normalization, segmentation, unknown
        self.names = list(vocabulary.scores)
        self.numbers: Mapping[str, int] = {name: at for at, name in enumerate(self.names)}
        changing = segmentation.suspects(self.names) & self.numbers.keys()
        self.suspects = frozenset((*map(self.numbers.__getitem__, changing), unknown))
        """Ids that may not stay as they are."""
        self._is_suspect = np.zeros(len(self.names), dtype=bool)
        self._is_suspect[list(self.suspects)] = True
        self._parts = _Parts(self)
        self._model = spm.SentencePieceProcessor(model_proto=numbered_model(vocabulary, unknown))

    def pieces(self, text: str) -> list[str]:
        """SentencePiece's pieces of a text, unknown characters in a row as one."""
        return list(self._model.encode(self.normalization.changed(text), out_type=str))

    def encode(self, text: str) -> list[str]:
        """The pieces of a part of a piece."""
        return list(self._model.encode(text, out_type=str))

    def parts(self, pieces: Sequence[str], at: int) -> Sequence[str]:
        """What stands in the place of one of a text's pieces."""
        if self.numbers.get(pieces[at], self.unknown) not in self.suspects:
            return (pieces[at],)
        return self.segmentation.parts(pieces, at, self.encode)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text."""
        rows = self._rows(texts)
        for at, row in enumerate(rows):
            if not self.suspects.isdisjoint(row):
                rows[at] = self._segmented(texts[at], row)
        return rows

    def end_to_end(
        self, texts: Sequence[str]
    ) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " n"]]:
        """The ids of all texts, end to end, and how many each has."""
        rows = self._rows(texts)
        ids, lengths = end_to_end(rows)
        suspects = np.flatnonzero(self._is_suspect[ids])
        places = np.unique(np.searchsorted(lengths.cumsum(), suspects, side="right"))
        others = {at: self._segmented(texts[at], rows[at]) for at in places.tolist()}
        return replaced(ids, lengths, others)

    def _rows(self, texts: Sequence[str]) -> list[list[int]]:
        """SentencePiece's ids of each text."""
        changed = self.normalization.all_changed(texts)
        rows: list[list[int]] = self._model.encode(
            changed, out_type=int, num_threads=_threads(len(changed))
        )
        return rows

    def _segmented(self, text: str, row: list[int]) -> list[int]:
        """The ids of a text, of which SentencePiece's are these."""
        # The id of an unknown piece does not say what stands there.
        pieces = self.pieces(text) if self.unknown in row else []
        assert not pieces or len(pieces) == len(row), "ids and pieces are of the same split"
        found: list[int] = []
        for at, number in enumerate(row):
            if number not in self.suspects:
                found.append(number)
            elif pieces:
                found += self._numbered(self.segmentation.parts(pieces, at, self.encode))
            elif self.names[number] != SPACE:
                found += self._parts[number]
            else:  # the one piece whose parts depend on its neighbours
                found += self._numbered(self._parts_at(row, at))
        return found

    def _parts_at(self, row: list[int], at: int) -> list[str]:
        start = max(at - 1, 0)
        near = [self.names[number] for number in row[start : at + 2]]
        return self.segmentation.parts(near, at - start, self.encode)

    def _numbered(self, parts: Iterable[str]) -> list[int]:
        return [self.numbers.get(part, self.unknown) for part in parts]


class _Parts(dict[int, list[int]]):
    """The parts of each suspect, split when it is first met."""

    def __init__(self, splitter: Splitter) -> None:
        super().__init__()
        self.splitter = splitter

    def __missing__(self, number: int) -> list[int]:
        parts = self.splitter._numbered(self.splitter._parts_at([number], 0))
        self[number] = parts
        return parts


def _threads(texts: int) -> int:
    """As many as `tokenizers` would take, which can be told to take one."""
    if texts < FEW or re.fullmatch("(?i)false|off|no|n|f|0", os.environ.get(PARALLELISM, "")):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


PARALLELISM = "TOKENIZERS_PARALLELISM"
