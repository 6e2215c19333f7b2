"""An encoder for which a sentence and its transliteration mean the same; files of sentences."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from erniem.embed import SentenceEncoder, VectorSettings
from erniem.mine import run, semantic
from invented import GREEK, invented

LATIN = {after: before for before, after in GREEK.items()}


class Knowing(SentenceEncoder):
    """A sentence's vector is the sum of its words', and a little that is its own."""

    num_layers = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.asked: list[str] = []

    def vectors(
        self, sentences: Sequence[str], settings: VectorSettings, *, progress: bool = False
    ) -> np.ndarray:
        self.asked.extend(sentences)
        return np.array([self.vector(text) for text in sentences], dtype=np.float32)

    @staticmethod
    def vector(text: str) -> np.ndarray:
        words = [drawn(word) for word in text.translate(LATIN).split()]
        return np.sum(words, axis=0) + 0.3 * drawn(text)


def drawn(word: str) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=64)


@pytest.fixture
def knowing(monkeypatch: pytest.MonkeyPatch) -> Knowing:
    """In place of whatever encoder a folder holds."""
    one = Knowing()
    for module in (run, semantic):
        monkeypatch.setattr(module, "open_encoder", lambda folder: one)
    return one


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of an encoder."""
    made = tmp_path / "encoder"
    made.mkdir()
    (made / "weights").write_text("some")
    return made


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file of 60 sentences and one of 80, of which 20 are the same in other letters."""
    lines = invented(120, seed=5, words=1000)
    greek = [line.translate(GREEK) for line in [*lines[60:], *lines[:20]]]
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("\n".join(lines[:60]) + "\n")
    other.write_text("\n".join(greek) + "\n")
    return one, other
