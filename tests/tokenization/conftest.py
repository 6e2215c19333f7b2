from collections.abc import Callable
from pathlib import Path

import pytest

from erniem.tokenization import ErnieMTokenizer
from erniem.tokenization.files import sentencepiece_model
from small_vocabulary import small_vocabulary


@pytest.fixture(scope="session")
def old_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """vocab.txt and sentencepiece.bpe.model, as transformers 4 and PaddleNLP write them."""
    folder = tmp_path_factory.mktemp("old")
    vocabulary = small_vocabulary()
    (folder / "sentencepiece.bpe.model").write_bytes(sentencepiece_model(vocabulary))
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in vocabulary.scores))
    return folder


@pytest.fixture(scope="session")
def tokenizer_of(old_folder: Path) -> Callable[[str], ErnieMTokenizer]:
    """The tokeniser of a segmentation."""
    made: dict[str, ErnieMTokenizer] = {}

    def of(segmentation: str) -> ErnieMTokenizer:
        if segmentation not in made:
            made[segmentation] = ErnieMTokenizer.from_pretrained(
                old_folder, segmentation=segmentation
            )
        return made[segmentation]

    return of
