"""Sentences to batches: hands each objective its text and its dice, and joins what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from erniem.objectives import Ask, Batch, ask, camlm, choose_targets, join, learn, mlm, tlm
from erniem.packing import SpecialIds
from erniem.pretrain.recipe import OBJECTIVES, Objectives
from erniem.pretrain.stream import MixedSentences, Stream

__all__ = ["Assembler", "Draft", "as_tensors"]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A micro-batch before BTMLM's questions are answered."""

    batches: tuple[Batch, ...]
    """Batches of the objectives that need no answer first."""
    ask: Ask | None
    """BTMLM's questions."""
    tokens: Int[np.ndarray, " L"]
    """Real tokens by language id."""


class Assembler:
    """Makes micro-batches by number: a pure function of (seed, number, stages).

    Args:
        stream: the text of each micro-batch.
        special: ids of the special tokens.
        settings: the objectives' settings.
        partners: `partners[i, j]` is true if language id j may answer for a sentence of id i.
        seed: seed of all dice.
    """

    def __init__(
        self,
        stream: Stream,
        special: SpecialIds,
        settings: Objectives,
        partners: Int[np.ndarray, "L L"],
        seed: int,
    ) -> None:
        self.stream = stream
        self.special = special
        self.settings = settings
        self.partners = partners
        self.seed = seed

    def _dice(self, number: int, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, number, *purpose.encode()])

    def draft(self, number: int, opened_at: Sequence[int]) -> Draft:
        """The batches and questions of micro-batch `number`."""
        texts = list(self.stream.micro_batch(number, opened_at))
        tokens = np.zeros(len(self.stream.corpus.languages) + 1, dtype=np.int64)
        batches, question = [], None
        for text in texts:
            tokens += text.tokens(len(tokens))
            if text.objective == "btmlm":
                question = self._ask(text, self._dice(number, "ask"))
            else:
                batches.append(self._batch(text, self._dice(number, text.objective)))
        return Draft(batches=tuple(batches), ask=question, tokens=tokens)

    def _batch(self, text: MixedSentences, dice: np.random.Generator) -> Batch:
        """The batch of one objective that needs no answer first."""
        settings, special = self.settings, self.special
        if text.objective == "mmlm":
            return mlm(text.first, settings.masking, special, dice)
        assert text.second is not None
        if text.objective == "tlm":
            return tlm(text.first, text.second, settings.masking, special, dice)
        return camlm(text.first, text.second, settings.camlm, special, dice)

    def _ask(self, text: MixedSentences, dice: np.random.Generator) -> Ask:
        targets = choose_targets(text.first.languages, self.partners, dice)
        return ask(text.first, targets, self.settings, self.special, dice)

    def learn(self, question: Ask, guesses: Int[np.ndarray, " H"], number: int) -> Batch:
        """BTMLM's second half, once the encoder has answered."""
        dice = self._dice(number, "learn")
        return learn(question, guesses, self.settings.masking, self.special, dice)


def as_tensors(batches: Sequence[Batch]) -> dict[str, Tensor]:
    """The joined micro-batch as the encoder's call and the loss take it."""
    joined = join(batches, OBJECTIVES)
    return {
        "input_ids": torch.from_numpy(joined.pack.input_ids),
        "position_ids": torch.from_numpy(joined.pack.position_ids),
        "language_ids": torch.from_numpy(joined.pack.language_ids),
        "cu_seqlens": torch.from_numpy(joined.pack.cu_seqlens),
        "holes": torch.from_numpy(joined.holes),
        "answers": torch.from_numpy(joined.answers),
        "objective": torch.from_numpy(joined.objective),
    }
