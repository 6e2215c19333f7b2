from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForTokenClassification

from erniem.finetune.network import is_packed, open_network
from erniem.finetune.predict import Collate, logits_of

ROWS = [{"input_ids": [0, *range(5, 5 + length), 2], "labels": 1} for length in (3, 9, 1, 9, 4)]


def test_a_batch_is_padded_to_its_longest_row() -> None:
    rows = [
        {"input_ids": [0, 5, 2], "labels": [-100, 1, -100], "token_type_ids": [0, 0, 1]},
        {"input_ids": [0, 2], "labels": [-100, -100], "token_type_ids": [0, 0]},
    ]
    batch = Collate(1)(rows)
    assert batch["input_ids"].tolist() == [[0, 5, 2], [0, 2, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert batch["labels"].tolist() == [[-100, 1, -100], [-100, -100, -100]]
    assert batch["token_type_ids"].tolist() == [[0, 0, 1], [0, 0, 0]]


def test_what_is_said_of_a_whole_row_stays_one_number() -> None:
    assert Collate(1)(ROWS)["labels"].tolist() == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("head", ["sequence", "token", "answer"])
def test_batches_give_each_row_what_it_gets_alone_in_the_order_given(
    encoder: Path, head: str
) -> None:
    labels = () if head == "answer" else ("a", "b", "c")
    network = open_network(encoder, head, labels).eval()  # type: ignore[arg-type]
    together = logits_of(network, ROWS, 1, tokens_per_batch=25)
    shapes = {
        "sequence": [(3,)] * 5,
        "token": [(len(row["input_ids"]), 3) for row in ROWS],
        "answer": [(len(row["input_ids"]), 2) for row in ROWS],
    }
    assert [one.shape for one in together] == shapes[head]
    for row, one in zip(ROWS, together, strict=True):
        with torch.no_grad():
            alone = network(input_ids=torch.tensor([row["input_ids"]]))
        if head == "answer":
            expected = torch.stack([alone.start_logits, alone.end_logits], dim=-1)[0]
        else:
            expected = alone.logits[0]
        np.testing.assert_allclose(one, expected.numpy(), atol=1e-5)


def test_a_network_that_was_training_goes_on_training(encoder: Path) -> None:
    network = open_network(encoder, "sequence", ("a", "b")).train()
    logits_of(network, ROWS[:1], 1)
    assert network.training


def test_a_fresh_head_is_drawn_and_a_trained_one_is_kept(encoder: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    first = open_network(encoder, "token", ("a", "b"))
    first.save_pretrained(tmp_path)
    again = open_network(tmp_path, "token", ("a", "b"))
    assert torch.equal(first.classifier.weight, again.classifier.weight)
    other = open_network(tmp_path, "token", ("b", "c"))
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    assert other.config.id2label == {0: "b", 1: "c"}
    same = "ernie_m.encoder.layers.0.self_attn.q_proj.weight"
    assert torch.equal(first.get_parameter(same), other.get_parameter(same))


def test_where_a_trained_head_is_asked_for_none_is_drawn(encoder: Path, tmp_path: Path) -> None:
    open_network(encoder, "token", ("a", "b")).save_pretrained(tmp_path)
    open_network(tmp_path, "token", ("a", "b"), trained=True)
    with pytest.raises(ValueError, match=r"no trained head for b, a, .* with the labels a, b"):
        open_network(tmp_path, "token", ("b", "a"), trained=True)
    with pytest.raises(ValueError, match="no trained head for answers"):
        open_network(tmp_path, "answer", (), trained=True)
    with pytest.raises(ValueError, match="no trained head for a, b"):
        open_network(encoder, "sequence", ("a", "b"), trained=True)


def test_any_encoder_that_transformers_reads_takes_part(tmp_path: Path) -> None:
    from transformers import DistilBertConfig, DistilBertModel

    config = DistilBertConfig(vocab_size=20, dim=8, n_layers=1, n_heads=2, hidden_dim=8)
    DistilBertModel(config).save_pretrained(tmp_path)
    network = open_network(tmp_path, "token", ("a", "b"))
    assert not is_packed(network)
    with pytest.raises(ValueError, match="no trained head for a, b"):
        open_network(tmp_path, "token", ("a", "b"), trained=True)
    network.save_pretrained(tmp_path / "tagger")
    open_network(tmp_path / "tagger", "token", ("a", "b"), trained=True)
    with pytest.raises(ValueError, match="with the labels a, b"):
        open_network(tmp_path / "tagger", "token", ("b", "a"), trained=True)
    torn = tmp_path / "torn"
    torn.mkdir()
    (torn / "config.json").write_bytes((tmp_path / "config.json").read_bytes())
    (torn / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes()[:99])
    with pytest.raises(ValueError, match="torn cannot be read"):
        open_network(torn, "token", ("a", "b"))
    assert [one.shape for one in logits_of(network, ROWS, 1)][:2] == [(5, 2), (11, 2)]
    answers = open_network(tmp_path, "answer", ())
    assert logits_of(answers, ROWS[:1], 1)[0].shape == (5, 2)


def test_bert_becomes_ours_and_is_packed(tmp_path: Path) -> None:
    config = BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        pad_token_id=1,
        num_labels=3,
    )
    BertForTokenClassification(config).save_pretrained(tmp_path)
    assert is_packed(open_network(tmp_path, "token", ("a", "b", "c")))


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none is no folder"):
        open_network(tmp_path / "none", "token", ("a",))
    with pytest.raises(ValueError, match="cannot be read"):
        open_network(tmp_path, "token", ("a",))
