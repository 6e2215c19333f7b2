"""From text to pieces: the vocabulary, the token shards, and how often each piece occurs.

Letters: L languages (and L + 1 `rows`), V vocabulary.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, cycle
from pathlib import Path
from typing import NoReturn

import numpy as np
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from erniem.corpus.gather import Rows, by_language, codes_of, draw_order
from erniem.corpus.shards import write_shard
from erniem.tokenization import ErnieMTokenizer, train_tokenizer

__all__ = [
    "MOST_SENTENCES",
    "train_vocabulary",
    "vocabulary_sample",
    "write_shards",
]

MOST_SENTENCES = 1_000_000
"""About so many sentences, at most, train a vocabulary: the trainer holds them in memory."""
MOST_REPEATS = 10
"""A language's text is read so often at most, lest a handful of sentences fill the vocabulary."""
CHUNK = 5_000
"""Rows encoded at a time: a tokeniser's answer is many times larger than the text."""


def train_vocabulary(
    rows: Rows, *, size: int, alpha: float, most: int = MOST_SENTENCES
) -> ErnieMTokenizer:
    """A tokeniser for the text of a corpus.

    Args:
        rows: the text.
        size: pieces V.
        alpha: temperature of the mix of languages, see `vocabulary_sample`.
        most: sentences that train it, about, at most.
    """
    sentences = {
        code: [text for (text,) in texts.values()] for code, texts in by_language(rows).items()
    }
    return train_tokenizer(vocabulary_sample(sentences, alpha, most), vocabulary_size=size)


def vocabulary_sample(
    sentences: Mapping[str, Sequence[str]], alpha: float, most: int = MOST_SENTENCES
) -> Iterator[str]:
    """The sentences that train a vocabulary: of each language a share of characters ∝ size^alpha.

    As in XLM-R, §3.1: alpha 1 takes languages as they are, 0 all alike. As many characters are
    drawn as there are, or fewer, so as to stay at about `most` sentences; a small language is
    repeated, but not more than `MOST_REPEATS` times.

    Example: 900 and 100 characters, alpha 0.5 → 750 and 250, the small one 2.5 times.
    """
    sizes = {code: sum(map(len, lines)) for code, lines in sentences.items()}
    raised = {code: size**alpha for code, size in sizes.items()}
    shares = {code: value / sum(raised.values()) for code, value in raised.items()}
    per_character = sum(
        share * len(sentences[code]) / sizes[code] for code, share in shares.items()
    )
    characters = min(sum(sizes.values()), most / per_character)
    for code in sorted(sentences):
        wanted = min(shares[code] * characters, MOST_REPEATS * sizes[code])
        yield from _drawn(sentences[code], round(wanted))


def _drawn(sentences: Sequence[str], characters: int) -> Iterator[str]:
    """Sentences by chance, each as often as any other, until there are so many characters."""
    for text in cycle(sorted(sentences, key=draw_order)):
        if characters < len(text) / 2:
            return
        yield text
        characters -= len(text)


def write_shards(
    folder: Path, rows: Rows, tokenizer: PreTrainedTokenizerFast, max_pieces: int
) -> dict[str, dict[str, int]]:
    """Encodes and writes the text of a corpus, and `counts.npy`.

    Args:
        folder: gets `monolingual/XX.*.npy`, `parallel/XX-YY.*.npy` and `counts.npy` `(rows, V)`,
            how often each piece stands in the shards by language id; row 0 is unused.
        rows: the text.
        tokenizer: gives the pieces.
        max_pieces: longer sentences are cropped.

    Returns:
        Rows, tokens and cropped sentences by label.
    """
    facts = {}
    with tqdm(total=sum(map(len, rows.values())), desc="encoding", unit="row") as bar:
        encoder = _Encoder(rows, tokenizer, max_pieces, bar)
        for label in sorted(rows):
            room = folder / ("parallel" if "-" in label else "monolingual")
            room.mkdir(exist_ok=True)
            _, tokens = write_shard(room / label, encoder.pieces(label), len(tokenizer))
            facts[label] = {
                "rows": len(rows[label]),
                "tokens": tokens,
                "cropped": encoder.cropped[label],
            }
    np.save(folder / "counts.npy", encoder.counts)
    return facts


class _Encoder:
    """Encodes labels chunk by chunk, and counts on the way."""

    def __init__(
        self, rows: Rows, tokenizer: PreTrainedTokenizerFast, max_pieces: int, bar: "tqdm[NoReturn]"
    ) -> None:
        self.rows = rows
        self.tokenizer = tokenizer
        self.max_pieces = max_pieces
        self.bar = bar
        self.languages = codes_of(rows)
        self.counts = np.zeros((len(self.languages) + 1, len(tokenizer)), dtype=np.int64)
        self.cropped: Counter[str] = Counter()

    def pieces(self, label: str) -> Iterator[list[int]]:
        """The pieces of each sentence; of pairs, first and second sides in turn."""
        rows = list(self.rows[label].values())
        sides = [1 + self.languages.index(code) for code in label.split("-")]
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            texts = [text for row in chunk for text in row]
            encoded = self.tokenizer(texts, add_special_tokens=False, verbose=False).input_ids
            short = [pieces[: self.max_pieces] for pieces in encoded]
            self.cropped[label] += sum(len(pieces) > self.max_pieces for pieces in encoded)
            for place, language in enumerate(sides):
                self._count(language, short[place :: len(sides)])
            yield from short
            self.bar.update(len(chunk))

    def _count(self, language: int, sentences: list[list[int]]) -> None:
        pieces = np.fromiter(chain.from_iterable(sentences), dtype=np.int64)
        self.counts[language] += np.bincount(pieces, minlength=self.counts.shape[1])
