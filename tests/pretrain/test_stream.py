from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erniem.corpus.pipeline import Corpus
from erniem.pretrain.stream import Line, Stream, temperature_shares

lengths_of_sentences = st.lists(st.integers(1, 9), min_size=1, max_size=30).map(np.array)


def stream_of(
    corpus: Corpus,
    *mixes: dict[str, float],
    budget: int = 256,
    seed: int = 1,
    max_length: int = 64,
) -> Stream:
    return Stream(
        corpus,
        mixes,
        languages=corpus.languages,
        budget=budget,
        alpha=0.5,
        max_length=max_length,
        seed=seed,
    )


def test_temperature_lifts_the_small_language() -> None:
    shares = temperature_shares({"en": 900, "sw": 100}, 0.5)
    assert shares == pytest.approx({"en": 0.75, "sw": 0.25})


def test_a_sentence_belongs_to_the_window_it_begins_in() -> None:
    line = Line(np.array([4, 4, 4]), seed=(0,))
    first, second, third = line.window(0, 12)
    assert line.window(0, 8).tolist() == [first, second]
    assert line.window(1, 8).tolist() == [second]
    assert line.window(8, 12).tolist() == [third]
    assert line.window(9, 12).tolist() == []


def test_an_epoch_is_shuffled_anew() -> None:
    line = Line(np.ones(50, dtype=np.int64), seed=(0,))
    assert line.window(0, 50).tolist() != line.window(50, 100).tolist()


@settings(max_examples=50, deadline=None)
@given(lengths=lengths_of_sentences, width=st.floats(0.3, 40), epochs=st.integers(1, 3))
def test_windows_of_any_width_give_every_sentence_once_an_epoch(
    lengths: np.ndarray, width: float, epochs: int
) -> None:
    line = Line(lengths, seed=(3,))
    end = epochs * line.total
    edges = sorted({min(end, int(i * width)) for i in range(int(end / width) + 2)} | {0, end})
    seen = np.concatenate([line.window(a, b) for a, b in pairwise(edges)])
    assert np.bincount(seen, minlength=len(lengths)).tolist() == [epochs] * len(lengths)


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
    stream = stream_of(corpus, {"mmlm": 1.0}, {"mmlm": 0.5, "btmlm": 0.5}, budget=200)
    seen: dict[int, list[int]] = {}
    for number in range(400):
        opened = [0] if number < 7 else [0, 7]
        for text in stream.micro_batch(number, opened):
            if text.objective == "mmlm":
                for place, language in enumerate(text.first.languages):
                    seen.setdefault(int(language), []).append(hash(text.first[place].tobytes()))
    for code, shard in corpus.monolingual.items():
        everything = shard.take(np.arange(len(shard)))
        expected = sorted(hash(everything[i].tobytes()) for i in range(len(shard)))
        of_language = seen[1 + corpus.languages.index(code)]
        assert len(of_language) > len(shard), "the first epoch must be through"
        assert sorted(of_language[: len(shard)]) == expected


def test_a_pair_with_a_long_side_is_left_out_whole_and_counted(corpus: Corpus) -> None:
    limit = 20
    stream = stream_of(corpus, {"tlm": 1.0, "mmlm": 1.0}, budget=8_000, max_length=2 * limit + 4)
    fitting = {
        label: int((shard.lengths <= limit).all(axis=1).sum())
        for label, shard in corpus.parallel.items()
    }
    assert all(0 < fitting[label] < len(corpus.parallel[label]) for label in fitting)
    assert stream.misfits["tlm"] == {
        label: len(shard) - fitting[label] for label, shard in corpus.parallel.items()
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
    for shard in corpus.parallel.values():
        first, second = shard.take(np.arange(len(shard)))
        whole |= {
            (int(second.languages[i]), first[i].tobytes(), second[i].tobytes())
            for i in range(len(shard))
            if max(len(first[i]), len(second[i])) <= limit
        }
    assert seen == whole


def test_a_long_sentence_is_cropped_and_counted(corpus: Corpus) -> None:
    stream = stream_of(corpus, {"mmlm": 1.0}, budget=4_000, max_length=22)
    (text,) = stream.micro_batch(0, [0])
    assert text.first.lengths.max() == 20
    assert stream.misfits["mmlm"]["en"] == int((corpus.monolingual["en"].lengths > 20).sum()) > 0


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
