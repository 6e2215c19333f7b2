"""What sentence vectors are measured on: short sentences, real or invented, and an encoder."""

import random
from collections.abc import Sequence
from pathlib import Path

import torch

from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.tasks.retrieve.tatoeba_files import read_tatoeba
from erniem.tokenization import train_tokenizer

__all__ = ["LANGUAGES", "chosen", "made_up", "sentences"]

LANGUAGES = ("de", "ru", "el", "he", "ar", "hi", "ta", "th", "ka", "ko", "ja", "zh")
"""One a script, chosen before anything was measured."""

SYLLABLES = ("ba", "de", "fi", "go", "lu", "mi", "no", "pe", "ra", "si", "tu", "vo")
WORDS = [one + other for one in SYLLABLES for other in SYLLABLES]
E5_SMALL = {
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
}
TINY = {**E5_SMALL, "hidden_size": 48, "num_hidden_layers": 2, "intermediate_size": 192}


def chosen(tatoeba: Path | None, count: int) -> list[str]:
    """Tatoeba's sentences of all twelve languages, shuffled; invented ones without a folder."""
    if tatoeba is None:
        texts = sentences()
    else:
        pairs = read_tatoeba(tatoeba, languages=LANGUAGES)
        texts = [foreign for rows in pairs.values() for _, foreign in rows]
    random.Random(0).shuffle(texts)
    return texts[:count]


def sentences() -> list[str]:
    """Invented ones of natural lengths."""
    dice = random.Random(2)
    lengths = [round(min(60, max(3, dice.lognormvariate(2.3, 0.6)))) for _ in range(2000)]
    return [" ".join(dice.choices(WORDS, k=length)) for length in lengths]


def made_up(folder: Path, texts: Sequence[str], *, quick: bool) -> None:
    """An encoder drawn at random that knows these texts: multilingual-e5-small's size, or tiny."""
    torch.manual_seed(0)
    tokenizer = train_tokenizer(texts, vocabulary_size=160)
    tokenizer.save_pretrained(folder)
    shape = TINY if quick else E5_SMALL
    ErnieMModel(ErnieMConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(folder)
