from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erniem.corpus import duplicates
from erniem.corpus.document import Document, label_of, languages_of, pair, sentence, sides_of
from erniem.corpus.duplicates import Repeated, buckets_for, mark_repeated
from erniem.corpus.keys import KEY, SIDES, KeyWriter, What, keys_of
from erniem.corpus.nearness import Nearness, signatures
from erniem.corpus.normalised import normalised
from erniem.corpus.slices import Slices
from invented import CYRILLIC, invented

Found = dict[tuple[int, int], What]
"""What repeats, by rank and number."""


def found_in(
    folder: Path,
    tasks: Sequence[Sequence[Document]],
    *,
    nearness: Nearness | None = None,
    num_buckets: int = 1,
    run: int = 1000,
) -> Found:
    """What repeats in tasks, by the way of the files."""
    keys = [folder / f"{rank}.keys" for rank in range(len(tasks))]
    for path, documents in zip(keys, tasks, strict=True):
        with KeyWriter(path, nearness, run=run) as writer:
            for document in documents:
                writer.add([document])
    outputs = [folder / f"{bucket}.marks" for bucket in range(num_buckets)]
    for bucket, output in enumerate(outputs):
        mark_repeated(keys, output, bucket=bucket, num_buckets=num_buckets, nearness=nearness)
    repeated = Repeated(outputs)
    return {
        (rank, int(number)): What(int(what))
        for rank in range(len(tasks))
        for number, what in repeated.of(rank)
    }


def looked_up(tasks: Sequence[Sequence[Document]]) -> Found:
    """What repeats exactly, by dictionaries."""
    everything = [
        ((rank, number), document, tuple(map(normalised, sides_of(document))))
        for rank, documents in enumerate(tasks)
        for number, document in enumerate(documents)
    ]
    found: Found = {}
    known = set()
    for place, document, texts in everything:
        if (label_of(document), texts) in known:
            found[place] = What.EXACTLY
        known.add((label_of(document), texts))
    for place, document, texts in everything:
        if len(texts) == 2:
            sides = zip(languages_of(document), texts, SIDES, strict=True)
            for language, text, what in sides:
                if (language, (text,)) in known:
                    found[place] = found.get(place, What(0)) | what
                known.add((language, (text,)))
    return found


def sentences(*texts: str, language: str = "de") -> list[Document]:
    return [sentence(text, language=language, source="stories") for text in texts]


def pairs(*texts: tuple[str, str]) -> list[Document]:
    return [pair(*two, languages=("en", "de"), source="talks") for two in texts]


texts = st.sampled_from(["Lumi", "lumi!", "gode", "Gode gode", "tu"])
tasks = st.lists(
    st.lists(
        st.one_of(
            st.tuples(texts, st.sampled_from(["de", "en"])),
            st.tuples(texts, texts, st.just("en-de")),
        ),
        max_size=8,
    ),
    min_size=1,
    max_size=4,
)
few = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(tasks=tasks, num_buckets=st.integers(1, 5), run=st.integers(1, 6))
def test_the_files_find_what_dictionaries_find(
    tmp_path: Path, tasks: list[list[tuple[str, ...]]], num_buckets: int, run: int
) -> None:
    split = [
        [
            document
            for *sides, label in task
            for document in (
                pairs((sides[0], sides[1])) if sides[1:] else sentences(*sides, language=label)
            )
        ]
        for task in tasks
    ]
    assert found_in(tmp_path, split, num_buckets=num_buckets, run=run) == looked_up(split)


@few
@given(
    cuts=st.lists(st.integers(0, 60), max_size=4),
    num_buckets=st.integers(1, 5),
    run=st.integers(5, 300),
)
def test_tasks_buckets_and_runs_do_not_change_what_is_near(
    tmp_path: Path, cuts: list[int], num_buckets: int, run: int
) -> None:
    rng = np.random.default_rng(4)
    start = invented(20, words=30)
    corpus = sentences(*start, *(changed(text, rng) for text in start for _ in range(2)))
    bounds = [0, *sorted(cuts), len(corpus)]
    split = [corpus[a:b] for a, b in pairwise(bounds)]
    loose = Nearness(jaccard=0.75)
    whole = found_in(tmp_path, [corpus], nearness=loose)
    there = found_in(tmp_path, split, nearness=loose, num_buckets=num_buckets, run=run)
    assert {bounds[rank] + number: what for (rank, number), what in there.items()} == {
        number: what for (_, number), what in whole.items()
    }
    assert 5 < len(whole) < 40


def changed(text: str, rng: np.random.Generator, letters: int = 1) -> str:
    """A text with some of its letters replaced."""
    characters = list(text)
    for place in rng.choice(len(text), size=letters, replace=False):
        characters[place] = "z"
    return "".join(characters)


def test_a_sentence_of_another_language_is_another_sentence(tmp_path: Path) -> None:
    corpus = [*sentences("lumi"), *sentences("lumi", language="fi"), *sentences("Lumi.")]
    assert found_in(tmp_path, [corpus], nearness=Nearness()) == {(0, 2): What.EXACTLY | What.NEARLY}


def test_a_pair_repeats_if_both_sides_do(tmp_path: Path) -> None:
    corpus = pairs(("lumi", "gode"), ("lumi", "tusi"), ("Lumi", "Gode!"))
    assert found_in(tmp_path, [corpus]) == {
        (0, 1): What.FIRST_SIDE,
        (0, 2): What.EXACTLY | What.FIRST_SIDE | What.SECOND_SIDE,
    }


def test_a_pair_repeats_the_other_way_round_too(tmp_path: Path) -> None:
    turned = pair("gode", "lumi", languages=("de", "en"), source="talks")
    found = found_in(tmp_path, [[*pairs(("lumi", "gode")), turned]], nearness=Nearness())
    assert found == {(0, 1): What.EXACTLY | What.NEARLY | What.FIRST_SIDE | What.SECOND_SIDE}
    other = pair("lumi", "gode", languages=("de", "en"), source="talks")
    assert found_in(tmp_path, [[*pairs(("lumi", "gode")), other]]) == {}


def test_a_sentence_stays_though_a_pair_said_it_before(tmp_path: Path) -> None:
    corpus = [pairs(("lumi", "gode")), sentences("gode")]
    assert found_in(tmp_path, corpus) == {(0, 0): What.SECOND_SIDE}


def test_pairs_are_near_if_both_sides_together_are(tmp_path: Path) -> None:
    left, right, other = invented(3)
    rng = np.random.default_rng(1)
    corpus = pairs((left, right), (left, other), (right, left), (changed(left, rng), right))
    found = found_in(tmp_path, [corpus], nearness=Nearness(jaccard=0.7, bands=20))
    near = [place for place, what in found.items() if What.NEARLY in what]
    assert near == [(0, 3)]


@pytest.mark.parametrize("letters", [str.maketrans({}), CYRILLIC])
def test_a_chance_of_being_found_is_as_told(letters: dict[int, int]) -> None:
    nearness = Nearness()
    rng = np.random.default_rng(6)
    start = [text.translate(letters) for text in invented(1500)]
    for replaced in (1, 2, 4):
        other = [changed(text, rng, replaced) for text in start]
        documents = [[normalised(text)] for two in zip(start, other, strict=True) for text in two]
        keys, sketches = signatures(documents, nearness)
        shared = (keys[::2] == keys[1::2]).any(axis=1)
        differing = np.bitwise_count(sketches[::2] ^ sketches[1::2])
        share = np.mean(shared & (differing <= nearness.most_differing))
        told = np.mean([nearness.found(jaccard(*two)) for two in twos(documents)])
        assert share == pytest.approx(told, abs=0.03)


def twos(documents: list[list[str]]) -> list[tuple[str, str]]:
    return [(one[0], other[0]) for one, other in zip(documents[::2], documents[1::2], strict=True)]


def jaccard(one: str, other: str, characters: int = 5) -> float:
    """Similarity of the sets of shingles, counted one by one."""
    left, right = (
        {(text + "\0" * characters)[i : i + characters] for i in range(len(text))}
        for text in (one, other)
    )
    return len(left & right) / len(left | right)


def test_far_texts_that_share_a_key_stay(tmp_path: Path) -> None:
    corpus = sentences(*invented(400, words=20))
    loose = Nearness(bands=16, rows=1)
    keys = keys_of(corpus, loose)["key"]
    assert len(set(keys)) < 0.8 * len(keys)
    assert found_in(tmp_path, [corpus], nearness=loose) == {}


def test_texts_without_a_letter_are_no_trouble(tmp_path: Path) -> None:
    corpus = [*sentences("!", "?", ""), *pairs(("", "lumi"), ("...", "lumi"))]
    found = found_in(tmp_path, [corpus], nearness=Nearness())
    twice = What.EXACTLY | What.NEARLY
    assert found[0, 1] == found[0, 2] == twice
    assert found[0, 4] == twice | What.FIRST_SIDE | What.SECOND_SIDE


def test_no_documents_no_repetition(tmp_path: Path) -> None:
    assert found_in(tmp_path, [[], []], nearness=Nearness(), num_buckets=2) == {}


def test_runs_hold_so_many_keys_at_most_and_are_sorted(tmp_path: Path) -> None:
    with KeyWriter(tmp_path / "keys", run=1500) as writer:
        for document in sentences(*invented(2600)):
            writer.add([document])
            assert sum(map(len, writer._keys)) < 1500
    runs = Slices(tmp_path / "keys", KEY)
    assert sum(map(len, runs)) == 2600
    assert max(map(len, runs)) <= 1500
    assert all((np.diff(run["key"].astype(object)) >= 0).all() for run in runs)


def test_a_writer_that_fails_leaves_no_file(tmp_path: Path) -> None:
    writer = KeyWriter(tmp_path / "keys")

    def fail() -> None:
        with writer:
            writer.add(sentences("lumi"))
            raise UnicodeError("a text that cannot be read")

    with pytest.raises(UnicodeError, match="cannot be read"):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", [0, 10, 100, -1, -24])
def test_a_torn_file_is_refused_by_name(tmp_path: Path, left: int) -> None:
    path = tmp_path / "3.keys"
    with KeyWriter(path) as writer:
        for document in sentences(*invented(50)):
            writer.add([document])
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(ValueError, match=r"3\.keys is torn"):
        mark_repeated([path], tmp_path / "marks")


def test_keys_are_shared_out_evenly_for_the_memory_given(tmp_path: Path) -> None:
    with KeyWriter(tmp_path / "keys") as writer:
        for document in sentences(*invented(1200)):
            writer.add([document])
    num_buckets = buckets_for([tmp_path / "keys"], 1200 * duplicates.BYTES_A_KEY // 8)
    assert num_buckets == 8
    sizes = [
        sum(map(len, duplicates._share(tmp_path / "keys", bucket, num_buckets)))
        for bucket in range(num_buckets)
    ]
    assert sum(sizes) == 1200
    assert max(sizes) < 200
    with pytest.raises(ValueError, match="bucket 8 of 8"):
        mark_repeated([tmp_path / "keys"], tmp_path / "marks", bucket=8, num_buckets=8)


@pytest.mark.parametrize("wrong", [{"jaccard": 0.0}, {"jaccard": 80.0}, {"bands": 0}, {"rows": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Nearness(**wrong)
