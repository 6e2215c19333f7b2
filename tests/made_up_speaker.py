"""Tiny models with heads, and their tokenizers."""

from pathlib import Path

import torch

from erniem import ErnieMConfig, ErnieMForInformationExtraction, ErnieMForMaskedLM
from erniem.tokenization import ErnieMTokenizer

__all__ = ["write_extractor", "write_speaker"]


def write_speaker(encoder: Path, folder: Path, languages: tuple[str, ...] = ("el", "en")) -> None:
    """A masked-LM with language embeddings, drawn at random; the tokenizer is the encoder's."""
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


def write_extractor(encoder: Path, folder: Path) -> None:
    """A UIE-M for which every piece is an answer."""
    tokenizer = ErnieMTokenizer.from_pretrained(encoder)
    model = ErnieMForInformationExtraction(
        ErnieMConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=66,
        )
    )
    with torch.no_grad():
        for head in (model.linear_start, model.linear_end):
            head.weight.zero_()
            head.bias.fill_(3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
