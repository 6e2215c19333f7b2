"""A tiny encoder with its tokenizer."""

from pathlib import Path

import torch

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import ErnieMTokenizer
from erniem.tokenization.files import sentencepiece_model
from small_vocabulary import small_vocabulary

__all__ = ["write_encoder"]


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
