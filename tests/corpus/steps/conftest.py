import pytest

from erniem.tokenization import ErnieMTokenizer
from erniem.tokenization.files import sentencepiece_model
from small_vocabulary import small_vocabulary


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> ErnieMTokenizer:
    """A tokeniser with a small vocabulary and the rules of the published one."""
    folder = tmp_path_factory.mktemp("vocabulary")
    vocabulary = small_vocabulary()
    (folder / "sentencepiece.bpe.model").write_bytes(sentencepiece_model(vocabulary))
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in vocabulary.scores))
    return ErnieMTokenizer.from_pretrained(folder)
