import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from erniem.embed import SentenceEncoder, VectorSettings
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.tasks.retrieve import (
    Retrieval,
    RetrievalTable,
    accuracy,
    between_all,
    held_out_retrieval,
    retrieve,
    tatoeba_retrieval,
)
from erniem.tokenization import ErnieMTokenizer, train_tokenizer

SETTINGS = VectorSettings()

Make = Callable[..., Any]


def vectors(*rows: Sequence[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


@pytest.fixture(scope="module")
def tokenizer() -> ErnieMTokenizer:
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefgh"), size=4)) for _ in range(40)]
    lines = [" ".join(rng.choice(words, size=6)) for _ in range(100)]
    return train_tokenizer(lines, vocabulary_size=50)


@pytest.fixture(scope="module")
def model(tokenizer: ErnieMTokenizer) -> ErnieMForMaskedLM:
    config = ErnieMConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
    )
    torch.manual_seed(0)
    return ErnieMForMaskedLM(config)


# One pair of languages


def test_the_nearest_by_angle_counts_whatever_the_lengths() -> None:
    queries = vectors([1, 0], [0, 1], [1, 1], [-1, 0])
    assert accuracy(queries, vectors([0.1, 0], [1, 9], [8, 8], [-5, 1])) == 1.0
    keys = vectors([0.1, 0], [9, 9], [8, 8.1], [-5, 1])
    # The nearest are rows 0, 2, 1 and 3: (9, 9) lies on (1, 1), and (8, 8.1) a little beyond.
    assert accuracy(queries, keys) == 0.5


def test_one_hub_spoils_one_way_only() -> None:
    first = vectors([1, 0, 0], [0, 1, 0], [0, 0, 1])
    second = vectors([1, 0.1, 0.1], [1, 0.9, 0.1], [1, 0.1, 0.9])
    found = retrieve(first, second)
    assert found == Retrieval(forward=1.0, backward=1 / 3, rows=3)
    assert found.reversed == Retrieval(forward=1 / 3, backward=1.0, rows=3)
    assert found.mean == pytest.approx(2 / 3)


def test_what_a_language_shares_can_be_taken_off() -> None:
    first = vectors([1, 0], [0, 1], [-1, -1])
    second = first + vectors([50, 30])
    assert retrieve(first, second).mean == 0.5
    assert retrieve(first, second, centred=True).mean == 1.0
    nan = float("nan")
    spoilt = np.concatenate([second, vectors([nan, 1])])
    longer = np.concatenate([first, vectors([0, 0])])
    assert retrieve(longer, spoilt, centred=True).forward == pytest.approx(3 / 4)


def test_of_equal_keys_the_first_is_the_nearest() -> None:
    rng = np.random.default_rng(0)
    half = rng.normal(size=(500, 256)).astype(np.float32)
    twice = np.concatenate([half, half])
    assert accuracy(twice, twice) == 0.5
    assert accuracy(vectors([1, 1], [0, 1]), vectors([1, 0], [0, 1])) == 1.0
    assert accuracy(vectors([1, 0], [1, 1]), vectors([1, 0], [0, 1])) == 0.5


def test_a_vector_that_is_not_finite_or_zero_is_wrong_and_spoils_no_other() -> None:
    nan = float("nan")
    good = vectors([1, 0], [0, 1], [-1, -1])
    assert accuracy(vectors([1, 0], [nan, 1], [-1, -1]), good) == pytest.approx(2 / 3)
    assert accuracy(vectors([1, 0], [nan, 1]), vectors([1, 0], [0, 1])) == 0.5
    assert accuracy(good, vectors([1, 0], [0, 0], [-1, -1])) == pytest.approx(2 / 3)
    assert accuracy(good, vectors([nan, nan], [0, 1], [nan, nan])) == pytest.approx(1 / 3)


def test_no_rows_are_no_accuracy() -> None:
    with pytest.raises(ValueError, match="no rows"):
        accuracy(np.zeros((0, 4), dtype=np.float32), np.zeros((0, 4), dtype=np.float32))


# Many pairs of languages


def table() -> RetrievalTable:
    return RetrievalTable(
        pairs={
            "en-de": Retrieval(forward=0.8, backward=0.6, rows=50),
            "de-fr": Retrieval(forward=0.5, backward=0.3, rows=40),
            "en-fr": Retrieval(forward=1.0, backward=1.0, rows=30),
        },
        left_out={"en-sw": 7},
    )


def test_a_pair_is_found_from_either_side() -> None:
    assert table().pair("en", "de").forward == table().pair("de", "en").backward == 0.8
    with pytest.raises(ValueError, match="no en-sw; measured: en-de, de-fr, en-fr"):
        table().pair("en", "sw")


def test_means_weigh_pairs_alike() -> None:
    assert table().language_mean("de") == pytest.approx((0.7 + 0.4) / 2)
    assert table().mean == pytest.approx((0.7 + 0.4 + 1.0) / 3)
    with pytest.raises(ValueError, match="no pair of sw was measured; there is de, en, fr"):
        table().language_mean("sw")
    with pytest.raises(ValueError, match="there is nothing"):
        _ = RetrievalTable(pairs={}, left_out={}).mean


def test_a_table_is_written_plainly() -> None:
    plain = json.loads(json.dumps(table().to_json()))
    assert plain["pairs"]["de-fr"] == {"forward": 0.5, "backward": 0.3, "rows": 40, "mean": 0.4}
    assert plain["languages"]["fr"] == pytest.approx(0.7)
    assert plain["left_out"] == {"en-sw": 7}
    assert RetrievalTable(pairs={}, left_out={}).to_json()["mean"] is None


# Held-out pairs


def test_two_languages_meet_where_their_english_is_the_same() -> None:
    held_out = {
        "en-de": [("One!", "Eins"), ("Two.", "Zwei"), ("Three", "Drei")],
        "fr-en": [("Trois", "three"), ("Quatre", "four"), ("Un", "one")],
    }
    rows = between_all(held_out)
    assert rows.keys() == {"en-de", "fr-en", "de-fr"}
    assert rows["de-fr"] == [("Eins", "Un"), ("Drei", "Trois")]
    assert rows["en-de"] == held_out["en-de"]
    assert rows["fr-en"] == held_out["fr-en"]


def test_languages_with_pairs_of_their_own_keep_to_those() -> None:
    held_out = {
        "en-de": [("one", "Eins"), ("two", "Zwei")],
        "en-fr": [("one", "Un"), ("two", "Deux")],
        "fr-de": [("Trois", "Drei")],
    }
    assert between_all(held_out)["fr-de"] == [("Trois", "Drei")]
    assert "de-fr" not in between_all(held_out)
    assert between_all({**held_out, "fr-de": []})["fr-de"] == [("Un", "Eins"), ("Deux", "Zwei")]


def test_two_languages_meet_in_the_third_that_gives_most_rows() -> None:
    held_out = {
        "bg-de": [("a", "Eins")],
        "bg-fr": [("a", "Un")],
        "en-de": [("one", "Eins"), ("two", "Zwei")],
        "en-fr": [("one", "Un"), ("two", "Deux")],
    }
    assert between_all(held_out)["de-fr"] == [("Eins", "Un"), ("Zwei", "Deux")]
    assert between_all(held_out)["bg-en"] == [("a", "one")]


def test_files_both_ways_round_are_one_pair_of_languages() -> None:
    rows = between_all({"en-de": [("one", "Eins")], "de-en": [("Zwei", "two")]})
    assert len(rows) == 1
    ((label, pairs),) = rows.items()
    assert {frozenset(pair) for pair in pairs} == {
        frozenset(("one", "Eins")),
        frozenset(("two", "Zwei")),
    }
    assert pairs[0] == (("one", "Eins") if label == "en-de" else ("Eins", "one"))


def test_rows_that_cannot_be_told_apart_are_dropped() -> None:
    rows = between_all(
        {"en-de": [("Stop", "Halt"), ("stop!", "Anhalten"), ("Hold", "halt."), ("OK", "ok")]}
    )
    assert rows == {"en-de": [("Stop", "Halt")]}


def test_languages_that_meet_nowhere_have_no_rows() -> None:
    rows = between_all({"en-de": [("one", "Eins")], "sw-yo": [("moja", "ookan")]})
    assert rows.keys() == {"en-de", "sw-yo"}


KNOWN = {
    "one": (1, 0, 0),
    "two": (0, 1, 0),
    "three": (0, 0, 1),
    "Eins": (1, 0.1, 0),
    "Zwei": (1, 0.9, 0),
    "Drei": (0, 0, 1),
    "Un": (1, 0, 0.1),
    "Deux": (0, 1, 0),
    "Trois": (0, 0, 2),
}
HELD_OUT = {
    "en-de": [("one", "Eins"), ("two", "Zwei"), ("three", "Drei")],
    "en-fr": [("one", "Un"), ("two", "Deux"), ("three", "Trois")],
    "en-sw": [("one", "Moja")],
}


def test_known_vectors_give_known_figures(known: Make) -> None:
    encoder = known(KNOWN)
    found = held_out_retrieval(encoder, HELD_OUT, SETTINGS, min_rows=3)
    assert found.pairs == {
        "en-de": Retrieval(forward=1.0, backward=2 / 3, rows=3),  # Zwei is nearer to one than two
        "de-fr": Retrieval(forward=2 / 3, backward=1.0, rows=3),
        "en-fr": Retrieval(forward=1.0, backward=1.0, rows=3),
    }
    assert found.left_out == {"en-sw": 1, "de-sw": 1, "fr-sw": 1}
    assert sorted(encoder.asked) == sorted(KNOWN), (
        "each sentence once, and none that is not measured"
    )


def test_most_rows_take_the_first(known: Make) -> None:
    encoder = known(KNOWN)
    found = held_out_retrieval(encoder, HELD_OUT, SETTINGS, min_rows=2, max_rows=2)
    assert {label: pair.rows for label, pair in found.pairs.items()} == {
        "en-de": 2,
        "de-fr": 2,
        "en-fr": 2,
    }
    assert set(encoder.asked) == set(KNOWN) - {"three", "Drei", "Trois"}


def test_too_few_rows_everywhere_are_an_empty_table(known: Make) -> None:
    found = held_out_retrieval(known({"": ()}), HELD_OUT, SETTINGS)
    assert (found.pairs, found.left_out["en-de"]) == ({}, 3)


def test_a_real_encoder_finds_copies(model: ErnieMForMaskedLM, tokenizer: ErnieMTokenizer) -> None:
    lines = ["aaaa bbbb aaaa bbbb", "cccc dddd cccc dddd", "eeee ffff eeee", "gggg hhhh gggg"]
    held_out = {"en-de": [(line, f"{line} {line[:4]}") for line in lines]}
    found = held_out_retrieval(SentenceEncoder(model, tokenizer), held_out, SETTINGS, min_rows=1)
    assert found.pair("en", "de") == Retrieval(forward=1.0, backward=1.0, rows=4)


def test_xtremes_direction_asks_from_english(known: Make) -> None:
    rows = {"de": HELD_OUT["en-de"], "fr": HELD_OUT["en-fr"]}
    found = tatoeba_retrieval(known(KNOWN), rows, SETTINGS)
    assert found.pairs["en-de"] == Retrieval(forward=1.0, backward=2 / 3, rows=3)
    assert found.pairs.keys() == {"en-de", "en-fr"}
