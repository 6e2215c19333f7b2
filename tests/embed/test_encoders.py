from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import DistilBertConfig, DistilBertModel, MT5Config, MT5EncoderModel

from erniem.convert import to_xlm_roberta
from erniem.embed import (
    TODAYS_VECTORS,
    SentenceEncoder,
    VectorSettings,
    open_encoder,
    read_vector_settings,
    write_vector_settings,
)
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.tokenization import ErnieMTokenizer, train_tokenizer

SENTENCES = ["one two three four five", "two", "", "three one", "four " * 9, "one two three"]
WAYS = [
    VectorSettings(layer=layer, pooling=pooling, tokens_per_batch=20)
    for layer in (0, 2, "last")
    for pooling in ("mean", "cls", "mean_text")
]


@pytest.fixture(scope="module")
def tokenizer() -> ErnieMTokenizer:
    words = ("one", "two", "three", "four", "five")
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(words, size=6)) for _ in range(50)]
    return train_tokenizer(lines, vocabulary_size=20)


@pytest.fixture(scope="module")
def model(tokenizer: ErnieMTokenizer) -> ErnieMForMaskedLM:
    torch.manual_seed(0)
    config = ErnieMConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        initializer_range=0.3,
        max_position_embeddings=30,
    )
    return ErnieMForMaskedLM(config).eval()


def test_ours_packed_and_the_same_weights_as_xlm_r_padded_give_the_same_vectors(
    model: ErnieMForMaskedLM, tokenizer: ErnieMTokenizer
) -> None:
    theirs = SentenceEncoder(to_xlm_roberta(model.ernie_m), tokenizer)
    packed = SentenceEncoder(model, tokenizer).in_ways(SENTENCES, WAYS)
    padded = theirs.in_ways(SENTENCES, WAYS)
    assert theirs.num_layers == 4
    assert theirs.layers.limit == 28, "XLM-R's position table has two rows before the first"
    for one, other in zip(packed, padded, strict=True):
        assert np.abs(one - other).max() < 1e-5
    assert np.abs(packed[0] - packed[3]).max() > 1e-2, "ways differ far more than that"


def test_many_ways_of_one_pass_are_those_of_passes_of_their_own(
    model: ErnieMForMaskedLM, tokenizer: ErnieMTokenizer
) -> None:
    encoder = SentenceEncoder(model, tokenizer)
    for way, found in zip(WAYS, encoder.in_ways(SENTENCES, WAYS), strict=True):
        assert np.array_equal(found, encoder.vectors(SENTENCES, way))
    layers = encoder.by_layer(SENTENCES, TODAYS_VECTORS)
    assert len(layers) == 4
    assert np.array_equal(layers[3], encoder.vectors(SENTENCES, TODAYS_VECTORS))
    with pytest.raises(ValueError, match="may differ in layer and pooling alone"):
        encoder.in_ways(SENTENCES, [VectorSettings(), VectorSettings(prefix="one ")])


def test_a_prefix_stands_before_every_sentence(
    model: ErnieMForMaskedLM, tokenizer: ErnieMTokenizer
) -> None:
    encoder = SentenceEncoder(model, tokenizer)
    said = encoder.vectors(["two", ""], VectorSettings(prefix="one "))
    assert np.array_equal(said, encoder.vectors(["one two", "one "], VectorSettings()))


@pytest.mark.parametrize("head", [True, False])
def test_a_folder_of_ours_is_read_with_and_without_a_head(
    head: bool, model: ErnieMForMaskedLM, tokenizer: ErnieMTokenizer, tmp_path: Path
) -> None:
    (model if head else model.ernie_m).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    found = open_encoder(tmp_path).vectors(SENTENCES, VectorSettings())
    expected = SentenceEncoder(model, tokenizer).vectors(SENTENCES, VectorSettings())
    assert np.array_equal(found, expected)


def test_any_encoder_of_transformers_is_read(tokenizer: ErnieMTokenizer, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=16, n_layers=2, n_heads=2, hidden_dim=32, dropout=0.5
    )
    network = DistilBertModel(config)
    network.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    encoder = open_encoder(tmp_path)
    (found,) = encoder.vectors(["one two"], VectorSettings(layer=0, pooling="mean_text"))
    row = tokenizer("one two", return_tensors="pt")
    network.eval()
    states = network(
        row.input_ids, attention_mask=row.attention_mask, output_hidden_states=True
    ).hidden_states
    assert np.abs(found - states[1][0, 1:-1].mean(dim=0).detach().numpy()).max() < 1e-6


def test_of_an_encoder_and_a_decoder_the_encoder_is_taken(
    tokenizer: ErnieMTokenizer, tmp_path: Path
) -> None:
    config = MT5Config(
        vocab_size=len(tokenizer), d_model=16, num_layers=2, num_heads=2, d_kv=8, d_ff=32
    )
    MT5EncoderModel(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    assert open_encoder(tmp_path).vectors(SENTENCES, TODAYS_VECTORS).shape == (6, 16)


def test_a_folder_that_nobody_reads_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none is no folder"):
        open_encoder(tmp_path / "none")
    (tmp_path / "config.json").write_text('{"model_type": "nobody"}')
    with pytest.raises(ValueError, match=f"{tmp_path} cannot be read"):
        open_encoder(tmp_path)


def test_a_model_may_say_how_its_vectors_are_made(tmp_path: Path) -> None:
    assert read_vector_settings(tmp_path) is None
    settings = VectorSettings(layer="last", pooling="cls", prefix="query: ")
    write_vector_settings(tmp_path, settings)
    assert read_vector_settings(tmp_path) == settings
    (tmp_path / "vectors.json").write_text('{"layers": 3}')
    with pytest.raises(ValueError, match=r"vectors\.json holds no settings of vectors"):
        read_vector_settings(tmp_path)
