import numpy as np
import pytest
import torch

from erniem.embed import VectorSettings, layer_for, sentence_vectors
from erniem.embed.rows import batches
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.model.heads import ErnieMForMaskedLM
from erniem.tokenization import ErnieMTokenizer, train_tokenizer

SENTENCES = ["one two three four five", "two", "", "three one", "four " * 9, "one two three"]


@pytest.fixture(scope="module")
def tokenizer() -> ErnieMTokenizer:
    words = ("one", "two", "three", "four", "five")
    rng = np.random.default_rng(0)
    lines = [" ".join(rng.choice(words, size=6)) for _ in range(50)]
    return train_tokenizer(lines, vocabulary_size=20)


def tiny(tokenizer: ErnieMTokenizer, **changes: object) -> ErnieMForMaskedLM:
    torch.manual_seed(0)
    shape = {
        "hidden_size": 16,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "initializer_range": 0.3,
    }
    return ErnieMForMaskedLM(ErnieMConfig(vocab_size=len(tokenizer), **{**shape, **changes})).eval()


def alone(
    model: ErnieMModel, tokenizer: ErnieMTokenizer, sentence: str, settings: VectorSettings
) -> np.ndarray:
    """The vector of one sentence, from a padded call and the definition of the pooling."""
    row = tokenizer([sentence], padding="max_length", max_length=40, return_tensors="pt")
    states = model(**row, output_hidden_states=True).hidden_states
    real = states[1 + layer_for(settings.layer, 4)][0][row.attention_mask[0].bool()]
    if settings.pooling == "cls":
        return real[0].detach().numpy()
    text = real[1:-1] if settings.pooling == "mean_text" and len(real) > 2 else real
    return text.mean(dim=0).detach().numpy()


@pytest.mark.parametrize("pooling", ["mean", "cls", "mean_text"])
@pytest.mark.parametrize("layer", [None, 0, 3])
@pytest.mark.parametrize("tokens_per_batch", [1, 12, 8192])
def test_packed_vectors_are_those_of_each_sentence_alone(
    tokenizer: ErnieMTokenizer, pooling: str, layer: int | None, tokens_per_batch: int
) -> None:
    model = tiny(tokenizer)
    settings = VectorSettings(layer=layer, pooling=pooling, tokens_per_batch=tokens_per_batch)
    packed = sentence_vectors(model, tokenizer, SENTENCES, settings)
    expected = [alone(model.ernie_m, tokenizer, text, settings) for text in SENTENCES]
    assert np.abs(packed - np.stack(expected)).max() < 1e-5
    assert np.abs(packed[0] - packed[5]).max() > 1e-2, "sentences differ far more than that"


def test_the_bare_encoder_gives_the_same_vectors(tokenizer: ErnieMTokenizer) -> None:
    model = tiny(tokenizer)
    one, other = (
        sentence_vectors(network, tokenizer, SENTENCES, VectorSettings())
        for network in (model, model.ernie_m)
    )
    assert np.array_equal(one, other)


def test_the_layer_is_the_one_past_the_middle() -> None:
    assert [layer_for(None, layers) for layers in (1, 2, 3, 6, 12, 24)] == [0, 1, 2, 4, 7, 13]


def test_nothing_above_the_layer_is_computed(tokenizer: ErnieMTokenizer) -> None:
    model = tiny(tokenizer)
    expected = sentence_vectors(model, tokenizer, SENTENCES, VectorSettings(layer=1))
    for part in (*model.ernie_m.encoder.layers[2:], model.lm_head):
        part.forward = pytest.fail
    got = sentence_vectors(model, tokenizer, SENTENCES, VectorSettings(layer=1))
    assert np.array_equal(got, expected)


def test_packs_are_sorted_and_keep_to_the_budget() -> None:
    lengths = np.array([5, 1, 4, 3, 9, 3])
    packs = [pack.tolist() for pack in batches(lengths, 8, padded=False)]
    assert packs == [[4], [0], [2, 3], [5, 1]]  # lengths 9 | 5 | 4 3 | 3 1


def test_long_sentences_are_cut_at_the_setting_or_the_models_limit(
    tokenizer: ErnieMTokenizer,
) -> None:
    long = "one two three four five " * 20
    ids = tokenizer(long).input_ids
    for model, limit in ((tiny(tokenizer), 8), (tiny(tokenizer, max_position_embeddings=12), 512)):
        kept = min(limit, model.config.longest_sequence)
        cut = torch.tensor([[*ids[: kept - 1], ids[-1]]])
        states = model.ernie_m(input_ids=cut, output_hidden_states=True).hidden_states
        got = sentence_vectors(model, tokenizer, [long], VectorSettings(max_length=limit))
        assert np.abs(got[0] - states[4][0].mean(dim=0).detach().numpy()).max() < 1e-5


def test_dropout_is_off_and_comes_back_where_it_was(tokenizer: ErnieMTokenizer) -> None:
    model = tiny(tokenizer, hidden_dropout_prob=0.5)
    expected = sentence_vectors(model, tokenizer, SENTENCES, VectorSettings())
    model.train()
    model.ernie_m.embeddings.eval()
    before = [part.training for part in model.modules()]
    assert np.array_equal(sentence_vectors(model, tokenizer, SENTENCES, VectorSettings()), expected)
    assert [part.training for part in model.modules()] == before
    assert model.training
    assert not model.ernie_m.embeddings.training


def test_no_sentences_have_no_vectors(tokenizer: ErnieMTokenizer) -> None:
    assert sentence_vectors(tiny(tokenizer), tokenizer, [], VectorSettings()).shape == (0, 16)


def test_a_layer_that_is_not_there_is_refused(tokenizer: ErnieMTokenizer) -> None:
    with pytest.raises(ValueError, match="layer 4: this model has 0 to 3"):
        sentence_vectors(tiny(tokenizer), tokenizer, ["one"], VectorSettings(layer=4))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": -1}, "layer -1: count from 0"),
        ({"max_length": 2}, "max_length 2"),
        ({"tokens_per_batch": 0}, "tokens_per_batch 0"),
    ],
)
def test_settings_without_sense_are_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VectorSettings(**change)
