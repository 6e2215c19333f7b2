"""Time and memory of building a corpus, and of its encoding beside `datasets.map`.

python bench/build_corpus.py real TEXT PAIRS --exclude TESTS   end to end, by the full recipe
python bench/build_corpus.py grow TEXT PAIRS --times 1 4 16    the same text, over and over
python bench/build_corpus.py map TEXT [--tokenizer DIR]       the same ids by `datasets.map`
"""

import argparse
import dataclasses
import json
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

import datasets
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from erniem.corpus.build import run
from erniem.corpus.build.columns import read_rows
from erniem.corpus.build.executors import Executor
from erniem.corpus.build.left import Remaining
from erniem.corpus.build.run import build
from erniem.corpus.build.vocabulary import Vocabulary
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.corpus.document import Drops, sides_of
from erniem.corpus.recipe import CorpusRecipe
from erniem.corpus.shards import BOUNDS, TOKENS, shard_file, shard_name
from erniem.corpus.sources import SourceEntry, find_sources, read
from erniem.packing import within
from erniem.recipes import find
from erniem.tokenization import open_tokenizer

ENDINGS = {1: "txt", 2: "tsv"}
RECIPE = find("corpus")


class Stages:
    """Clock, processors' time and peak memory, process by process, of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.busy: dict[str, float] = {}
        self.largest = 0.0
        self._run = run.run_stage
        run.run_stage = self._timed

    def _timed(self, executor: Executor, steps: list[object], *, tasks: int, log: Path) -> None:
        start = time.perf_counter()
        with Watched() as watched:
            self._run(executor, steps, tasks=tasks, log=log)
        self.seconds[log.name] = time.perf_counter() - start
        self.busy[log.name] = watched.busy
        self.largest = max(self.largest, watched.peak)
        print(
            f"  {log.name:10}{self.seconds[log.name]:8.1f} s   {watched.busy:8.1f} s of processors"
            f"   {watched.peak:6.0f} MB",
            flush=True,
        )


class Watched:
    """The memory of the largest process of ours, and the time of all, looked at ten times a second.

    Resident memory without what is mapped from files, which the system takes back when it likes.
    The last tenth of a second of each process is missed.
    """

    def __enter__(self) -> "Watched":
        self.peak = 0.0
        self._times: dict[psutil.Process, float] = {}
        self._look()
        self._before = sum(self._times.values())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_looking)
        self._thread.start()
        return self

    def _keep_looking(self) -> None:
        while not self._over.wait(0.1):
            self._look()

    def _look(self) -> None:
        me = psutil.Process()
        for process in [me, *me.children(recursive=True)]:
            try:
                facts, times = process.memory_info(), process.cpu_times()
            except psutil.Error:
                continue
            self._times[process] = times.user + times.system
            self.peak = max(self.peak, (facts.rss - facts.shared) / 1e6)

    @property
    def busy(self) -> float:
        """Seconds of processors that ours and all that it began took."""
        return sum(self._times.values()) - self._before

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def megabytes(sources: list[Path]) -> float:
    """Text of sources, unpacked, as UTF-8."""
    total = 0
    for folder in sources:
        for source in find_sources(SourceEntry(path=str(folder))):
            for document in read(source, Drops()):
                total += sum(len(side.encode()) for side in sides_of(document))
    return total / 1e6


def recipe(
    sources: list[Path], output: Path, *, workers: int, steps: list[object], size: int, most: int
) -> CorpusRecipe:
    return CorpusRecipe(
        output=output,
        sources=[SourceEntry(path=str(folder)) for folder in sources],
        steps=steps,
        vocabulary=Vocabulary(size=size, sentences=most),
        executor=Executor(workers=workers),
    )


def told(corpus: Corpus, size: float, seconds: float, workers: int, stages: Stages) -> None:
    rows = sum(corpus.rows.values())
    tokens = sum(one.facts.tokens for one in corpus.datasets)
    start = time.perf_counter()
    open_corpus(corpus.folder)
    opening = 1e3 * (time.perf_counter() - start)
    in_stages, busy = sum(stages.seconds.values()), sum(stages.busy.values())
    print(
        f"{size:,.0f} MB in {len(corpus.languages)} languages → {rows:,} rows, {tokens:,} pieces: "
        f"{seconds:,.0f} s, of which {seconds - in_stages:,.0f} s vocabulary and the rest; stages "
        f"{size / in_stages / workers:.2f} MB/s a process, {size / busy:.2f} a second of "
        f"processors; largest process {stages.largest:,.0f} MB; opened in {opening:.1f} ms",
        flush=True,
    )


def real(arguments: argparse.Namespace) -> None:
    """All of the text, by every step of the recipe."""
    steps = list(yaml.safe_load(RECIPE.read_text())["steps"])
    if arguments.exclude:
        steps.append({"unseen": {"sets": tuple(str(path) for path in arguments.exclude)}})
    size = megabytes(arguments.sources)
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
        stages = Stages()
        start = time.perf_counter()
        one = recipe(
            arguments.sources,
            arguments.output or Path(folder) / "corpus",
            workers=arguments.workers,
            steps=steps,
            size=64_000,
            most=300_000,
        )
        corpus = build(one)
        told(corpus, size, time.perf_counter() - start, arguments.workers, stages)


def grow(arguments: argparse.Namespace) -> None:
    """The same text 1, 4, 16 … times; every copy is told apart, lest it be dropped as repeated."""
    for times in arguments.times:
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as name:
            folder = Path(name)
            size = _copied(arguments.sources, folder / "text", times) / 1e6
            stages = Stages()
            one = recipe(
                [folder / "text"],
                folder / "corpus",
                workers=arguments.workers,
                steps=["repair", "copied"],
                size=16_000,
                most=100_000,
            )
            start = time.perf_counter()
            corpus = build(one)
            told(corpus, size, time.perf_counter() - start, arguments.workers, stages)
            run.run_stage = stages._run


def _copied(sources: list[Path], output: Path, times: int) -> int:
    """Writes files so many times as long, a copy's number after each side; bytes written."""
    for folder in sources:
        for source in find_sources(SourceEntry(path=str(folder))):
            path = output / source.name / f"{source.label}.{ENDINGS[len(source.languages)]}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                for copy in range(times):
                    for document in read(source, Drops()):
                        file.write(
                            "\t".join(f"{side} {copy}" for side in sides_of(document)) + "\n"
                        )
    return sum(path.stat().st_size for path in output.rglob("*") if path.is_file())


def compare(arguments: argparse.Namespace) -> None:
    """Encoding and writing of the same cleaned sentences, in turn, by us and by `datasets.map`."""
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as name:
        folder = Path(name)
        made = recipe(
            arguments.sources,
            folder / "corpus",
            workers=arguments.workers,
            steps=["repair"],
            size=16_000,
            most=100_000,
        )
        made = dataclasses.replace(made, pairs_as_text=False, held_out=0)
        if arguments.tokenizer:
            made = dataclasses.replace(made, tokenizer=arguments.tokenizer, vocabulary=Vocabulary())
        making = run._Build(made)
        making.clean()
        remaining = making.compare(())
        making.make_tokenizer(remaining)
        files = [_kept(making, remaining, rank, folder) for rank in making.ranks]
        ours, theirs = [], []
        for repeat in range(arguments.repeats):
            ours.append(_encode(making, remaining))
            taken, done = _map(making, files, folder / f"map{repeat}", arguments.workers)
            theirs.append(taken)
            print(f"  ours {ours[-1]}; datasets.map {theirs[-1]}", flush=True)
        pieces = _check_same(making, done)
        print(f"{len(done):,} sentences, {pieces:,} pieces, the same in both; ", end="")
        print(f"{arguments.workers} processes, {arguments.repeats} times in turn:")
        for what in ("clock", "processors"):
            pairs = [
                (getattr(a, what), getattr(b, what)) for a, b in zip(ours, theirs, strict=True)
            ]
            ratios = [other / mine for mine, other in pairs]
            mine, other = (statistics.median(one) for one in zip(*pairs, strict=True))
            print(
                f"  {what:10} ours {mine:.1f} s, datasets.map {other:.1f} s: "
                f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"
            )


def _kept(making: run._Build, remaining: Remaining, rank: int, folder: Path) -> str:
    """The sentences of a task that are not repeated, as a file of their own."""
    path = folder / f"{rank}.parquet"
    left = remaining.of(rank)
    found = read_rows(making.work.documents(rank))
    texts = [text for rows in found for text in rows.those(left.kept(rows.numbers)).texts[0]]
    pq.write_table(pa.table({"text": texts}), path)
    return str(path)


@dataclasses.dataclass(frozen=True)
class Taken:
    """Seconds of a contestant."""

    clock: float
    processors: float
    """Of all its processes together, which other work on the machine changes little."""

    def __str__(self) -> str:
        return f"{self.clock:.1f} s, {self.processors:.1f} s of processors"


def _encode(making: run._Build, remaining: Remaining) -> Taken:
    """Our stage that encodes, begun anew."""
    for left in ("encode", "parts", "encoded"):
        shutil.rmtree(making.work.folder / left, ignore_errors=True)
    with Watched() as watched:
        start = time.perf_counter()
        making.encode(remaining)
        clock = time.perf_counter() - start
    return Taken(clock, watched.busy)


def _map(
    making: run._Build, files: list[str], cache: Path, workers: int
) -> tuple[Taken, datasets.Dataset]:
    """`datasets.map`, its tokeniser open and its table read before."""
    datasets.disable_progress_bars()
    tokenizer = open_tokenizer(making.tokenizer_folder)
    table = datasets.Dataset.from_parquet(files, cache_dir=str(cache))

    def encode(batch: dict[str, list[str]]) -> dict[str, list[list[int]]]:
        ids = tokenizer(batch["text"], add_special_tokens=False, return_attention_mask=False)
        return {"input_ids": ids["input_ids"]}

    with Watched() as watched:
        start = time.perf_counter()
        done = table.map(encode, batched=True, num_proc=workers, remove_columns=["text"])
        clock = time.perf_counter() - start
    return Taken(clock, watched.busy), done


def _check_same(making: run._Build, done: datasets.Dataset) -> int:
    """How many pieces both wrote; they are compared, one by one, sentence by sentence."""
    column = done.data["input_ids"]
    theirs = pc.list_flatten(column).to_numpy()
    lengths = pc.list_value_length(column).to_numpy()
    ours, bounds = [], []
    for rank in making.ranks:
        facts = json.loads(making.work.encoded(rank).read_text())
        for label, source, _ in facts["datasets"]:
            path = making.work.parts(rank) / shard_name(label, source)
            ours.append(np.load(shard_file(path, TOKENS)))
            bounds.append(np.diff(np.load(shard_file(path, BOUNDS))))
    assert np.array_equal(np.concatenate(bounds), np.minimum(lengths, making.recipe.max_pieces))
    kept = within(lengths) < making.recipe.max_pieces
    assert np.array_equal(np.concatenate(ours), theirs[kept])
    return int(kept.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["real", "grow", "map"])
    parser.add_argument("sources", nargs="+", type=Path)
    parser.add_argument("--exclude", nargs="+", type=Path, default=[])
    parser.add_argument("--times", nargs="+", type=int, default=[1, 4, 16])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--tokenizer", type=Path, help="of `map`; one is trained if not given")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, help="keep the corpus of `real` there")
    parser.add_argument("--scratch", type=Path, help="folder with room (the system's)")
    arguments = parser.parse_args()
    {"real": real, "grow": grow, "map": compare}[arguments.what](arguments)


if __name__ == "__main__":
    main()
