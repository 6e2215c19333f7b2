"""A start is read whatever kernel its config names: which one runs is the run's to choose."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertForMaskedLM, XLMRobertaConfig, XLMRobertaForMaskedLM

from erniem.convert import load_start
from erniem.convert.bert import from_bert
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM

SHAPE: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 66,
}
KINDS: dict[str, Any] = {
    "ours": lambda: ErnieMForMaskedLM(ErnieMConfig(**SHAPE)),
    "xlm-r": lambda: XLMRobertaForMaskedLM(XLMRobertaConfig(**SHAPE)),
    "bert": lambda: BertForMaskedLM(BertConfig(**SHAPE)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
def test_a_start_is_read_where_the_kernel_that_its_config_names_does_not_run(
    tmp_path: Path, kind: str, key: str
) -> None:
    KINDS[kind]().save_pretrained(tmp_path)
    plain = load_start(tmp_path, languages=["en"]).eval()
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, key: "flash_attention_2"}))
    start = load_start(tmp_path, languages=["en"]).eval()
    assert start.config._attn_implementation == "sdpa"
    ids = torch.tensor([[0, 7, 8, 9, 2]])
    assert torch.equal(start(ids).logits, plain(ids).logits)


def test_what_became_ours_of_a_bert_that_pads_otherwise_starts_as_that_bert_does(
    tmp_path: Path,
) -> None:
    bert = BertForMaskedLM(BertConfig(**SHAPE, pad_token_id=0))
    bert.save_pretrained(tmp_path / "bert")
    from_bert(bert).save_pretrained(tmp_path / "ours")
    ids = torch.tensor([[1, 7, 8, 9, 2]])
    one, other = (
        load_start(tmp_path / name, languages=["en"]).eval()(ids).logits
        for name in ("bert", "ours")
    )
    assert torch.equal(one, other)
