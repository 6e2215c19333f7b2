"""The masked-LM head: which pieces are likely in the holes of rows.

Letters: S rows, T tokens of all, H holes, V vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from erniem.model.heads import ErnieMForMaskedLM
from erniem.serve.heads.packing import packed

__all__ = ["Filling", "Guess", "Holes"]

HOLES_AT_ONCE = 64
"""Logits of so many holes are in memory at once: 64 MB of a vocabulary of 250,000."""


@dataclass(frozen=True, kw_only=True)
class Holes:
    """A row with holes."""

    ids: list[int]
    top: int
    """Guesses wanted for each hole."""


@dataclass(frozen=True, kw_only=True)
class Guess:
    """A piece in a hole."""

    piece: int
    probability: float


class Filling:
    """Guesses what stands in holes.

    Args:
        model: ours, in evaluation mode.
        mask: the id of a hole.
    """

    def __init__(self, model: ErnieMForMaskedLM, mask: int) -> None:
        self.model, self.mask = model, mask

    def run(self, rows: Sequence[Holes]) -> list[list[list[Guess]]]:
        """For each hole of each row the likeliest pieces, the likeliest first.

        Raises:
            ArithmeticError: logits that are no numbers.
        """
        ids, bounds = packed([row.ids for row in rows], self.model.device)
        wanted = [[row.top] * row.ids.count(self.mask) for row in rows]
        with torch.inference_mode():
            hidden = self.model.ernie_m(
                input_ids=ids, cu_seqlens=bounds, return_dict=True
            ).last_hidden_state[ids == self.mask]
            guesses = self._guesses(hidden, [top for row in wanted for top in row])
            return [[next(guesses) for _ in row] for row in wanted]

    def _guesses(self, hidden: Tensor, tops: list[int]) -> Iterator[list[Guess]]:
        """Of each hole `(D,)`."""
        for first in range(0, len(hidden), HOLES_AT_ONCE):
            logits = self.model.lm_head(hidden[first : first + HOLES_AT_ONCE]).float()
            if not torch.isfinite(logits).all():
                raise ArithmeticError("this model's logits are no numbers")
            some = tops[first : first + HOLES_AT_ONCE]
            chosen = logits.softmax(dim=-1).topk(min(max(some), logits.shape[-1]))
            for top, probabilities, pieces in zip(some, *chosen, strict=True):
                yield [
                    Guess(piece=piece, probability=probability)
                    for piece, probability in zip(
                        pieces[:top].tolist(), probabilities[:top].tolist(), strict=True
                    )
                ]
