import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erniem.corpus.corpus import Corpus
from erniem.corpus.shards import Shard
from erniem.pretrain.stream import Stream, micro_batches_of

ALONE = {"pairs": 0.0}
"""Leaves the sentences that came from pairs out."""


def stream_of(
    corpus: Corpus,
    *mixes: dict[str, float],
    budget: int = 256,
    seed: int = 1,
    max_length: int = 64,
    sources: dict[str, float] | None = None,
    per_step: int = 1,
) -> Stream:
    return Stream(
        corpus,
        mixes,
        languages=corpus.languages,
        budget=budget,
        alpha=0.5,
        max_length=max_length,
        seed=seed,
        sources=sources,
        per_step=per_step,
    )


def shard_of(corpus: Corpus, label: str, source: str = "text") -> Shard:
    (shard,) = (each.shard for each in corpus.of(label) if each.source == source)
    return shard


def test_a_micro_batch_depends_on_nothing_but_its_number(corpus: Corpus) -> None:
    def drawn(stream: Stream, number: int) -> list[list[int]]:
        return [text.first.ids.tolist() for text in stream.micro_batch(number, [0])]

    mix = {"mmlm": 1.0, "tlm": 1.0}
    one, other = stream_of(corpus, mix), stream_of(corpus, mix)
    in_order = [drawn(one, number) for number in range(6)]
    assert [drawn(other, number) for number in (5, 0, 3)] == [in_order[5], in_order[0], in_order[3]]
    assert drawn(stream_of(corpus, mix, seed=2), 0) != in_order[0]


def test_every_objective_gets_its_share_of_the_tokens(corpus: Corpus) -> None:
    stream = stream_of(corpus, {"mmlm": 3.0, "camlm": 1.0}, budget=400)
    tokens = {"mmlm": 0, "camlm": 0}
    for number in range(40):
        for text in stream.micro_batch(number, [0]):
            tokens[text.objective] += int(text.tokens(4).sum())
    assert tokens["mmlm"] / 40 == pytest.approx(300, rel=0.02)
    assert tokens["camlm"] / 40 == pytest.approx(100, rel=0.02)


def test_pairs_stay_pairs(corpus: Corpus) -> None:
    stream = stream_of(corpus, {"tlm": 1.0})
    (text,) = stream.micro_batch(2, [0])
    assert text.second is not None
    assert len(text.first) == len(text.second) > 0
    assert set(text.first.languages) == {1 + corpus.languages.index("en")}
    assert 1 + corpus.languages.index("en") not in text.second.languages


def test_opening_a_stage_neither_skips_nor_repeats_a_sentence(corpus: Corpus) -> None:
    stream = stream_of(
        corpus, {"mmlm": 1.0}, {"mmlm": 0.5, "btmlm": 0.5}, budget=200, sources=ALONE
    )
    seen: dict[int, list[int]] = {}
    for number in range(400):
        opened = [0] if number < 7 else [0, 7]
        for text in stream.micro_batch(number, opened):
            if text.objective == "mmlm":
                for place, language in enumerate(text.first.languages):
                    seen.setdefault(int(language), []).append(hash(text.first[place].tobytes()))
    for code in corpus.languages:
        shard = shard_of(corpus, code)
        (everything,) = shard.take(np.arange(len(shard)))
        expected = sorted(hash(everything[i].tobytes()) for i in range(len(shard)))
        of_language = seen[1 + corpus.languages.index(code)]
        assert len(of_language) > len(shard), "the first epoch must be through"
        assert sorted(of_language[: len(shard)]) == expected


def test_a_pair_with_a_long_side_is_left_out_whole_and_counted(corpus: Corpus) -> None:
    limit = 20
    stream = stream_of(corpus, {"tlm": 1.0, "mmlm": 1.0}, budget=8_000, max_length=2 * limit + 4)
    shards = {label: shard_of(corpus, label, "pairs") for label in ("en-el", "en-ru")}
    fitting = {
        label: int((shard.lengths() <= limit).all(axis=1).sum()) for label, shard in shards.items()
    }
    assert all(0 < fitting[label] < len(shard) for label, shard in shards.items())
    assert stream.misfits["tlm"] == {
        label: len(shard) - fitting[label] for label, shard in shards.items()
    }
    seen = set()
    for number in range(6):
        pairs = {text.objective: text for text in stream.micro_batch(number, [0])}["tlm"]
        assert pairs.second is not None
        for place, language in enumerate(pairs.second.languages):
            first, second = pairs.first[place], pairs.second[place]
            assert max(len(first), len(second)) <= limit
            seen.add((int(language), first.tobytes(), second.tobytes()))
    whole = set()
    for shard in shards.values():
        first, second = shard.take(np.arange(len(shard)))
        whole |= {
            (int(second.languages[i]), first[i].tobytes(), second[i].tobytes())
            for i in range(len(shard))
            if max(len(first[i]), len(second[i])) <= limit
        }
    assert seen == whole


def test_a_long_sentence_is_cropped_and_counted(corpus: Corpus) -> None:
    stream = stream_of(corpus, {"mmlm": 1.0}, budget=4_000, max_length=22, sources=ALONE)
    (text,) = stream.micro_batch(0, [0])
    assert text.first.lengths.max() == 20
    assert stream.misfits["mmlm"]["en"] == int((shard_of(corpus, "en").lengths() > 20).sum()) > 0


def test_pairs_that_are_all_too_long_are_refused_with_the_way_out(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match=r"all \d+ pairs have a side .* raise batch\.max_length"):
        stream_of(corpus, {"tlm": 1.0}, max_length=6)


def test_an_objective_without_text_is_named(corpus: Corpus) -> None:
    with pytest.raises(
        ValueError, match=r"tlm gets a share of the tokens, but .* has no pairs in el"
    ):
        Stream(
            corpus,
            [{"tlm": 1.0}],
            languages=["el"],
            budget=256,
            alpha=0.5,
            max_length=64,
            seed=1,
        )


def test_an_open_stage_has_its_own_shares(corpus: Corpus) -> None:
    stream = stream_of(corpus, {"mmlm": 1.0}, {"mmlm": 0.25, "btmlm": 0.75}, budget=200)
    tokens = {"mmlm": 0, "btmlm": 0}
    for number in range(7, 47):
        for text in stream.micro_batch(number, [0, 7]):
            tokens[text.objective] += int(text.tokens(4).sum())
    assert tokens["mmlm"] / 40 == pytest.approx(50, rel=0.03)
    assert tokens["btmlm"] / 40 == pytest.approx(150, rel=0.03)


def test_a_weight_moves_tokens_between_the_sources_of_a_language(corpus: Corpus) -> None:
    mix = {"mmlm": 1.0}
    plain, weighted = stream_of(corpus, mix), stream_of(corpus, mix, sources={"pairs": 3.0})
    before, after = plain.epochs(1000, [0]), weighted.epochs(1000, [0])
    for code in corpus.languages:
        assert before[f"mmlm/{code}/pairs"] == pytest.approx(before[f"mmlm/{code}/text"], rel=1e-3)
        ratio = after[f"mmlm/{code}/pairs"] / after[f"mmlm/{code}/text"]
        assert ratio == pytest.approx(3, rel=1e-3)
        assert after[f"mmlm/{code}"] == pytest.approx(before[f"mmlm/{code}"], rel=1e-3)


def test_epochs_are_counted_by_language_and_by_data_set(corpus: Corpus) -> None:
    stream = stream_of(corpus, {"mmlm": 1.0, "tlm": 1.0}, sources={"text": 0.25})
    epochs = stream.epochs(300, [0])
    assert set(epochs) == {
        *(f"mmlm/{code}" for code in corpus.languages),
        *(f"mmlm/{code}/{source}" for code in corpus.languages for source in ("pairs", "text")),
        *("tlm/en-el", "tlm/en-el/pairs", "tlm/en-ru", "tlm/en-ru/pairs"),
    }
    assert epochs["mmlm/el/text"] < epochs["mmlm/el"] < epochs["mmlm/el/pairs"]
    assert epochs["tlm/en-el"] == epochs["tlm/en-el/pairs"] > 1


def test_a_source_of_weight_0_is_left_out(corpus: Corpus) -> None:
    stream = stream_of(corpus, {"mmlm": 1.0}, sources=ALONE)
    assert {reading.dataset.source for reading in stream.readings} == {"text"}
    with pytest.raises(ValueError, match="without pairs has no pairs in el, en, ru"):
        stream_of(corpus, {"tlm": 1.0}, sources=ALONE)


def test_an_unknown_source_is_named_with_those_there_are(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match=r"sources names 'wiki', but .* are pairs, text: name one"):
        stream_of(corpus, {"mmlm": 1.0}, sources={"wiki": 2.0})


def test_processes_take_turns() -> None:
    assert [list(micro_batches_of(2, rank, 2, 4)) for rank in (0, 1)] == [[8, 10], [9, 11]]


@settings(max_examples=8)
@given(
    runs=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=4),
    per_step=st.integers(1, 6),
)
def test_the_number_of_processes_may_change_and_no_sentence_is_seen_twice_or_skipped(
    corpus: Corpus, runs: list[tuple[int, int]], per_step: int
) -> None:
    """Each run is a number of processes and of steps; the next one resumes where it stopped."""
    mix = {"mmlm": 1.0, "tlm": 1.0}
    stream = stream_of(corpus, mix, budget=900, per_step=per_step)
    seen: dict[str, list[int]] = {reading.name: [] for reading in stream.readings}
    done = 0
    for world, steps in runs:
        resumed = stream_of(corpus, mix, budget=900, per_step=per_step)
        for step in range(done, done + steps):
            for rank in range(world):
                for number in micro_batches_of(step, rank, world, per_step):
                    for reading, rows in resumed.rows(number, [0]):
                        seen[reading.name] += rows.tolist()
        done += steps
    ends = stream._places(done * per_step, [0])
    for reading, end in zip(stream.readings, ends, strict=True):
        whole = reading.line.window(0, int(end)).numbers.tolist()
        assert sorted(seen[reading.name]) == sorted(whole)
        counts = np.bincount(seen[reading.name], minlength=reading.line.rows.num_rows)
        counts = counts[reading.line.rows.lengths([(0, len(counts))]) > 0]
        assert counts.max() - counts.min() <= 1, "an epoch ends before the next one begins"


def tokens_of(stream: Stream, number: int) -> int:
    return sum(int(text.tokens(4).sum()) for text in stream.micro_batch(number, [0]))


def test_the_micro_batches_of_a_step_hold_the_same_tokens_and_together_its_text(
    corpus: Corpus,
) -> None:
    mix = {"mmlm": 1.0, "tlm": 1.0, "camlm": 1.0}
    stream = stream_of(corpus, mix, budget=2_000, per_step=8)
    whole = stream_of(corpus, mix, budget=16_000)
    for step in range(3):
        tokens = [tokens_of(stream, number) for number in range(8 * step, 8 * step + 8)]
        assert sum(tokens) == tokens_of(whole, step)
        assert max(tokens) - min(tokens) < 60, "no more than about a sentence and a pair"
