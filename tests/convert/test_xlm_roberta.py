import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    PreTrainedModel,
    RobertaConfig,
    RobertaForMaskedLM,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)
from transformers.utils import logging

from erniem.convert import from_xlm_roberta, load_start, set_languages, to_xlm_roberta
from erniem.convert.start import with_masked_lm
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.model.heads import ErnieMForMaskedLM

SHAPE: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 20,
    "hidden_dropout_prob": 0.2,
}
IDS = torch.tensor([[0, 35, 7, 59, 41, 2], [0, 8, 2, 1, 1, 1]])
REAL = IDS != 1


def scattered(model: PreTrainedModel) -> Any:
    """The model with every weight random, biases and token types too, and large enough to show."""
    torch.manual_seed(0)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model.eval()


def xlm_roberta(**changes: Any) -> XLMRobertaForMaskedLM:
    return scattered(
        XLMRobertaForMaskedLM(XLMRobertaConfig(**{**SHAPE, "type_vocab_size": 2, **changes}))
    )


def ernie_m(**changes: Any) -> ErnieMForMaskedLM:
    return scattered(ErnieMForMaskedLM(ErnieMConfig(**{**SHAPE, **changes})))


def logits(model: PreTrainedModel) -> torch.Tensor:
    with torch.no_grad():
        return model(input_ids=IDS, attention_mask=REAL.long()).logits[REAL]


def state(model: ErnieMForMaskedLM) -> dict[str, torch.Tensor]:
    return model.state_dict()


@pytest.mark.parametrize("tied", [True, False])
def test_xlm_robertas_weights_give_its_logits_here(tied: bool) -> None:
    theirs = xlm_roberta(tie_word_embeddings=tied)
    assert theirs.roberta.embeddings.token_type_embeddings.weight[0].abs().max() > 0.1
    before = {name: value.clone() for name, value in theirs.state_dict().items()}
    ours = from_xlm_roberta(theirs)
    assert torch.allclose(logits(ours), logits(theirs), atol=1e-5)
    assert all(torch.equal(value, before[name]) for name, value in theirs.state_dict().items())
    assert ours.config.hidden_dropout_prob == 0.2


@pytest.mark.parametrize("tied", [True, False])
def test_our_weights_give_our_logits_in_xlm_roberta(tied: bool) -> None:
    ours = ernie_m(languages=["en", "de"], tie_word_embeddings=tied)
    assert torch.allclose(logits(to_xlm_roberta(ours)), logits(ours), atol=1e-5)


def test_there_and_back_gives_the_same_weights_to_the_bit() -> None:
    ours = ernie_m()
    back = from_xlm_roberta(to_xlm_roberta(ours))
    for name, value in state(ours).items():
        assert torch.equal(value, state(back)[name]), name


def test_an_xlm_roberta_without_a_head_gets_a_fresh_one_tied_to_its_pieces() -> None:
    theirs = scattered(XLMRobertaModel(XLMRobertaConfig(**SHAPE, type_vocab_size=1)))
    ours = with_masked_lm(from_xlm_roberta(theirs))
    mask = REAL.long()
    assert torch.allclose(
        ours.ernie_m(input_ids=IDS, attention_mask=mask).last_hidden_state[REAL],
        theirs(input_ids=IDS, attention_mask=mask).last_hidden_state[REAL],
        atol=1e-5,
    )
    assert ours.lm_head.decoder.weight is ours.ernie_m.embeddings.word_embeddings.weight
    assert torch.equal(ours.lm_head.layer_norm.weight, torch.ones(16))
    assert 0.01 < ours.lm_head.dense.weight.std() < 0.03, "not the scattered weights, not zero"


def test_precision_and_mode_travel() -> None:
    ours = from_xlm_roberta(xlm_roberta().to(torch.bfloat16).train())
    assert ours.training
    assert {weight.dtype for weight in ours.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_act": "relu"}, "hidden_act is 'relu'; only models with hidden_act 'gelu'"),
        ({"pad_token_id": 0}, "pad_token_id is 0"),
        ({"is_decoder": True}, "is_decoder is True"),
    ],
)
def test_settings_that_our_encoder_lacks_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_xlm_roberta(xlm_roberta(**change))


def test_languages_keep_their_rows_by_code_and_new_ones_start_at_zero() -> None:
    model = ernie_m(languages=["en", "de", "fr"])
    table = model.ernie_m.embeddings.language_embeddings
    assert table is not None
    english, german = table.weight[1].clone(), table.weight[2].clone()
    set_languages(model, ["de", "sw", "en"])
    new = model.ernie_m.embeddings.language_embeddings
    assert new is not None
    nothing = torch.zeros(16)
    assert torch.equal(new.weight, torch.stack([nothing, german, nothing, english]))
    assert new.weight.requires_grad
    assert new.padding_idx == 0
    assert model.config.languages == model.ernie_m.config.languages == ["de", "sw", "en"]


def test_a_new_language_changes_nothing_at_first() -> None:
    model = ernie_m()
    plain = logits(model)
    set_languages(model, ["en"])
    tagged = model(
        input_ids=IDS, attention_mask=REAL.long(), language_ids=torch.ones_like(IDS)
    ).logits[REAL]
    assert torch.equal(tagged, plain)
    model.zero_grad()
    tagged.square().sum().backward()
    embeddings = model.ernie_m.embeddings.language_embeddings
    assert embeddings is not None
    assert embeddings.weight.grad[1].any(), "and yet it learns"


def test_no_languages_is_no_table() -> None:
    model = ernie_m(languages=["en"])
    set_languages(model, [])
    assert model.ernie_m.embeddings.language_embeddings is None
    assert model.config.languages == []


def test_a_language_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="languages name de twice"):
        set_languages(ernie_m(), ["de", "en", "de"])


def test_a_start_from_our_folder_keeps_weights_and_known_languages(tmp_path: Path) -> None:
    model = ernie_m(languages=["en", "de"])
    model.save_pretrained(tmp_path)
    start = load_start(tmp_path, languages=["de", "sw"])
    assert torch.equal(logits(start), logits(model))
    old = model.ernie_m.embeddings.language_embeddings
    new = start.ernie_m.embeddings.language_embeddings
    assert old is not None
    assert new is not None
    assert torch.equal(new.weight[1], old.weight[2])
    assert not new.weight[2].any()
    start.save_pretrained(tmp_path / "again")
    again = load_start(tmp_path / "again", languages=["de", "sw"])
    for name, value in state(start).items():
        assert torch.equal(value, state(again)[name]), name


def test_a_start_from_our_encoder_alone_gets_a_fresh_head(tmp_path: Path) -> None:
    encoder = scattered(ErnieMModel(ErnieMConfig(**SHAPE)))
    encoder.save_pretrained(tmp_path)
    start = load_start(tmp_path, languages=["en"])
    assert start.lm_head.decoder.weight is start.ernie_m.embeddings.word_embeddings.weight
    for name, value in encoder.state_dict().items():
        if not name.startswith("pooler"):
            assert torch.equal(value, start.ernie_m.state_dict()[name]), name


@pytest.mark.parametrize("precision", [torch.float32, torch.float16])
def test_a_start_from_xlm_roberta_gives_its_logits_in_float32(
    tmp_path: Path, precision: torch.dtype
) -> None:
    theirs = xlm_roberta().to(precision)
    theirs.save_pretrained(tmp_path)
    start = load_start(str(tmp_path), languages=["en", "de"])
    assert start.dtype == torch.float32
    assert torch.allclose(logits(start), logits(theirs.float()), atol=1e-5)
    assert start.config.languages == ["en", "de"]
    assert start.config.hidden_dropout_prob == 0.2


def test_a_start_from_roberta_gives_its_logits(tmp_path: Path) -> None:
    theirs = scattered(RobertaForMaskedLM(RobertaConfig(**SHAPE)))
    theirs.save_pretrained(tmp_path)
    assert torch.allclose(logits(load_start(tmp_path, languages=[])), logits(theirs), atol=1e-5)


@pytest.mark.parametrize("tied", [True, False])
def test_a_start_from_xlm_roberta_without_a_head_is_quiet_and_tied(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, tied: bool
) -> None:
    config = XLMRobertaConfig(**SHAPE, type_vocab_size=1, tie_word_embeddings=tied)
    theirs = scattered(XLMRobertaModel(config))
    theirs.save_pretrained(tmp_path)
    caplog.clear()
    logging.set_verbosity_warning()
    start = load_start(tmp_path, languages=["en"])
    assert logging.get_verbosity() == logging.WARNING
    assert not caplog.text
    words = theirs.embeddings.word_embeddings.weight
    assert start.lm_head.decoder.weight is start.ernie_m.embeddings.word_embeddings.weight
    assert torch.equal(start.lm_head.decoder.weight, words)
    assert 0.01 < start.lm_head.dense.weight.std() < 0.03


def edited(folder: Path, **changes: Any) -> Path:
    """A folder whose config no longer tells the truth about its weights."""
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    return folder


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_hidden_layers": 3}, r"weights missing \(16\): roberta\.encoder\.layer\.2\..*, …"),
        ({"num_hidden_layers": 1}, r"weights more than its config says \(16\): "),
        ({"intermediate_size": 48}, r"weights of another shape than its config says \(6\)"),
        ({"pad_token_id": 0}, "pad_token_id is 0"),
        ({"hidden_act": "gelu_new"}, "hidden_act is 'gelu_new'"),
        ({"model_type": "gpt2"}, "of type 'gpt2', which is none that we know: ernie_m"),
        ({"model_type": None}, "of type None"),
    ],
)
def test_a_folder_whose_config_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    xlm_roberta().save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=message):
        load_start(edited(tmp_path, **change), languages=["en"])


def test_our_own_folder_is_held_to_its_config_too(tmp_path: Path) -> None:
    ernie_m(languages=["en"]).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"weights more than .* \(1\): .*language_embeddings"):
        load_start(edited(tmp_path, languages=[]), languages=["en"])


def test_half_a_head_is_refused(tmp_path: Path) -> None:
    theirs = xlm_roberta()
    weights = {n: v for n, v in theirs.state_dict().items() if not n.startswith("lm_head.dense")}
    theirs.save_pretrained(tmp_path, state_dict=weights)
    with pytest.raises(ValueError, match=r"weights missing \(2\): lm_head\.dense\.bias"):
        load_start(tmp_path, languages=["en"])


def test_no_folder_no_config_and_no_weights_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere is no folder"):
        load_start(tmp_path / "nowhere", languages=["en"])
    with pytest.raises(ValueError, match=r"has none of config\.json"):
        load_start(tmp_path, languages=["en"])
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ValueError, match="holds no settings by name"):
        load_start(tmp_path, languages=["en"])
    (tmp_path / "config.json").write_text('{"model_type": "ernie_m"')
    with pytest.raises(ValueError, match="is no JSON"):
        load_start(tmp_path, languages=["en"])
    XLMRobertaConfig(**SHAPE).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"the weights in .* cannot be read"):
        load_start(tmp_path, languages=["en"])
    for name in ("model.safetensors", "pytorch_model.bin"):
        (tmp_path / name).write_bytes(b"cut short")
        with pytest.raises(ValueError, match=r"the weights in .* cannot be read"):
            load_start(tmp_path, languages=["en"])
        (tmp_path / name).unlink()
