"""A tiny made-up world for pre-training tests: one language written in three scripts."""

from pathlib import Path

import numpy as np
import pytest

from erniem.corpus.build.folders import build_corpus
from erniem.corpus.corpus import Corpus
from invented import CYRILLIC, GREEK, invented_words


def invented_sentences(count: int, seed: int) -> list[str]:
    """Sentences of 5 to 12 invented words with a natural skew of frequencies."""
    rng = np.random.default_rng(seed)
    words = invented_words(150, rng, [2, 3])
    ranks = 1 / np.arange(1, len(words) + 1)
    return [
        " ".join(rng.choice(words, size=rng.integers(5, 13), p=ranks / ranks.sum()))
        for _ in range(count)
    ]


def write_invented_text(folder: Path, *, pairs: int = 300, sentences: int = 300) -> Path:
    """`text/XX.txt` in en, el and ru, and `pairs/en-XX.tsv`, all from one invented language."""
    (folder / "text").mkdir(parents=True)
    (folder / "pairs").mkdir()
    for code, script in (("el", GREEK), ("ru", CYRILLIC)):
        rows = [f"{line}\t{line.translate(script)}" for line in invented_sentences(pairs, 1)]
        (folder / "pairs" / f"en-{code}.tsv").write_text("\n".join(rows) + "\n")
    for place, (code, script) in enumerate((("en", {}), ("el", GREEK), ("ru", CYRILLIC))):
        lines = [line.translate(script) for line in invented_sentences(sentences, 10 + place)]
        (folder / "text" / f"{code}.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Token shards of the invented text."""
    folder = tmp_path_factory.mktemp("world")
    write_invented_text(folder / "text")
    return build_corpus(
        [folder / "text"], folder / "corpus", vocabulary_size=300, held_out=20, workers=1
    )
