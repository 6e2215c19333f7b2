"""A tiny encoder with its tokenizer, and the same shape with a head."""

from pathlib import Path
from typing import Any

import torch

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import ErnieMTokenizer, open_tokenizer
from erniem.tokenization.files import sentencepiece_model
from small_vocabulary import small_vocabulary

__all__ = ["write_encoder", "write_with_head"]


def write_encoder(folder: Path) -> None:
    """Two layers of 32, drawn at random."""
    vocabulary = small_vocabulary()
    (folder / "sentencepiece.bpe.model").write_bytes(sentencepiece_model(vocabulary))
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in vocabulary.scores))
    ErnieMTokenizer.from_pretrained(folder).save_pretrained(folder)
    torch.manual_seed(0)
    config = ErnieMConfig(
        vocab_size=len(vocabulary.scores),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=130,
        initializer_range=0.1,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    ErnieMModel(config).save_pretrained(folder)


def write_with_head(kind: type[Any], encoder: Path, folder: Path, **settings: int) -> Any:
    """A model of a class and the encoder's shape, drawn at random, with its tokenizer."""
    torch.manual_seed(0)
    config = ErnieMConfig.from_pretrained(encoder, **settings)
    if "Classification" in kind.__name__:
        config.num_labels = 3
    model = kind(config).eval()
    model.save_pretrained(folder)
    open_tokenizer(encoder).save_pretrained(folder)
    return model
