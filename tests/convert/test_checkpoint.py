"""Folders of every kind, and folders that are none."""

import json
import os
import pickle
import shutil
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForMultipleChoice,
    BertForPreTraining,
    BertModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from erniem.cli import main
from erniem.convert import doctor, load_start
from erniem.convert.bert import BERT_KINDS, from_bert
from erniem.convert.checkpoint import kind_of, read_checkpoint
from erniem.convert.convert import convert, save_portable
from erniem.convert.doctor import PUBLISHED, Published, examine
from erniem.convert.names import STATIC, STATIC_LAYER
from erniem.convert.paddle import read_pdparams, write_pdparams
from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import train_tokenizer
from invented import invented

GOLDEN = Path(__file__).parent / "golden"
PADDLE = GOLDEN / "paddle" / "ErnieMModel"
SMALL = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 20,
}
BERT = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 20,
    "layer_norm_eps": 1e-12,
}


def scattered(model: Any) -> Any:
    """Weights far from their first values, biases and norms too."""
    torch.manual_seed(0)
    for value in model.parameters():
        value.data.add_(torch.randn_like(value) * 0.3)
    return model.eval()


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(4, 60, (3, 9), generator=torch.Generator().manual_seed(0))
    return ids, torch.tensor([[1] * 9, [1] * 4 + [0] * 5, [1] * 6 + [0] * 3])


@pytest.mark.parametrize("kind", list(BERT_KINDS))
def test_bert_becomes_ours_with_the_same_outputs(kind: type[Any], tmp_path: Path) -> None:
    theirs = scattered(kind(BertConfig(**BERT, num_labels=3 if "Classif" in kind.__name__ else 2)))
    theirs.save_pretrained(tmp_path)
    ids, mask = rows()
    choices = kind is BertForMultipleChoice
    given = (ids[None], mask[None]) if choices else (ids, mask)
    for ours in (from_bert(theirs), read_checkpoint(tmp_path).model):
        assert type(ours) is BERT_KINDS[kind]
        one, other = (model(given[0], attention_mask=given[1]) for model in (ours, theirs))
        for name, value in other.items():
            real = mask.bool() if value.shape[:2] == ids.shape else ...
            assert torch.allclose(one[name][real], value[real], atol=1e-5), name
    assert ours.config.longest_sequence == 20


@pytest.mark.parametrize("kind", ["bert", "xlm-r", "ours"])
def test_a_table_of_places_beside_the_weights_does_not_decide_their_type(
    kind: str, tmp_path: Path
) -> None:
    """Files of years ago have it, and safetensors put the widest numbers first."""
    make = {
        "bert": lambda: BertModel(BertConfig(**BERT)),
        "xlm-r": lambda: XLMRobertaModel(XLMRobertaConfig(**BERT)),
        "ours": lambda: ErnieMModel(ErnieMConfig(**BERT)),
    }
    make[kind]().half().save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    places = {"embeddings.position_ids": torch.arange(20)[None], "a_number": torch.tensor(1)}
    save_file({**places, **load_file(file)}, file, metadata={"format": "pt"})
    assert next(iter(load_file(file).values())).dtype == torch.int64
    assert read_checkpoint(tmp_path).model.dtype == torch.float16


def test_bert_with_two_heads_keeps_that_of_masked_language_modelling(tmp_path: Path) -> None:
    theirs = scattered(BertForPreTraining(BertConfig(**BERT)))
    theirs.save_pretrained(tmp_path)
    read = read_checkpoint(tmp_path)
    ids, mask = rows()
    expected = theirs(ids, attention_mask=mask).prediction_logits[mask.bool()]
    found = read.model(ids, attention_mask=mask).logits[mask.bool()]
    assert torch.allclose(found, expected, atol=1e-5)
    assert {name.rpartition(".")[0] for name in read.unread} == {
        "bert.pooler.dense",
        "cls.seq_relationship",
    }


def test_berts_special_ids_are_its_tokenisers(tmp_path: Path) -> None:
    """As of multilingual-e5, whose config pads with 0 and whose tokeniser with 1."""
    BertModel(BertConfig(**BERT)).save_pretrained(tmp_path / "e5")
    config = read_checkpoint(tmp_path / "e5").model.config
    assert (config.pad_token_id, config.bos_token_id, config.eos_token_id) == (0, None, None)
    with pytest.raises(ValueError, match="pad_token_id is 0"):
        convert(tmp_path / "e5", tmp_path / "served", to="xlm-r")

    tokens = [{"id": 0, "content": "<s>"}, {"id": 1, "content": "<pad>"}]
    tokens.append({"id": 2, "content": "</s>"})
    (tmp_path / "e5" / "tokenizer.json").write_text(json.dumps({"added_tokens": tokens}))
    config = read_checkpoint(tmp_path / "e5").model.config
    assert (config.pad_token_id, config.bos_token_id, config.eos_token_id) == (1, 0, 2)
    (tmp_path / "e5" / "tokenizer.json").write_text("[]")
    with pytest.raises(ValueError, match=r"tokenizer\.json is no tokeniser"):
        read_checkpoint(tmp_path / "e5")

    (tmp_path / "e5" / "tokenizer.json").unlink()
    (tmp_path / "e5" / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n")
    config = read_checkpoint(tmp_path / "e5").model.config
    assert (config.pad_token_id, config.bos_token_id, config.eos_token_id) == (0, 2, 3)


@pytest.mark.parametrize("kind", [BertModel, XLMRobertaModel])
def test_half_precision_is_added_up_before_it_is_rounded(kind: type[Any], tmp_path: Path) -> None:
    theirs = scattered(kind(kind.config_class(**BERT))).half()
    theirs.save_pretrained(tmp_path / "half")
    assert read_checkpoint(tmp_path / "half").model.dtype == torch.float16
    convert(tmp_path / "half", tmp_path / "whole", dtype="float32")
    ids, mask = rows()
    expected = theirs.float()(ids, attention_mask=mask).last_hidden_state[mask.bool()]
    for ours in (
        read_checkpoint(tmp_path / "whole").model,
        load_start(tmp_path / "half", languages=[]).ernie_m,
    ):
        found = ours(ids, attention_mask=mask).last_hidden_state[mask.bool()]
        assert torch.allclose(found, expected, atol=1e-5)


def test_paddles_feed_forward_layer_is_four_times_the_width_whatever_its_config_says(
    tmp_path: Path,
) -> None:
    shutil.copy(PADDLE / "model_state.pdparams", tmp_path)
    settings = json.loads((PADDLE / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "intermediate_size": 3072}))
    assert read_checkpoint(tmp_path).model.config.intermediate_size == 64


@pytest.mark.parametrize(
    ("name", "weight"),
    [
        ("ErnieMForSequenceClassification", "cls_out_w"),
        ("ErnieMForTokenClassification", "cls_seq_label_out_w"),
    ],
)
def test_the_authors_classifiers_are_told_by_their_names(
    name: str, weight: str, tmp_path: Path
) -> None:
    state = read_pdparams(GOLDEN / "paddle" / name / "model_state.pdparams")
    names = {"classifier.weight": weight, "classifier.bias": weight[:-1] + "b"} | {
        f"ernie_m.{ours}": theirs for ours, theirs in STATIC.items()
    }
    for n in range(2):
        for ours, theirs in STATIC_LAYER.items():
            names[f"ernie_m.encoder.layers.{n}.{ours}"] = f"encoder_layer_{n}_{theirs}"
    for ours, theirs in names.items():
        (tmp_path / theirs).write_bytes(static_file(state[ours]))
    settings = json.loads((PADDLE / "config.json").read_text())
    del settings["architectures"]
    (tmp_path / "ernie_config.json").write_text(json.dumps(settings))
    one, other = read_checkpoint(tmp_path), read_checkpoint(GOLDEN / "paddle" / name)
    assert type(one.model).__name__ == name
    for key, value in other.model.state_dict().items():
        assert torch.equal(one.model.state_dict()[key], value), key


def test_paddlenlp_is_told_how_many_choices_there_are(tmp_path: Path) -> None:
    convert(GOLDEN / "paddle" / "ErnieMForMultipleChoice", tmp_path / "ours")
    convert(tmp_path / "ours", tmp_path / "back", to="paddle")
    assert json.loads((tmp_path / "back" / "config.json").read_text())["num_choices"] == 2


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("{}", "is no index of shards: KeyError"),
        ("[]", "is no index of shards: TypeError"),
        ('{"weight_map": {"a": "../whole.safetensors"}}', "names '../whole.safetensors', which is"),
        ('{"weight_map": {"a": "nowhere.safetensors"}}', "no file beside it: fetch it"),
    ],
)
def test_an_index_of_shards_names_files_beside_it(index: str, message: str, tmp_path: Path) -> None:
    folder = tmp_path / "sharded"
    ErnieMModel(ErnieMConfig(**SMALL)).save_pretrained(folder)
    (folder / "model.safetensors").rename(tmp_path / "whole.safetensors")
    (folder / "model.safetensors.index.json").write_text(index)
    with pytest.raises(ValueError, match=message):
        read_checkpoint(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": "wide"}, "its config makes no model"),
        ({"num_attention_heads": 0}, "its config makes no model"),
        ({"num_hidden_layers": 1}, r"model\.safetensors has 16 weights more than its config says"),
        ({"num_hidden_layers": 3}, r"model\.safetensors lacks 16 weights"),
        ({"languages": []}, "has 1 weights more than its config says"),
        ({"intermediate_size": 24}, r"model\.safetensors: .* shape \(64, 16\), .* \(24, 16\)"),
    ],
)
def test_a_config_of_other_weights_is_refused(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    ErnieMModel(ErnieMConfig(**SMALL, languages=["de"])).save_pretrained(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, **change}))
    with pytest.raises(ValueError, match=message):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("kind", ["paddle", "bert", "bert with a head"])
def test_a_pretraining_starts_from_what_is_read(kind: str, tmp_path: Path) -> None:
    folder = PADDLE
    if kind != "paddle":
        theirs = BertForMaskedLM if "head" in kind else BertModel
        scattered(theirs(BertConfig(**BERT))).save_pretrained(tmp_path)
        folder = tmp_path
    start = load_start(folder, languages=["en", "de"], dropout=0.0)
    read = read_checkpoint(folder).model
    ids, mask = rows()
    expected = getattr(read, "ernie_m", read)(ids, attention_mask=mask).last_hidden_state
    found = start.train().ernie_m(ids, attention_mask=mask).last_hidden_state
    assert torch.allclose(found, expected, atol=1e-6), "no dropout, and languages of zeros"
    assert start.config.languages == ["en", "de"]
    assert start.lm_head.decoder.weight is start.get_input_embeddings().weight
    if "head" in kind:
        assert torch.equal(start.lm_head.dense.weight, read.lm_head.dense.weight)


def test_bert_with_other_positions_is_refused() -> None:
    model = BertModel(BertConfig(**BERT))
    model.config.position_embedding_type = "relative_key"
    with pytest.raises(ValueError, match="position_embedding_type is 'relative_key'"):
        from_bert(model)


def test_uie_m_files_have_a_prefix_of_their_own(tmp_path: Path) -> None:
    """`encoder.` before the whole encoder, whose layers are then `encoder.encoder.layers`."""
    plain = read_pdparams(GOLDEN / "paddle" / "UIEM" / "model_state.pdparams")
    state = {name.replace("ernie_m.", "encoder."): value for name, value in plain.items()}
    assert "encoder.encoder.layers.0.norm1.weight" in state
    write_pdparams(state, tmp_path / "model_state.pdparams")
    facts = json.loads((GOLDEN / "paddle" / "UIEM" / "config.json").read_text())
    del facts["architectures"]
    (tmp_path / "model_config.json").write_text(json.dumps({"init_args": [facts]}))
    one = read_checkpoint(tmp_path).model
    other = read_checkpoint(GOLDEN / "paddle" / "UIEM").model
    assert isinstance(one, heads.ErnieMForInformationExtraction)
    for name, value in other.state_dict().items():
        assert torch.equal(one.state_dict()[name], value), name


def static_file(value: torch.Tensor) -> bytes:
    """A parameter as Paddle's static graph keeps it: float32, dimensions one by one."""
    dimensions = b"".join(b"\x10" + bytes([size]) for size in value.shape)
    description = b"\x08\x05" + dimensions
    head = struct.pack("<IQIi", 0, 0, 0, len(description))
    return head + description + value.numpy().astype("<f4").tobytes()


def test_the_authors_static_graph_is_read(tmp_path: Path) -> None:
    state = read_pdparams(PADDLE / "model_state.pdparams")
    names = dict(STATIC)
    for n in range(2):
        for ours, theirs in STATIC_LAYER.items():
            names[f"encoder.layers.{n}.{ours}"] = f"encoder_layer_{n}_{theirs}"
    assert names.keys() == state.keys()
    for ours, theirs in names.items():
        (tmp_path / theirs).write_bytes(static_file(state[ours]))
    (tmp_path / "mask_lm_out_fc.b_0").write_bytes(static_file(torch.zeros(60)))
    shutil.copy(PADDLE / "config.json", tmp_path / "ernie_config.json")
    read = read_checkpoint(tmp_path)
    assert read.kind == "static"
    assert read.unread == ("mask_lm_out_fc.b_0",)
    for name, value in read_checkpoint(PADDLE).model.state_dict().items():
        assert torch.equal(read.model.state_dict()[name], value), name
    (tmp_path / "pooled_fc.w_0").write_bytes(static_file(state["pooler.dense.weight"])[:-4])
    with pytest.raises(ValueError, match=r"pooled_fc.w_0 has 1020 bytes for a shape of \(16, 16\)"):
        read_checkpoint(tmp_path)
    (tmp_path / "pooled_fc.w_0").write_bytes(b"short")
    with pytest.raises(ValueError, match="is no whole parameter"):
        read_checkpoint(tmp_path)


def test_shards_are_read_as_one(tmp_path: Path) -> None:
    model = read_checkpoint(PADDLE).model
    model.save_pretrained(tmp_path, max_shard_size="8KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    read = read_checkpoint(tmp_path)
    assert len(read.files) > 2
    for name, value in model.state_dict().items():
        assert torch.equal(read.model.state_dict()[name], value), name


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_weights_are_written_in_the_type_asked_for(dtype: str, tmp_path: Path) -> None:
    for to in ("erniem", "transformers4", "paddle", "xlm-r"):
        convert(PADDLE, tmp_path / to, to=to, dtype=dtype)
        assert read_checkpoint(tmp_path / to).model.dtype == getattr(torch, dtype)
    ours, paddle = (read_checkpoint(tmp_path / to).model for to in ("erniem", "paddle"))
    for name, value in ours.state_dict().items():
        assert torch.equal(paddle.state_dict()[name], value), name


def test_a_portable_folder_needs_transformers_alone(tmp_path: Path) -> None:
    model = read_checkpoint(PADDLE).model
    save_portable(model, tmp_path)
    theirs = XLMRobertaModel.from_pretrained(tmp_path).eval()
    ids, mask = rows()
    ids = ids.masked_fill(mask == 0, 1)
    one, other = (each(ids, attention_mask=mask) for each in (model, theirs))
    assert torch.allclose(one[0][mask.bool()], other[0][mask.bool()], atol=1e-5)
    assert torch.allclose(one.pooler_output, other.pooler_output, atol=1e-5)


def test_extraction_has_no_counterpart_in_xlm_r(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ErnieMForInformationExtraction has no counterpart"):
        convert(GOLDEN / "paddle" / "UIEM", tmp_path / "new", to="xlm-r")
    assert not list(tmp_path.iterdir())


def test_what_the_target_cannot_hold_is_said(tmp_path: Path) -> None:
    config = ErnieMConfig(**{**BERT, "intermediate_size": 64}, languages=["en"])
    config.layer_norm_eps = 1e-5
    heads.ErnieMForMaskedLM(config).save_pretrained(tmp_path / "ours")
    for to in ("transformers4", "paddle", "xlm-r"):
        converted = convert(tmp_path / "ours", tmp_path / to, to=to)
        left = {name.split(".")[0] for name in converted.left}
        assert left == ({"ernie_m"} if to == "xlm-r" else {"ernie_m", "lm_head"})
        assert "left behind" in "\n".join(converted.lines())
        assert "language_embeddings" in (tmp_path / to / "README.md").read_text()


def test_the_commands_convert_and_examine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "new")
    assert main(["convert", str(PADDLE), target]) == 0
    assert "paddle → erniem: ErnieMModel" in capsys.readouterr().out
    card = (tmp_path / "new" / "README.md").read_text()
    assert "ERNIE-M of PaddleNLP" in card
    assert "model_state.pdparams`, sha256 `" in card
    assert main(["convert", str(PADDLE), target]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["doctor", target]) == 0
    told = capsys.readouterr().out
    assert "rows and packs give the same" in told
    assert "published vectors: known for the base shape alone" in told


def test_the_doctor_finds_what_is_dead_or_not_finite() -> None:
    assert examine(PADDLE).sound


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("encoder.layers.1.linear1.weight", 0.0, "all numbers are the same in ernie_m"),
        ("encoder.layers.0.norm1.bias", float("nan"), "not finite in"),
    ],
)
def test_the_doctor_names_the_sick_weight(
    name: str, number: float, said: str, tmp_path: Path
) -> None:
    state = read_pdparams(PADDLE / "model_state.pdparams")
    state[name] = torch.full_like(state[name], number)
    write_pdparams(state, tmp_path / "model_state.pdparams")
    shutil.copy(PADDLE / "config.json", tmp_path)
    findings = examine(tmp_path)
    assert not findings.sound
    assert any(said.split(" in")[0] in line and name in line for line in findings.failed)


@pytest.mark.parametrize(
    ("kind", "hidden", "rows"), [("paddle", 0, (1, 2, 3)), ("transformers4", 1, (0, 2))]
)
def test_the_doctor_computes_what_the_test_suites_look_at(
    kind: str, hidden: int, rows: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PaddleNLP's suite masks the first token; transformers' gives no mask, and hides id 1 so."""
    folder = GOLDEN / kind / "ErnieMModel"
    with np.load(folder / "own_test.npz") as held:
        ids, states = held["input_ids"], held["hidden"]
    known = Published(
        source="somewhere",
        ids=tuple(ids[0].tolist()),
        hidden=hidden,
        rows=rows,
        columns=(1, 2, 3),
        values=tuple(map(tuple, states[list(rows), 1:4].tolist())),
        tolerance=1e-5,
    )
    monkeypatch.setattr(doctor, "BASE", {"hidden_size": 16})
    monkeypatch.setattr(doctor, "PUBLISHED", (known,))
    assert "vectors as in somewhere, to 1e-05" in examine(folder).passed
    monkeypatch.setattr(doctor, "PUBLISHED", (known, replace(known, source="here", hidden=5)))
    assert examine(folder).failed == ("vectors are not as in here",), "what is hidden matters"
    monkeypatch.setattr(doctor, "PUBLISHED", (replace(known, hidden=5),))
    assert examine(folder).sound, "weights trained further give other vectors"


def test_the_published_calls_are_those_of_the_test_suites() -> None:
    paddle, transformers4 = PUBLISHED
    assert (paddle.hidden, transformers4.hidden) == (0, transformers4.ids.index(1))
    for known in PUBLISHED:
        assert known.hidden not in known.rows
        assert len(known.values) == len(known.rows)


def test_the_doctor_holds_special_ids_against_table_and_tokeniser(tmp_path: Path) -> None:
    model = ErnieMModel(ErnieMConfig(**SMALL, eos_token_id=2))
    model.save_pretrained(tmp_path)
    train_tokenizer(invented(300), vocabulary_size=60).save_pretrained(tmp_path)
    assert examine(tmp_path).sound
    model.config.eos_token_id = 3
    model.save_pretrained(tmp_path)
    assert examine(tmp_path).failed == ("eos_token_id is 3, the tokeniser has [SEP] at 2",)
    settings = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "eos_token_id": 60}))
    assert "no row of the 60 for eos_token_id 60" in examine(tmp_path).failed


# Bad input


class Hostile:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def in_parts(note: object) -> bytes:
    """A file whose array `a` is a part of what the note says."""
    return pickle.dumps({"a": np.zeros(2), "UnpackBigParamInfor@@": note})


def test_an_address_in_the_place_of_an_object_is_not_followed(tmp_path: Path) -> None:
    """numpy takes the bytes of a buffer for addresses of objects; using one would end Python."""
    forged = Hostile(np.ndarray, (1,), np.dtype("O"), b"A" * 8)
    note = {"w": {"OriginShape": (1,), "slices": ["a"]}}
    path = tmp_path / "model_state.pdparams"
    path.write_bytes(pickle.dumps({"a": forged, "UnpackBigParamInfor@@": note}))
    with pytest.raises(ValueError, match="which are no numbers"):
        read_pdparams(path)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f2", "<f8", "<i8", "|u1", "|b1"])
def test_arrays_of_every_protocol_and_type_are_read(
    protocol: int, kind: str, tmp_path: Path
) -> None:
    array = np.asfortranarray(np.arange(6).reshape(2, 3).astype(kind))
    path = tmp_path / "a.pdparams"
    path.write_bytes(pickle.dumps({"a": array, "b": np.array(7, kind), "c": array[:0]}, protocol))
    read = read_pdparams(path)
    assert read["a"].tolist() == array.tolist()
    assert read["b"].tolist() == array.dtype.type(7)
    assert read["c"].shape == (0, 3)


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        ({"a": Hostile(os.system, "touch /tmp/never")}, "posix.system"),
        ({"a": [np.zeros(2), Hostile(eval, "1")]}, "builtins.eval"),
        ({"a": Hostile(np.load, "x")}, "numpy.load"),
        ({"a": Hostile(getattr, 1, "real")}, "builtins.getattr"),
    ],
)
def test_a_hostile_file_is_refused_by_what_it_asks_for(
    value: object, asked: str, tmp_path: Path
) -> None:
    path = tmp_path / "model_state.pdparams"
    path.write_bytes(pickle.dumps(value))
    with pytest.raises(ValueError, match=f"is refused: it asks for {asked}"):
        read_pdparams(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no whole .pdparams file"),
        (b"not a pickle", "is no whole .pdparams file"),
        (pickle.dumps([1, 2]), "holds a list, not parameters by name"),
        (pickle.dumps({"a": "text"}), "'a' is no array of numbers but a str"),
        (pickle.dumps({"a": np.array([None])}), "an array of 'O8', which are no numbers"),
        (pickle.dumps({"a": np.array(["text"])}), "an array of 'U4', which are no numbers"),
        (pickle.dumps({"a": np.zeros(2, "M8[s]")}), "an array of 'M8', which are no numbers"),
        (pickle.dumps({"a": Hostile(np.ndarray, (1,))}), "is no whole .pdparams file"),
        (in_parts({"w": {"OriginShape": (3,), "slices": ["nowhere"]}}), "parts .* do not fit"),
        (in_parts({"w": {"OriginShape": (5,), "slices": ["a"]}}), "parts .* do not fit"),
        (in_parts([1]), "parts .* do not fit"),
    ],
)
def test_other_files_than_pdparams_are_refused(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "model_state.pdparams"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_pdparams(path)


def test_a_cut_file_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = (PADDLE / "model_state.pdparams").read_bytes()
    for length in (1, 100, len(whole) // 2, len(whole) - 1):
        path = tmp_path / "cut.pdparams"
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"cut\.pdparams is no whole"):
            read_pdparams(path)


def test_arrays_in_parts_and_with_names_are_read(tmp_path: Path) -> None:
    """As older versions of Paddle saved: large arrays cut, parameters as (name, array)."""
    whole = np.arange(12, dtype=np.float32).reshape(3, 4)
    saved = {
        "w@@.0": whole.ravel()[:7],
        "w@@.1": whole.ravel()[7:],
        "b": ("linear_0.b_0", np.ones(3, dtype=np.float32)),
        "UnpackBigParamInfor@@": {"w": {"OriginShape": (3, 4), "slices": ["w@@.0", "w@@.1"]}},
    }
    (tmp_path / "a.pdparams").write_bytes(pickle.dumps(saved, protocol=2))
    read = read_pdparams(tmp_path / "a.pdparams")
    assert read.keys() == {"w", "b"}
    assert torch.equal(read["w"], torch.from_numpy(whole))


def test_folders_that_are_no_checkpoint_say_what_is_wrong(tmp_path: Path) -> None:
    def said(folder: Path) -> str:
        with pytest.raises(ValueError) as raised:  # noqa: PT011  the message is what is tested
            read_checkpoint(folder)
        return str(raised.value)

    assert "does not exist" in said(tmp_path / "nowhere")
    assert "has none of config.json" in said(tmp_path)
    (tmp_path / "config.json").write_text("{")
    assert "is no JSON" in said(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    assert "is of type 'gpt2', which is none that we know" in said(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "ernie_m"}')
    assert "has no model.safetensors" in said(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"torn")
    assert "model.safetensors cannot be read" in said(tmp_path)
    assert f"is a file: name its folder, {tmp_path}" in said(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    torch.save({"a": Hostile(os.system, "touch /tmp/never")}, tmp_path / "pytorch_model.bin")
    assert "pytorch_model.bin cannot be read" in said(tmp_path)


def test_missing_weights_and_other_shapes_are_named(tmp_path: Path) -> None:
    state = read_pdparams(PADDLE / "model_state.pdparams")
    shutil.copy(PADDLE / "config.json", tmp_path)
    gone = {name: one for name, one in state.items() if "norm1" not in name}
    write_pdparams(gone, tmp_path / "model_state.pdparams")
    with pytest.raises(ValueError, match=r"lacks 4 weights: ernie_m.encoder.layers.0.norm1.bias"):
        read_checkpoint(tmp_path)
    state["embeddings.position_embeddings.weight"] = torch.zeros(7, 16)
    write_pdparams(state, tmp_path / "model_state.pdparams")
    with pytest.raises(ValueError, match=r"has shape \(7, 16\), its config says \(40, 16\)"):
        read_checkpoint(tmp_path)


def test_a_classifier_of_unknown_kind_is_asked_for(tmp_path: Path) -> None:
    source = GOLDEN / "paddle" / "ErnieMForTokenClassification"
    shutil.copy(source / "model_state.pdparams", tmp_path)
    facts = json.loads((source / "config.json").read_text())
    del facts["architectures"]
    (tmp_path / "config.json").write_text(json.dumps(facts))
    with pytest.raises(ValueError, match="its config does not say of what"):
        read_checkpoint(tmp_path)
    name = "ErnieMForTokenClassification"
    assert type(read_checkpoint(tmp_path, architecture=name).model).__name__ == name
    with pytest.raises(ValueError, match="'Ernie' is no class of ours"):
        read_checkpoint(tmp_path, architecture="Ernie")


def test_each_kind_is_told_from_the_others(tmp_path: Path) -> None:
    assert kind_of(PADDLE) == "paddle"
    assert kind_of(PADDLE / "model_state.pdparams") == "paddle"
    assert kind_of(GOLDEN / "transformers4" / "ErnieMModel") == "erniem"
    ErnieMModel(ErnieMConfig(**BERT)).save_pretrained(tmp_path)
    assert kind_of(tmp_path) == "erniem"
