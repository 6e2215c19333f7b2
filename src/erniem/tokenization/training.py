"""Trains a Unigram vocabulary with SentencePiece."""

import io
import re
from collections.abc import Iterable

import sentencepiece as spm

from erniem.tokenization.exchange import from_sentencepiece
from erniem.tokenization.tokenizer import ErnieMTokenizer

__all__ = ["train_tokenizer"]


def train_tokenizer(
    sentences: Iterable[str],
    *,
    vocabulary_size: int,
    character_coverage: float = 0.9995,
    max_sentences: int = 1_000_000,
    threads: int = 2,
) -> ErnieMTokenizer:
    """Trains a Unigram vocabulary (Kudo, 2018) on sentences.

    Args:
        sentences: the text, in the mix in which languages should get pieces.
        vocabulary_size: ids V, the five special ones counted.
        character_coverage: share of the characters seen that the vocabulary spells.
        max_sentences: no more than this many are used, drawn from all of them.
        threads: threads of the trainer.

    Raises:
        ValueError: text that is too little for so many pieces, or has too many characters.

    Example: `train_tokenizer(lines, vocabulary_size=16_000)("Hallo").input_ids` → `[0, …, 2]`.
    """
    model = io.BytesIO()
    try:
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocabulary_size - 2,  # its <s>, </s>, <unk> become four; and [MASK]
            character_coverage=character_coverage,
            input_sentence_size=max_sentences,
            shuffle_input_sentence=True,
            num_threads=threads,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise ValueError(
            f"no vocabulary of {vocabulary_size} pieces can be trained on this text: "
            f"{_shortage(str(error))}."
        ) from error
    return from_sentencepiece(model.getvalue())


def _shortage(said: str) -> str:
    """What SentencePiece lacks, and the way out, in our count of pieces (two more than its)."""
    if most := re.search(r"set it to a value <= (\d+)", said):
        return f"it has enough for {int(most[1]) + 2}; give more text or ask for fewer pieces"
    if least := re.search(r"required_chars\. \d+ vs (\d+)", said):
        return f"its characters alone take {int(least[1]) + 2}; ask for more pieces"
    return f"{said}; give more text or another number of pieces"
