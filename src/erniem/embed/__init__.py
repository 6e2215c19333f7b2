"""Sentence vectors of any encoder: which layer, which tokens, how many at once."""

from erniem.embed.backends import BackendName
from erniem.embed.encoder import Encoder
from erniem.embed.encoders import SentenceEncoder, open_encoder, sentence_vectors
from erniem.embed.settings import (
    BUCC_VECTORS,
    TATOEBA_VECTORS,
    TODAYS_VECTORS,
    Pooling,
    VectorSettings,
    layer_for,
    read_vector_settings,
    write_vector_settings,
)

__all__ = [
    "BUCC_VECTORS",
    "TATOEBA_VECTORS",
    "TODAYS_VECTORS",
    "BackendName",
    "Encoder",
    "Pooling",
    "SentenceEncoder",
    "VectorSettings",
    "layer_for",
    "open_encoder",
    "read_vector_settings",
    "sentence_vectors",
    "write_vector_settings",
]
