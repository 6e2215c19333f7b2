import io
from pathlib import Path

import numpy as np
import pytest
import sentencepiece as spm

from erniem.tokenization import (
    ErnieMTokenizer,
    fingerprint,
    from_sentencepiece,
    special_ids,
    train_tokenizer,
)


def lines() -> list[str]:
    """Invented words in three scripts."""
    rng = np.random.default_rng(0)
    words = [
        "".join(rng.choice(list(letters), size=rng.integers(2, 7)))
        for letters in ("abcdefgh", "αβγδεζηθ", "กขคงจฉชซ")
        for _ in range(80)
    ]
    return [" ".join(rng.choice(words, size=8)) for _ in range(400)]


@pytest.fixture(scope="module")
def model() -> bytes:
    buffer = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines()), model_writer=buffer, vocab_size=200, minloglevel=2
    )
    return buffer.getvalue()


ODD = [
    "",
    " ",
    "  ab   cd ",
    "Ａｂ",
    "e\u0301a",
    "👍 ab",
    "ab\tcd",
    "ﬁab",
    "unseen Ω Ж",
]


@pytest.mark.parametrize("text", [*lines()[:40], *ODD])
def test_pieces_are_those_of_sentencepiece(model: bytes, text: str) -> None:
    reference = spm.SentencePieceProcessor(model_proto=model)
    expected = [reference.unk_id() + 3 if i == 0 else i + 1 for i in reference.encode(text)]
    ours = from_sentencepiece(model)(text, add_special_tokens=False).input_ids
    assert ours == expected


def test_special_tokens_have_the_published_ids() -> None:
    tokenizer = train_tokenizer(lines(), vocabulary_size=200)
    special = special_ids(tokenizer)
    assert (special.ids, special.vocabulary_size) == ((0, 1, 2, 3, 199), 200)
    pair = tokenizer("ab", "cd").input_ids
    assert [pair[0], pair[-1]] == [0, 2]
    assert pair.count(2) == 3


def test_a_saved_tokenizer_is_the_same(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(lines(), vocabulary_size=200)
    tokenizer.save_pretrained(tmp_path)
    loaded = ErnieMTokenizer.from_pretrained(tmp_path)
    assert fingerprint(loaded) == fingerprint(tokenizer)
    assert loaded(lines()[0]).input_ids == tokenizer(lines()[0]).input_ids


def test_another_vocabulary_has_another_fingerprint() -> None:
    one, other = (train_tokenizer(lines(), vocabulary_size=size) for size in (200, 180))
    assert fingerprint(one) != fingerprint(other)


def test_too_little_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no vocabulary of 5000 pieces"):
        train_tokenizer(["a b c"], vocabulary_size=5000)
