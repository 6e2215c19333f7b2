"""The faster library's products are `nn.Linear`'s, and it is asked only where it may be."""

import pytest
import torch
from torch import nn

from erniem.model import products
from erniem.model.products import linear, multiply


@pytest.fixture
def onednn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """As if this processor were one where oneDNN is faster; gives the shapes that it multiplied."""
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        pytest.skip("this build of torch has no oneDNN")
    asked: list[tuple[int, ...]] = []
    whole = torch.ops.mkldnn._linear_pointwise

    def spied(inputs: torch.Tensor, *rest: object) -> torch.Tensor:
        asked.append(tuple(inputs.shape))
        return whole(inputs, *rest)

    monkeypatch.setattr(products, "onednn_is_faster", lambda: True)
    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", spied)
    return asked


@pytest.mark.parametrize("bias", [True, False])
def test_outputs_and_gradients_are_those_of_the_module(
    bias: bool, onednn: list[tuple[int, ...]]
) -> None:
    torch.manual_seed(0)
    module, inputs = nn.Linear(12, 20, bias=bias), torch.randn(9, 12, requires_grad=True)
    weight = torch.randn(9, 20)
    (linear(module, inputs) * weight).sum().backward()
    assert len(onednn) == 3
    found = [inputs.grad, *(one.grad for one in module.parameters())]
    inputs.grad = None
    module.zero_grad()
    (module(inputs) * weight).sum().backward()
    expected = [inputs.grad, *(one.grad for one in module.parameters())]
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)


def test_what_is_no_plain_float32_matrix_is_the_modules_own(onednn: list[tuple[int, ...]]) -> None:
    module = nn.Linear(12, 20)
    linear(module, torch.randn(2, 3, 12))
    linear(module, torch.randn(0, 12))
    linear(module.double(), torch.randn(3, 12).double())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        linear(nn.Linear(12, 20), torch.randn(3, 12))
    assert multiply(torch.randn(3, 12).double(), torch.randn(4, 12).double()).shape == (3, 4)
    assert onednn == []


def test_a_module_that_somebody_changed_is_called(onednn: list[tuple[int, ...]]) -> None:
    hooked, seen = nn.Linear(12, 20), []
    hooked.register_forward_hook(lambda *_: seen.append(1))
    linear(hooked, torch.randn(3, 12))

    class Adapted(nn.Linear):
        pass

    linear(Adapted(12, 20), torch.randn(3, 12))
    assert seen == [1]
    assert onednn == []


def test_intel_keeps_its_own_library(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    facts = tmp_path / "cpuinfo"
    monkeypatch.setattr(products, "PROCESSOR", facts)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    there = hasattr(torch.ops.mkldnn, "_linear_pointwise")
    for vendor, expected in (("GenuineIntel", False), ("AuthenticAMD", there)):
        facts.write_text(f"vendor_id : {vendor}\n")
        products.onednn_is_faster.cache_clear()
        assert products.onednn_is_faster() is expected
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    products.onednn_is_faster.cache_clear()
    assert not products.onednn_is_faster()
    products.onednn_is_faster.cache_clear()
