"""Sentences to batches: hands each objective its text and its dice, and joins what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from erniem.objectives import (
    Ask,
    Batch,
    ask,
    camlm,
    choose_targets,
    hole_odds,
    join,
    learn,
    mmlm,
    tlm,
)
from erniem.packing import SpecialIds
from erniem.pretrain.compute import Filling
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
    """Tokens of text by language id, pseudo tokens not counted."""


class Assembler:
    """Makes micro-batches by number: a pure function of (seed, number, stages).

    Args:
        stream: the text of each micro-batch.
        special: ids of the special tokens.
        settings: the objectives' settings.
        partners: weight with which language id j answers for a sentence of id i.
        seed: seed of all dice.
        counts: how often each language's text has each piece; read if `rare_first` is set.
    """

    def __init__(
        self,
        stream: Stream,
        special: SpecialIds,
        settings: Objectives,
        partners: Float[np.ndarray, "L L"],
        seed: int,
        counts: Int[np.ndarray, "L V"],
    ) -> None:
        self.stream = stream
        self.special = special
        self.settings = settings
        self.partners = partners
        self.seed = seed
        power = settings.rare_first
        self.odds = hole_odds(counts, power).astype(np.float32) if power else None

    def _dice(self, number: int, purpose: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, number, *purpose.encode()])

    def draft(self, number: int, opened_at: Sequence[int]) -> Draft:
        """The batches and questions of micro-batch `number`."""
        tokens = np.zeros(len(self.partners), dtype=np.int64)
        batches, question = [], None
        for text in self.stream.micro_batch(number, opened_at):
            tokens += text.tokens(len(tokens))
            if text.objective == "btmlm":
                question = self._question(text, self._dice(number, "ask"))
            else:
                batches.append(self._batch(text, self._dice(number, text.objective)))
        return Draft(batches=tuple(batches), ask=question, tokens=tokens)

    def _batch(self, text: MixedSentences, dice: np.random.Generator) -> Batch:
        """The batch of one objective that needs no answer first."""
        settings, special, tags = self.settings, self.special, self.settings.language_tags
        if text.objective == "mmlm":
            return mmlm(text.first, settings.masking, special, dice, tags, self.odds)
        assert text.second is not None
        pair = (text.first, text.second)
        if text.objective == "tlm":
            return tlm(*pair, settings.masking, special, dice, tags, self.odds)
        return camlm(*pair, settings.camlm, settings.placeholders, special, dice, tags, self.odds)

    def _question(self, text: MixedSentences, dice: np.random.Generator) -> Ask:
        targets = choose_targets(text.first.languages, self.partners, dice)
        settings = self.settings
        return ask(
            text.first,
            targets,
            settings.btmlm.ratio,
            settings.placeholders,
            self.special,
            settings.language_tags,
        )

    def learn(self, question: Ask, guesses: Int[np.ndarray, " H"], number: int) -> Batch:
        """BTMLM's second half, once the encoder has answered."""
        dice = self._dice(number, "learn")
        settings = self.settings
        return learn(
            question,
            guesses,
            settings.btmlm.masking,
            self.special,
            dice,
            settings.language_tags,
            self.odds,
        )


def as_tensors(batches: Sequence[Batch], filling: Filling | None = None) -> dict[str, Tensor]:
    """The joined micro-batch as the encoder's call and the loss take it, filled up if it is to."""
    joined = join(batches, OBJECTIVES)
    pack = joined.pack if filling is None else filling.fill(joined.pack)
    return {
        "input_ids": torch.from_numpy(pack.input_ids),
        "position_ids": torch.from_numpy(pack.position_ids),
        "language_ids": torch.from_numpy(pack.language_ids),
        "cu_seqlens": torch.from_numpy(pack.cu_seqlens),
        "holes": torch.from_numpy(joined.holes),
        "answers": torch.from_numpy(joined.answers),
        "objective": torch.from_numpy(joined.objective),
    }
