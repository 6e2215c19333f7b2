"""How fast the stream gives tokens, how soon a corpus opens, and in how much memory.

```text
python bench/stream_tokens.py speed      tokens/s of MMLM and TLM, 47 languages with 3 sources each
python bench/stream_tokens.py opening    a corpus of 1,000 data sets
python bench/stream_tokens.py size       one data set of 100 million sentences
```

The pieces are random numbers; sentences have 2 to 60 of them. Of the large data set only the bounds
are real (8 bytes a sentence); its pieces are a file of zeros that takes no room.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from erniem.corpus.arrays import FileFacts, write_array
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.corpus.document import Drops
from erniem.corpus.manifest import DatasetFacts, write_manifest
from erniem.corpus.shard_writer import ShardWriter
from erniem.corpus.shards import BOUNDS, TOKENS, shard_file, shard_name
from erniem.pretrain.stream import Stream

Made = TypeVar("Made")

VOCABULARY = 16_000
TRAINER = 15_000
"""Tokens/s that no trainer of ours reaches on two cores; docs/log.md has 3,003 (6 × 256)."""


def write_rows(folder: Path, label: str, source: str, rows: int) -> DatasetFacts:
    """A data set of random rows."""
    dice = np.random.default_rng(rows)
    sides = len(label.split("-"))
    lengths = dice.integers(2, 60, rows * sides)
    with ShardWriter(folder / shard_name(label, source), VOCABULARY) as writer:
        writer.add(dice.integers(5, VOCABULARY, lengths.sum()), lengths)
    return DatasetFacts(label=label, source=source, rows=rows, tokens=writer.tokens)


def write_corpus(
    folder: Path, datasets: list[DatasetFacts], hashed: dict[Path, FileFacts] | None = None
) -> None:
    """What turns a folder of shards into a corpus."""
    write_manifest(
        folder,
        languages=sorted({code for each in datasets for code in each.label.split("-")}),
        tokenizer="",
        datasets=datasets,
        held_out={},
        from_pairs={},
        drops=Drops(),
        hashed=hashed,
    )


def codes(count: int) -> list[str]:
    """Invented codes of languages: aa, ab, ac, …"""
    return [chr(97 + number // 26) + chr(97 + number % 26) for number in range(count)]


def stream_of(corpus: Corpus, mix: dict[str, float], budget: int) -> Stream:
    return Stream(
        corpus,
        [mix],
        languages=corpus.languages,
        budget=budget,
        alpha=0.3,
        max_length=256,
        seed=1,
    )


def speed(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Tokens/s by objective and micro-batch, 47 languages of unlike size."""
    sources = [f"source-{number}" for number in range(options.sources)]
    languages = codes(47)
    datasets = []
    for rank, code in enumerate(languages):
        rows = max(300, int(options.rows / (1 + rank)))
        for place, source in enumerate(sources):
            datasets.append(write_rows(folder, code, source, rows >> place))
            if rank:
                label = f"{languages[0]}-{code}"
                datasets.append(write_rows(folder, label, source, rows >> place + 2))
    write_corpus(folder, datasets)
    corpus = open_corpus(folder)
    yield f"{len(datasets)} data sets, {sum(corpus.rows.values()):,} rows"
    for mix in ({"mmlm": 1.0}, {"tlm": 1.0}, {"mmlm": 0.4, "tlm": 0.3, "camlm": 0.3}):
        for budget in (2_048, 16_384):
            stream = stream_of(corpus, mix, budget)
            list(stream.micro_batch(0, [0]))  # every line draws its first order
            rates = [tokens_per_second(stream, first) for first in range(1, 1 + 9 * 40, 40)]
            middle = statistics.median(rates)
            yield (
                f"{'+'.join(mix):16}{budget:>7,} tokens a micro-batch{middle:>12,.0f} tokens/s "
                f"({min(rates):,.0f} to {max(rates):,.0f}), {middle / TRAINER:.0f} × {TRAINER:,}"
            )


def tokens_per_second(stream: Stream, first: int, count: int = 40) -> float:
    """Of `count` micro-batches."""
    languages = 1 + len(stream.corpus.languages)
    parts, seconds = timed(
        lambda: [text for n in range(first, first + count) for text in stream.micro_batch(n, [0])]
    )
    return sum(float(text.tokens(languages).sum()) for text in parts) / seconds


def opening(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Milliseconds until a corpus of many data sets is open."""
    datasets = [
        write_rows(folder, code, f"source-{number}", 3)
        for code in codes(50)
        for number in range(options.datasets // 50)
    ]
    write_corpus(folder, datasets)
    seconds = [timed(lambda: open_corpus(folder))[1] for _ in range(9)]
    median = statistics.median(seconds)
    yield f"{len(datasets)} data sets open in {1e3 * median:.1f} ms ({1e3 * min(seconds):.1f} best)"


def size(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Seconds and memory of one large data set."""
    facts, hashed = write_large(folder, options.sentences)
    write_corpus(folder, [facts], hashed)
    yield f"{facts.rows:,} sentences, {facts.tokens:,} pieces; before opening {memory()}"
    corpus, seconds = timed(lambda: open_corpus(folder))
    yield f"corpus open after {1e3 * seconds:.1f} ms, {memory()}"
    stream, seconds = timed(lambda: stream_of(corpus, {"mmlm": 1.0}, 16_384))
    yield f"stream ready after {seconds:.2f} s, {memory()}"
    _, seconds = timed(lambda: list(stream.micro_batch(0, [0])))
    yield f"first micro-batch after {seconds:.2f} s, {memory()}"
    last = facts.tokens // 16_384 - 1
    _, seconds = timed(lambda: [list(stream.micro_batch(last - n, [0])) for n in range(200)])
    yield f"200 micro-batches from the end of the epoch in {seconds:.2f} s, {memory()}"
    line = stream.readings[0].line
    order = line.window(0, 40_000_000).numbers
    distance = np.abs(np.diff(order))
    yield (
        f"neighbours stand {distance.mean() / facts.rows:.4f} N apart on the mean (chance alone: "
        f"{1 / 3:.4f} N); {np.mean(distance < 512):.5%} within 512 rows"
    )


def write_large(folder: Path, sentences: int) -> tuple[DatasetFacts, dict[Path, FileFacts]]:
    """A data set whose bounds are real, and whose pieces are zeros."""
    path = folder / shard_name("aa", "large")
    path.parent.mkdir(parents=True)
    end = 0

    def bounds() -> Iterator[np.ndarray]:
        nonlocal end
        dice = np.random.default_rng(1)
        yield np.zeros(1, dtype=np.int64)
        for start in range(0, sentences, 1_000_000):
            ends = end + np.cumsum(dice.integers(2, 60, min(1_000_000, sentences - start)))
            end = int(ends[-1])
            yield ends

    names = {ending: shard_file(path, ending) for ending in (BOUNDS, TOKENS)}
    facts = write_array(names[BOUNDS], np.dtype(np.int64), sentences + 1, bounds())
    np.lib.format.open_memmap(names[TOKENS], "w+", np.uint16, (end,)).flush()
    zeros = FileFacts(bytes=names[TOKENS].stat().st_size, sha256="not read")
    dataset = DatasetFacts(label="aa", source="large", rows=sentences, tokens=end)
    return dataset, {names[BOUNDS]: facts, names[TOKENS]: zeros}


def timed(make: Callable[[], Made]) -> tuple[Made, float]:
    start = time.perf_counter()
    return make(), time.perf_counter() - start


def memory() -> str:
    """What the process holds, and the pages of files beside it, which the system may take back."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {
        name: int(rest.split()[0]) / 1024 for name, rest in map(_entry, lines) if "Rss" in name
    }
    return f"{found['RssAnon']:,.0f} MB, and {found['RssFile']:,.0f} MB of mapped files"


def _entry(line: str) -> tuple[str, str]:
    name, _, rest = line.partition(":")
    return name, rest


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["speed", "opening", "size"])
    parser.add_argument("--sources", type=int, default=3, help="of each language")
    parser.add_argument("--rows", type=int, default=200_000, help="of the largest data set")
    parser.add_argument("--datasets", type=int, default=1_000)
    parser.add_argument("--sentences", type=int, default=100_000_000)
    options = parser.parse_args()
    run = {"speed": speed, "opening": opening, "size": size}[options.what]
    with TemporaryDirectory() as name:
        for line in run(Path(name), options):
            print(line, flush=True)


if __name__ == "__main__":
    main()
