"""A tiny encoder with its tokenizer, and a folder of all tasks in invented words."""

from pathlib import Path

import pytest
import torch

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import ErnieMTokenizer
from erniem.tokenization.files import sentencepiece_model
from made_up_tasks import write_tasks
from small_vocabulary import small_vocabulary


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of 32, drawn at random."""
    folder = tmp_path_factory.mktemp("encoder")
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
    return folder


@pytest.fixture(scope="session")
def tasks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All tasks in English and German, of invented words."""
    folder = tmp_path_factory.mktemp("xtreme")
    write_tasks(folder)
    return folder
