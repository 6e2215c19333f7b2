"""What a training step is measured on: sizes of networks, and sentences and pairs in pieces."""

import lzma
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from erniem.packing import SpecialIds

POOL = 16
"""Batches among which a peer with like lengths sorts its rows, fewer than its Trainer's 50."""
LANGUAGES = ("de", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "zh")


@dataclass(frozen=True, kw_only=True)
class Size:
    """A network, and how much text it gets a step."""

    name: str
    shape: dict[str, int]
    sentences: int

    @property
    def vocabulary(self) -> int:
        return self.shape["vocab_size"]

    @property
    def special(self) -> SpecialIds:
        mask = self.vocabulary - 1
        return SpecialIds(cls=0, pad=1, sep=2, unk=3, mask=mask, vocabulary_size=self.vocabulary)


SMALL = Size(
    name="6 × 256, 16,000 pieces",
    shape={
        "vocab_size": 16_000,
        "hidden_size": 256,
        "num_hidden_layers": 6,
        "num_attention_heads": 4,
        "intermediate_size": 1024,
    },
    sentences=32,
)
BASE = Size(
    name="12 × 768, 250,002 pieces",
    shape={
        "vocab_size": 250_002,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
    },
    sentences=16,
)
TINY = Size(name="2 × 64", shape={**SMALL.shape, "num_hidden_layers": 2}, sentences=8)


class Text:
    """Sentences and pairs in pieces, of real text if there is any.

    Args:
        size: whose vocabulary the pieces are of.
        tokenizer: folder of the tokeniser that splits the text; None: lengths as real text has.
    """

    def __init__(self, size: Size, tokenizer: Path | None) -> None:
        data = os.environ.get("ERNIEM_DATA")
        self.real = bool(data and tokenizer)
        self.size = size
        if data and tokenizer:
            self._single, self._pairs = real_text(Path(data), tokenizer)
        else:
            self._single, self._pairs = invented_text()

    def singles(self, batch: int) -> list[list[int]]:
        """The sentences of a batch."""
        return self._of(self._single, batch)

    def alike(self, batch: int) -> list[list[int]]:
        """Sentences of like lengths, out of `POOL` batches."""
        pool = [one for at in range(POOL) for one in self.singles(batch * POOL + at)]
        pool.sort(key=len)
        turn = (7 * batch) % POOL  # short ones, long ones
        return pool[turn * self.size.sentences : (turn + 1) * self.size.sentences]

    def pairs(self, batch: int) -> tuple[list[list[int]], list[list[int]]]:
        """The pairs of a batch, half as many as it has sentences."""
        chosen = self._chosen(len(self._pairs), batch, self.size.sentences // 2)
        first, second = zip(*(self._pairs[one] for one in chosen), strict=True)
        return self._fitted(first), self._fitted(second)

    def _of(self, sentences: list[list[int]], batch: int) -> list[list[int]]:
        chosen = self._chosen(len(sentences), batch, self.size.sentences)
        return self._fitted([sentences[one] for one in chosen])

    @staticmethod
    def _chosen(of: int, batch: int, count: int) -> list[int]:
        order = np.random.default_rng(7).permutation(of)
        return [int(order[(batch * count + one) % of]) for one in range(count)]

    def _fitted(self, sentences: "list[list[int]] | tuple[list[int], ...]") -> list[list[int]]:
        """Pieces beyond a smaller vocabulary as some that it has."""
        most = self.size.vocabulary - 5
        return [[4 + piece % most for piece in one[:250]] for one in sentences]


@cache
def real_text(
    data: Path, tokenizer: Path
) -> tuple[list[list[int]], list[tuple[list[int], list[int]]]]:
    """Sentences of all sources, those of pairs too, and pairs, in pieces."""
    from erniem.tokenization import open_tokenizer

    split = open_tokenizer(tokenizer)

    def ids(texts: list[str]) -> list[list[int]]:
        return split(texts, add_special_tokens=False, verbose=False).input_ids

    folder = data / "monolingual" / "commonvoice"
    singles = [
        one for code in LANGUAGES for one in ids(list(lines(folder / f"{code}.txt.xz", 400)))
    ]
    pairs = []
    for path in sorted((data / "parallel").glob("*/en-*.tsv.xz")):
        rows = [line.split("\t")[:2] for line in lines(path, 60)]
        sides = [ids([row[side] for row in rows]) for side in (0, 1)]
        pairs += list(zip(*sides, strict=True))
    singles += [side for pair in pairs for side in pair if side]
    return singles, [pair for pair in pairs if all(0 < len(side) <= 120 for side in pair)]


def lines(path: Path, most: int) -> Iterator[str]:
    """The first lines of a packed file that are not empty."""
    if path.exists():
        with lzma.open(path, "rt", encoding="utf-8") as file:
            yield from islice((line.strip() for line in file if line.strip()), most)


@cache
def invented_text() -> tuple[list[list[int]], list[tuple[list[int], list[int]]]]:
    """Pieces by chance; lengths log-normal, as in the corpus of real text in docs/log.md."""
    rng = np.random.default_rng(0)
    lengths = rng.lognormal(np.log(30) - 0.18, 0.6, 4000).round().clip(3, 250).astype(int)
    made = [rng.integers(0, 1 << 30, length).tolist() for length in lengths]
    return made, list(zip(made[:2000], made[2000:], strict=True))
