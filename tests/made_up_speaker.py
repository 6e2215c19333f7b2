"""A tiny masked-LM with language embeddings, and its tokenizer."""

from pathlib import Path

import torch

from erniem import ErnieMConfig, ErnieMForMaskedLM
from erniem.tokenization import ErnieMTokenizer

__all__ = ["write_speaker"]


def write_speaker(encoder: Path, folder: Path, languages: tuple[str, ...] = ("el", "en")) -> None:
    """Two layers of 32, drawn at random; the tokenizer of a tiny encoder."""
    tokenizer = ErnieMTokenizer.from_pretrained(encoder)
    torch.manual_seed(0)
    config = ErnieMConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=66,
        initializer_range=0.2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        languages=list(languages),
    )
    ErnieMForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
