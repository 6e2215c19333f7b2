"""From text to pieces: the vocabulary, the token shards, and how often each piece occurs.

Letters: L languages (and L + 1 `rows`), V vocabulary.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, cycle
from pathlib import Path

import numpy as np
from jaxtyping import Int
from tqdm import tqdm
from transformers import PreTrainedTokenizerFast

from erniem.corpus.gather import Gathered, Rows, Texts, by_language, codes_of, draw_order
from erniem.corpus.manifest import DatasetFacts, lengths_histogram
from erniem.corpus.shard_writer import ShardWriter
from erniem.corpus.shards import shard_name
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
    folder: Path, text: Gathered, tokenizer: PreTrainedTokenizerFast, max_pieces: int
) -> list[DatasetFacts]:
    """Encodes and writes the text of a corpus, and `counts.npy`.

    Args:
        folder: gets the shards and `counts.npy` `(rows, V)`, how often each piece stands in the
            shards by language id; row 0 is unused.
        text: what is encoded.
        tokenizer: gives the pieces.
        max_pieces: longer sentences are cropped.

    Returns:
        What was counted of each data set.
    """
    encoder = _Encoder(codes_of(text.rows), tokenizer, max_pieces)
    by_source = {
        (label, source): rows
        for label, texts in sorted(text.rows.items())
        for source, rows in sorted(_by_source(texts, text.origins[label]).items())
    }
    with tqdm(total=sum(map(len, by_source.values())), desc="encoding", unit="row") as bar:
        facts = []
        for (label, source), rows in by_source.items():
            facts.append(encoder.write(folder, label, source, rows))
            bar.update(len(rows))
    np.save(folder / "counts.npy", encoder.counts)
    return facts


def _by_source(
    texts: Texts, origins: Mapping[tuple[str, ...], str]
) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for keys, row in texts.items():
        found.setdefault(origins[keys], []).append(row)
    return found


class _Encoder:
    """Encodes data sets chunk by chunk, and counts on the way."""

    def __init__(
        self, languages: list[str], tokenizer: PreTrainedTokenizerFast, max_pieces: int
    ) -> None:
        self.languages = languages
        self.tokenizer = tokenizer
        self.max_pieces = max_pieces
        self.counts = np.zeros((len(languages) + 1, len(tokenizer)), dtype=np.int64)

    def write(
        self, folder: Path, label: str, source: str, rows: list[tuple[str, ...]]
    ) -> DatasetFacts:
        """Writes the shard of one data set."""
        sides = np.array([1 + self.languages.index(code) for code in label.split("-")])
        lengths, cropped, unknown = [np.zeros(0, dtype=np.int64)], 0, 0
        with ShardWriter(folder / shard_name(label, source), len(self.tokenizer)) as writer:
            for start in range(0, len(rows), CHUNK):
                chunk = rows[start : start + CHUNK]
                pieces, sizes, too_long = self._pieces([text for row in chunk for text in row])
                writer.add(pieces, sizes)
                lengths.append(sizes.reshape(len(chunk), -1).sum(axis=1))
                cropped += too_long
                unknown += int((pieces == self.tokenizer.unk_token_id).sum())
                languages = np.repeat(np.tile(sides, len(chunk)), sizes)
                np.add.at(self.counts, (languages, pieces), 1)
        texts = [text for row in rows for text in row]
        return DatasetFacts(
            label=label,
            source=source,
            rows=len(rows),
            tokens=writer.tokens,
            characters=sum(map(len, texts)),
            words=sum(len(text.split()) for text in texts),
            cropped=cropped,
            unknown=unknown,
            lengths=lengths_histogram(np.concatenate(lengths)),
        )

    def _pieces(self, texts: list[str]) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " n"], int]:
        """Pieces of all texts end to end, how many each has, and how many texts were cropped."""
        encoded = self.tokenizer(texts, add_special_tokens=False, verbose=False).input_ids
        sizes = np.array([len(pieces) for pieces in encoded], dtype=np.int64)
        short = chain.from_iterable(pieces[: self.max_pieces] for pieces in encoded)
        too_long = int((sizes > self.max_pieces).sum())
        return np.fromiter(short, dtype=np.int64), np.minimum(sizes, self.max_pieces), too_long
