"""A Unigram vocabulary: pieces with their scores by id, the rules of its normaliser."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from tokenizers import AddedToken, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import Precompiled

from erniem.tokenization.normalization import SPACE, charsmap_of

__all__ = [
    "CLS",
    "MASK",
    "PAD",
    "SEP",
    "SPECIAL",
    "UNK",
    "Vocabulary",
    "backend_of",
    "vocabulary_of",
]

CLS, PAD, SEP, UNK, MASK = SPECIAL = "[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """All that decides the pieces of a text."""

    scores: Mapping[str, float]
    """Pieces in the order of their ids, special ones too, with log probabilities."""
    charsmap: bytes
    """The compiled rules of the normaliser; empty for none."""
    special: tuple[str, ...] = SPECIAL
    """The pieces that no text is split into."""


def backend_of(vocabulary: Vocabulary) -> Tokenizer:
    """A tokenizer with model, rules and special tokens, and nothing else.

    Raises:
        ValueError: a piece that reaches from one word into the next.
    """
    pieces = list(vocabulary.scores)
    for piece in pieces:
        if SPACE in piece[1:]:
            raise ValueError(f"piece {piece!r} reaches over words; ERNIE-M's pieces do not.")
    unknown = pieces.index(UNK)
    tokenizer = Tokenizer(Unigram(list(vocabulary.scores.items()), unk_id=unknown))
    if vocabulary.charsmap:
        tokenizer.normalizer = Precompiled(vocabulary.charsmap)
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in vocabulary.special]
    )
    return tokenizer


def vocabulary_of(tokenizer: Tokenizer) -> Vocabulary:
    """What `backend_of` made a tokenizer of; tokens added since are special ones."""
    state = json.loads(tokenizer.to_str())
    return Vocabulary(
        scores=dict(state["model"]["vocab"]),
        charsmap=charsmap_of(tokenizer.normalizer),
        special=tuple(token["content"] for token in state["added_tokens"]),
    )
