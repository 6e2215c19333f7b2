"""A masked-LM that can be told in which language to answer.

Letters: T tokens, H holes, V vocabulary.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from erniem.model.heads import ErnieMForMaskedLM
from erniem.packing import Pack, Sentences
from erniem.tokenization import special_ids

__all__ = ["Piece", "Said", "Speaker", "check_length"]

SPACE = "▁"
"""SentencePiece's sign for the space before a word."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence and the code of its language."""

    text: str
    language: str


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A piece of text, as an answer."""

    text: str
    """Without the sign for a space before it; `␣` where it is that sign alone."""
    begins_word: bool
    """Whether that sign was there."""
    probability: float
    """Among all pieces of text."""


class Speaker:
    """The network with its tokenizer and languages.

    Args:
        model: trained with CAMLM or BTMLM, its placeholders tagged with a language.
        tokenizer: the model's.

    Raises:
        ValueError: a model without language embeddings, a tokenizer without [MASK].
    """

    def __init__(self, model: ErnieMForMaskedLM, tokenizer: PreTrainedTokenizerFast) -> None:
        if not model.config.languages:
            raise ValueError(
                "this model has no language embeddings: placeholders cannot say in which language "
                "they are to be answered; train with CAMLM, or take another."
            )
        self.model = model
        self.tokenizer = tokenizer
        self.special = special_ids(tokenizer)
        self.languages: tuple[str, ...] = tuple(model.config.languages)

    def language_id(self, code: str) -> int:
        """What the network knows a language by.

        Raises:
            ValueError: a language it does not know.
        """
        if code not in self.languages:
            raise ValueError(f"language {code!r}: the model knows {', '.join(self.languages)}.")
        return 1 + self.languages.index(code)

    def sentence(self, said: Said) -> Sentences:
        """Bare pieces of one sentence.

        Raises:
            ValueError: a sentence without words.
        """
        pieces = self.tokenizer(said.text, add_special_tokens=False, verbose=False).input_ids
        if not said.text.strip() or not pieces:
            raise ValueError("a sentence is empty: write one.")
        return Sentences.of([pieces], [self.language_id(said.language)])

    def logits(self, pack: Pack, holes: Int[np.ndarray, " H"]) -> Float[Tensor, "H V"]:
        """The network's answers at the holes, without gradient."""
        arrays = {
            "input_ids": pack.input_ids,
            "position_ids": pack.position_ids,
            "language_ids": pack.language_ids,
            "cu_seqlens": pack.cu_seqlens,
            "holes": holes,
        }
        device = self.model.device
        with torch.no_grad():
            tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
            return self.model(**tensors).logits.float().cpu()

    def probabilities(self, pack: Pack, holes: Int[np.ndarray, " H"]) -> Float[Tensor, "H V"]:
        """Of each piece in each hole; no special token is an answer."""
        logits = self.logits(pack, holes)
        logits[:, list(self.special.ids)] = -torch.inf
        return logits.softmax(dim=-1)

    def piece(self, number: int, probability: float) -> Piece:
        """A piece by its id."""
        written = str(self.tokenizer.convert_ids_to_tokens(number))
        return Piece(
            text=written.removeprefix(SPACE) or "␣",
            begins_word=written.startswith(SPACE),
            probability=probability,
        )


def check_length(tokens: int, model: ErnieMForMaskedLM) -> None:
    """Refuses what the network has no positions for.

    Raises:
        ValueError: too many tokens.
    """
    if tokens > model.config.longest_sequence:
        raise ValueError(
            f"{tokens} tokens with what is to be filled in, and the model reads "
            f"{model.config.longest_sequence}: shorten the sentences."
        )
