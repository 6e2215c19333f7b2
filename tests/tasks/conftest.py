"""A tiny encoder with its tokenizer, and a folder of all tasks in invented words."""

import json
from pathlib import Path

import pytest
import torch

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import ErnieMTokenizer
from small_vocabulary import small_vocabulary
from tasks.made_up import write_tasks


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of 32, drawn at random."""
    folder = tmp_path_factory.mktemp("encoder")
    tokenizer = ErnieMTokenizer(vocabulary=small_vocabulary())
    torch.manual_seed(0)
    config = ErnieMConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=66,
        initializer_range=0.1,
    )
    ErnieMModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tasks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The nine tasks in English and German."""
    folder = tmp_path_factory.mktemp("xtreme")
    write_tasks(folder)
    return folder
