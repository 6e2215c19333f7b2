"""BTMLM's pseudo tokens: placeholders in another language after a sentence, filled in."""

from dataclasses import dataclass

import numpy as np
import torch

from erniem.objectives import GuessSettings, PlaceholderSettings, answer, ask
from erniem.tasks.fill.speaker import Piece, Said, Speaker, check_length

__all__ = ["PseudoTokens", "write_pseudo"]

MOST = 4.0
"""Pseudo tokens for each piece of a sentence at most."""


@dataclass(frozen=True, kw_only=True)
class PseudoTokens:
    """What the network writes beside a sentence, for BTMLM to learn from."""

    pieces: tuple[Piece, ...]
    """With their probabilities while no other is filled in."""
    text: str
    """The pieces as text."""


def write_pseudo(
    speaker: Speaker,
    source: Said,
    target: str,
    *,
    ratio: float = 0.75,
    settings: GuessSettings | None = None,
    seed: int = 0,
    form: PlaceholderSettings | None = None,
) -> PseudoTokens:
    """Asks for a sentence's pseudo tokens, as training does.

    Args:
        speaker: the network.
        source: the sentence.
        target: code of the language that is to be answered in.
        ratio: pseudo tokens for each piece of the sentence.
        settings: how a piece is chosen; `corrected` needs a corpus's counts and is not for here.
        seed: of the dice of `sample`.
        form: of the question in the model's training; None: as this project trains.

    Raises:
        ValueError: an empty sentence, a language that the model does not know, a text too long, a
            ratio that asks for too much.
    """
    if not 0 < ratio <= MOST:
        raise ValueError(f"ratio {ratio}: above 0, at most {MOST:g}.")
    settings = settings or GuessSettings()
    if settings.method == "corrected":
        raise ValueError("'corrected' reads a corpus's counts, which a checkpoint does not have.")
    sentence = speaker.sentence(source)
    targets = np.array([speaker.language_id(target)])
    question = ask(sentence, targets, ratio, form or PlaceholderSettings(), speaker.special)
    check_length(int(question.pack.position_ids.max()) + 1, speaker.model)
    dice = torch.Generator().manual_seed(seed)
    pieces = answer(question, speaker.logits, settings, speaker.special, dice)
    alone = speaker.probabilities(question.pack, question.holes)
    shares = alone[torch.arange(len(pieces)), torch.from_numpy(pieces)]
    return PseudoTokens(
        pieces=tuple(map(speaker.piece, pieces.tolist(), shares.tolist())),
        text=str(speaker.tokenizer.decode(pieces.tolist())),
    )
