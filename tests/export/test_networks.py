"""What is traced, before it is: the same vectors as ours, from rows with padding."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from erniem.embed import Pooling, VectorSettings, open_encoder
from erniem.embed.vectors import frame_of
from erniem.export.networks import ModelNetwork, SentenceNetwork, as_far_as
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel

TEXTS = ["", "badefi", "badefi golumi nopera situvo", "μινοπε ραφι"]


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "mean_text"])
@pytest.mark.parametrize("layer", [0, "last"])
def test_pooling_sees_the_same_tokens_wherever_padding_is(
    encoder: Path, layer: Any, pooling: Pooling, side: str
) -> None:
    settings = VectorSettings(layer=layer, pooling=pooling)
    opened = open_encoder(encoder)
    right = opened.vectors(TEXTS, settings)
    rows = opened.tokenizer(TEXTS, padding=True, padding_side=side, return_tensors="pt")
    network = SentenceNetwork(opened.network, settings, frame_of(opened.tokenizer))
    with torch.no_grad():
        (found,) = network(rows.input_ids, rows.attention_mask)
    assert np.abs(found.numpy() - right).max() < 1e-6


def test_layers_above_are_left_out_and_the_model_stays_as_it_was() -> None:
    shape = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8}
    model = ErnieMModel(ErnieMConfig(vocab_size=20, num_hidden_layers=6, **shape))
    cut = as_far_as(model, VectorSettings(layer=None))  # one past the middle
    assert cut.config.num_hidden_layers == len(cut.encoder.layers) == 5
    assert cut.pooler is None
    assert model.config.num_hidden_layers == len(model.encoder.layers) == 6
    assert model.pooler is not None
    assert cut.encoder.layers[4] is model.encoder.layers[4]


def test_a_class_without_a_graph_is_refused() -> None:
    class Another(ErnieMModel):
        pass

    shape = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8}
    with pytest.raises(ValueError, match="Another has no ONNX form; these have: ErnieMModel,"):
        ModelNetwork(Another(ErnieMConfig(vocab_size=20, num_hidden_layers=1, **shape)))
