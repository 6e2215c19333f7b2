import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from erniem.finetune.rates import give_rates, layer_rates
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForSequenceClassification

SMALL = {
    "vocab_size": 20,
    "hidden_size": 8,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 8,
}


@pytest.fixture(
    params=[
        lambda: ErnieMForSequenceClassification(ErnieMConfig(**SMALL)),
        lambda: BertForSequenceClassification(BertConfig(**SMALL)),
    ],
    ids=["ours", "BERT"],
)
def network(request: pytest.FixtureRequest) -> nn.Module:
    return request.param()


def test_each_layer_has_the_power_of_r_that_the_paper_gives_it(network: nn.Module) -> None:
    rates = layer_rates(network, 0.5)
    assert set(rates) == {name for name, _ in network.named_parameters()}
    by_part = {
        part: {rate for name, rate in rates.items() if part in name}
        for part in (".0.", ".1.", ".2.", "embeddings", "pooler", "classifier")
    }
    assert by_part == {
        ".0.": {0.25},
        ".1.": {0.5},
        ".2.": {1.0},
        "embeddings": {0.0625},
        "pooler": {1.0},
        "classifier": {1.0},
    }


def test_the_optimiser_takes_them_and_keeps_its_weight_decay(network: nn.Module) -> None:
    named = dict(network.named_parameters())
    matrices = [one for one in named.values() if one.dim() > 1]
    others = [one for one in named.values() if one.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=2.0
    )
    rates = layer_rates(network, 0.5)
    give_rates(optimizer, network, rates)
    found = {
        id(one): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for one in group["params"]
    }
    assert len(found) == len(named)
    for name, parameter in named.items():
        assert found[id(parameter)] == (2.0 * rates[name], 0.1 if parameter.dim() > 1 else 0.0)
