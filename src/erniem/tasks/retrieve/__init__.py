"""Retrieval between languages: held-out pairs, Tatoeba, BUCC, for any encoder."""

from erniem.tasks.retrieve.held_out import between_all, held_out_retrieval
from erniem.tasks.retrieve.table import Retrieval, RetrievalTable, accuracy, retrieve
from erniem.tasks.retrieve.tatoeba import tatoeba_retrieval, xtreme_accuracy
from erniem.tasks.retrieve.tatoeba_files import XTREME_TATOEBA, read_tatoeba

__all__ = [
    "XTREME_TATOEBA",
    "Retrieval",
    "RetrievalTable",
    "accuracy",
    "between_all",
    "held_out_retrieval",
    "read_tatoeba",
    "retrieve",
    "tatoeba_retrieval",
    "xtreme_accuracy",
]
