"""A tokeniser of the made-up scripts."""

import pytest
from transformers import PreTrainedTokenizerFast

from erniem.tokenization import open_tokenizer
from made_up_answers import write_tokenizer


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerFast:
    folder = tmp_path_factory.mktemp("tokenizer")
    write_tokenizer(folder)
    return open_tokenizer(folder)
