"""What grows with the number of processes, looked at for 1,024 of them without starting any."""

import tracemalloc

import numpy as np
import pytest

from erniem.corpus.corpus import Corpus, open_corpus
from erniem.pretrain.deal import hand_of
from erniem.pretrain.stream import Stream, micro_batches_of

WORLD = 1024


def stream_of(corpus: Corpus, per_step: int, budget: int = 256) -> Stream:
    return Stream(
        corpus,
        [{"mmlm": 0.4, "tlm": 0.3, "camlm": 0.3}],
        languages=corpus.languages,
        budget=budget,
        alpha=0.5,
        max_length=64,
        seed=1,
        per_step=per_step,
    )


@pytest.mark.parametrize("each", [1, 3])
def test_the_numbers_of_all_processes_are_disjoint_and_whole(each: int) -> None:
    for step in (0, 7, 10**9):
        per_step = WORLD * each
        numbers = [n for r in range(WORLD) for n in micro_batches_of(step, r, WORLD, per_step)]
        assert len(numbers) == per_step
        assert sorted(numbers) == list(range(step * per_step, (step + 1) * per_step))


def test_the_rows_of_all_processes_are_those_of_the_step(corpus: Corpus) -> None:
    stream, step = stream_of(corpus, WORLD), 2
    rows: dict[str, list[int]] = {reading.name: [] for reading in stream.readings}
    lengths = {reading.name: reading.dataset.shard.lengths() for reading in stream.readings}
    tokens = np.zeros(WORLD)
    for rank in range(WORLD):
        (number,) = micro_batches_of(step, rank, WORLD, WORLD)
        for reading, numbers in stream.rows(number, [0]):
            rows[reading.name] += numbers.tolist()
            tokens[rank] += lengths[reading.name][numbers].sum()
    starts, stops = stream._places(step * WORLD, [0]), stream._places((step + 1) * WORLD, [0])
    for reading, start, stop in zip(stream.readings, starts, stops, strict=True):
        expected = reading.line.window(int(start), int(stop)).numbers
        assert sorted(rows[reading.name]) == sorted(expected.tolist())
    assert np.abs(tokens - tokens.mean()).max() < 60, "no process is two sentences out"


@pytest.mark.parametrize("rank", [0, 511, 1023])
def test_a_process_draws_alone_what_it_draws_among_all(corpus: Corpus, rank: int) -> None:
    """A process opens the corpus anew, and sees its own micro-batches alone."""
    together = stream_of(corpus, WORLD)
    for number in range(2 * WORLD + rank - 3 if rank > 3 else 2 * WORLD, 2 * WORLD + rank):
        list(together.rows(number, [0]))
    alone = stream_of(open_corpus(corpus.folder), WORLD)
    (number,) = micro_batches_of(2, rank, WORLD, WORLD)
    ours = [numbers.tolist() for _, numbers in alone.rows(number, [0])]
    assert ours == [numbers.tolist() for _, numbers in together.rows(number, [0])]


def test_a_process_looks_at_no_more_rows_and_memory_among_1024_than_among_64(
    corpus: Corpus,
) -> None:
    peaks = []
    for world in (64, WORLD):
        (number,) = micro_batches_of(3, world - 1, world, world)
        assert len(hand_of(number, world)) == 64
        stream = stream_of(corpus, world)
        tracemalloc.start()
        list(stream.micro_batch(number, [0]))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
