"""Which pairs are kept from training, to evaluate on.

Drawn by the key of the first side, which is a hash: the same segment is held out in every language.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt64

from erniem.corpus.document import Document, is_pair, label_of, sides_of
from erniem.corpus.normalised import normalised

__all__ = ["Candidates", "HeldOut", "choose", "keys_of_sides"]

MOST_HELD_OUT = 0.1
"""At most this share of the pairs of two languages is held out."""
LEAST_LETTERS = 15
"""A held-out segment has so many letters and digits on its first side: shorter ones fit many."""


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """A pair that may be held out."""

    label: str
    """`en-de`."""
    texts: tuple[str, str]
    """Its sides."""
    keys: tuple[int, int]
    """Their keys."""


class Candidates:
    """The pairs of a task with the lowest keys.

    Args:
        count: so many of each label, at most.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._found: dict[str, dict[int, HeldOut]] = {}
        self._bounds: dict[str, int] = {}

    def look(self, documents: Sequence[Document], keys: UInt64[np.ndarray, "2 n"]) -> None:
        """Takes what may be held out from documents; `keys` are those of their sides."""
        if not self.count:
            return
        for document, first, second in zip(documents, *keys.tolist(), strict=True):
            if is_pair(document):
                self._offer(document, first, second)

    def _offer(self, document: Document, first: int, second: int) -> None:
        label = label_of(document)
        found = self._found.setdefault(label, {})
        if first in found or first > self._bounds.get(label, first):
            return
        one, other = sides_of(document)
        if len(normalised(one)) < LEAST_LETTERS:
            return
        found[first] = HeldOut(label=label, texts=(one, other), keys=(first, second))
        if len(found) > self.count:
            del found[max(found)]
            self._bounds[label] = max(found)

    def found(self) -> list[dict[str, Any]]:
        """The candidates, as JSON has them."""
        return [asdict(one) for found in self._found.values() for one in found.values()]


def choose(
    candidates: Iterable[HeldOut], pairs: Mapping[str, int], count: int
) -> dict[str, list[HeldOut]]:
    """The pairs that are held out, by label.

    Args:
        candidates: of all tasks, in their order.
        pairs: how many pairs each label has.
        count: so many of each, at most, and at most `MOST_HELD_OUT` of them.
    """
    found: dict[str, dict[int, HeldOut]] = {label: {} for label in pairs}
    for one in candidates:
        found[one.label].setdefault(one.keys[0], one)
    return {
        label: [of_label[key] for key in sorted(of_label)[: _limit(pairs[label], count)]]
        for label, of_label in sorted(found.items())
    }


def _limit(pairs: int, count: int) -> int:
    return min(count, int(pairs * MOST_HELD_OUT))


def keys_of_sides(chosen: Iterable[HeldOut]) -> np.ndarray:
    """The keys of all sides, sorted."""
    return np.unique(np.array([key for one in chosen for key in one.keys], dtype=np.uint64))
