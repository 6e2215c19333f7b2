from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import erniem
from erniem.embed import TODAYS_VECTORS, Encoder, VectorSettings, open_encoder, rows
from erniem.embed import encoder as module
from erniem.embed.settings import write_vector_settings
from invented import invented

TEXTS = ["three one two " * 9, "", *invented(20, words=30), "a"]


@pytest.fixture(scope="module")
def opened(encoder: Path) -> Encoder:
    return Encoder.from_pretrained(encoder)


def test_the_public_name_is_the_class() -> None:
    assert erniem.Encoder is Encoder


def test_vectors_are_those_of_each_text_alone_in_the_order_given(
    opened: Encoder, encoder: Path
) -> None:
    alone = open_encoder(encoder)
    expected = [alone.vectors([text], TODAYS_VECTORS)[0] for text in TEXTS]
    found = opened.encode(TEXTS, normalize=False)
    assert found.shape == (len(TEXTS), opened.width)
    assert found.dtype == np.float32
    assert np.abs(found - np.stack(expected)).max() < 1e-5
    assert np.abs(found[2] - found[3]).max() > 1e-2, "texts differ far more than that"


def test_vectors_have_length_one_unless_told_otherwise(opened: Encoder) -> None:
    assert np.abs(np.linalg.norm(opened.encode(TEXTS), axis=1) - 1).max() < 1e-6
    raw = opened.encode(TEXTS, normalize=False)
    assert np.abs(np.linalg.norm(raw, axis=1) - 1).min() > 1e-2


def test_no_texts_have_no_vectors(opened: Encoder) -> None:
    assert opened.encode([]).shape == (0, opened.width)
    assert list(opened.stream([])) == []


@pytest.mark.parametrize(("texts", "characters"), [(5, 10**6), (10**6, 60)])
def test_a_stream_gives_the_same_vectors_whatever_its_windows_are(
    texts: int, characters: int, opened: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = opened.encode(TEXTS)
    monkeypatch.setattr(module, "TEXTS", texts)
    monkeypatch.setattr(module, "CHARACTERS", characters)
    assert len(list(opened.windows(TEXTS))) > 3
    streamed = list(opened.stream(iter(TEXTS)))
    assert streamed[0].shape == (opened.width,)
    assert np.abs(np.stack(streamed) - expected).max() < 1e-6
    assert np.abs(opened.encode(TEXTS) - expected).max() < 1e-6


def test_a_stream_reads_no_more_than_a_window_ahead(
    opened: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TEXTS", 3)
    read: list[int] = []

    def endless() -> Iterator[str]:
        while True:
            read.append(len(read))
            yield "a"

    stream = opened.stream(endless())
    for _ in range(4):
        next(stream)
    assert len(read) == 6


def test_what_is_too_long_is_cut_and_counted(encoder: Path) -> None:
    settings = replace(TODAYS_VECTORS, max_length=6)
    short = Encoder.from_pretrained(encoder, settings=settings)
    assert short.limit == 6
    ids = short.tokenizer("a a a a").input_ids
    assert len(ids) == 6, "just fits"
    (window,) = short.windows(["a a a a", "a a a a a a a", "a"])
    assert window.cut == 1
    assert window.tokens == 6 + 6 + 3
    assert np.array_equal(window.vectors[0], window.vectors[1])


@pytest.mark.parametrize(("asked", "most"), [(None, 40), (24, 24)])
def test_a_batch_has_as_many_tokens_as_asked_for_or_as_threads_do_fastest(
    asked: int | None, most: int, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "A_THREAD", 20)
    settings = replace(TODAYS_VECTORS, tokens_per_batch=asked)
    opened = Encoder.from_pretrained(encoder, settings=settings, threads=2)
    sizes: list[int] = []
    run = opened.backend.vectors

    def noted(some: list[list[int]]) -> np.ndarray:
        sizes.append(sum(map(len, some)))
        return run(some)

    monkeypatch.setattr(opened.backend, "vectors", noted)
    opened.encode(["a b"] * 50)
    each = len(opened.tokenizer("a b").input_ids)
    assert sizes[:-1] == [most // each * each] * (len(sizes) - 1)
    assert sum(sizes) == 50 * each


def test_the_limit_is_the_networks_where_that_is_less(opened: Encoder) -> None:
    assert opened.limit == 128


def test_settings_are_the_folders_unless_others_are_given(encoder: Path, tmp_path: Path) -> None:
    for file in encoder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    settings = VectorSettings(layer=0, pooling="cls", prefix="a ")
    write_vector_settings(tmp_path, settings)
    assert Encoder.from_pretrained(tmp_path).settings == settings
    given = Encoder.from_pretrained(str(tmp_path), settings=TODAYS_VECTORS)
    assert given.settings == TODAYS_VECTORS
    one = Encoder.from_pretrained(tmp_path).encode(["b"], normalize=False)
    assert np.array_equal(one, open_encoder(encoder).vectors(["b"], settings))


def test_similarity_is_the_cosine_of_each_pair(opened: Encoder) -> None:
    first, second = TEXTS[2:5], TEXTS[3:6]
    found = opened.similarity(first, second)
    vectors = opened.encode(TEXTS)
    expected = [float(vectors[row] @ vectors[row + 1]) for row in (2, 3, 4)]
    assert np.abs(found - expected).max() < 1e-6
    assert opened.similarity(first, first).min() > 1 - 1e-6
    with pytest.raises(ValueError, match="3 texts and 2: pairs have"):
        opened.similarity(first, second[:2])


def test_what_gives_other_vectors_has_another_fingerprint(encoder: Path, tmp_path: Path) -> None:
    whole = {file.name: file.read_bytes() for file in encoder.iterdir()}
    for file, content in whole.items():
        (tmp_path / file).write_bytes(content)
    same = Encoder.from_pretrained(encoder).fingerprint
    assert same == Encoder.from_pretrained(tmp_path).fingerprint
    other = replace(TODAYS_VECTORS, prefix="query: ")
    assert same != Encoder.from_pretrained(encoder, settings=other).fingerprint
    batch = replace(TODAYS_VECTORS, tokens_per_batch=7)
    assert same == Encoder.from_pretrained(encoder, settings=batch).fingerprint
    weights = bytearray(whole["model.safetensors"])
    weights[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(weights)
    assert same != Encoder.from_pretrained(tmp_path).fingerprint


def test_what_is_no_list_of_texts_is_refused(opened: Encoder) -> None:
    with pytest.raises(ValueError, match="texts is one text, 'Hallo'"):
        opened.encode("Hallo")
    with pytest.raises(ValueError, match="None is a NoneType and no text"):
        list(opened.stream(iter(["a", None])))


def test_a_backend_or_threads_that_are_none_are_refused(encoder: Path) -> None:
    with pytest.raises(ValueError, match="backend 'jax': choose torch"):
        Encoder.from_pretrained(encoder, backend="jax")
    with pytest.raises(ValueError, match="threads 0: give at least 1"):
        Encoder.from_pretrained(encoder, threads=0)
