"""Losses at holes, block by block, are those of the plain computation."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from erniem.model import answers as module
from erniem.model.answers import answer_losses
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM

HOLES, WIDTH, VOCABULARY = 7, 12, 50


@pytest.fixture(params=[(16, 1 << 20), (16, 0), (50, 0), (7, 1 << 20)], ids=str)
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a block, and logits that are kept for the way back."""
    block, kept = request.param
    monkeypatch.setattr(module, "BLOCK", block)
    monkeypatch.setattr(module, "KEPT", kept)


def drawn() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    hidden = torch.randn(HOLES, WIDTH, generator=generator).requires_grad_()
    weight = torch.randn(VOCABULARY, WIDTH, generator=generator).requires_grad_()
    bias = torch.randn(VOCABULARY, generator=generator).requires_grad_()
    return hidden, weight, bias, torch.tensor([0, 15, 16, 49, 3, 3, 31])


@pytest.mark.usefixtures("blocks")
def test_losses_and_gradients_are_those_of_the_plain_computation() -> None:
    scale = torch.linspace(0.5, 2, HOLES)
    found, plain = drawn(), drawn()
    answered = answer_losses(*found)
    (answered.losses * scale).sum().backward()
    logits = F.linear(plain[0], plain[1], plain[2])
    expected = F.cross_entropy(logits, plain[3], reduction="none")
    (expected * scale).sum().backward()
    torch.testing.assert_close(answered.losses, expected, atol=1e-5, rtol=1e-5)
    assert answered.right.tolist() == (logits.argmax(1) == plain[3]).tolist()
    for ours, theirs in zip(found[:3], plain[:3], strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-5, rtol=1e-5)


@pytest.mark.usefixtures("blocks")
def test_pieces_that_are_impossible_take_no_part() -> None:
    hidden, weight, bias, answers = drawn()
    with torch.no_grad():
        bias[14:35] = -torch.inf
    answers = answers[[0, 3, 4, 5]]
    losses = answer_losses(hidden[:4], weight, bias, answers).losses
    losses.sum().backward()
    expected = F.cross_entropy(F.linear(hidden[:4], weight, bias), answers, reduction="none")
    torch.testing.assert_close(losses, expected, atol=1e-5, rtol=1e-5)
    assert weight.grad is not None
    assert not weight.grad[14:35].any()
    assert weight.grad.isfinite().all()


@pytest.mark.usefixtures("blocks")
def test_a_right_answer_is_seen_in_whichever_block_it_stands() -> None:
    hidden, weight, bias, _ = drawn()
    best = F.linear(hidden, weight, bias).argmax(dim=1)
    assert answer_losses(hidden, weight, bias, best).right.all()
    assert not answer_losses(hidden, weight, bias, (best + 1) % VOCABULARY).right.any()


@pytest.mark.usefixtures("blocks")
def test_no_hole_is_no_loss_and_no_gradient() -> None:
    hidden, weight, bias, answers = drawn()
    answered = answer_losses(hidden[:0], weight, bias, answers[:0])
    answered.losses.sum().backward()
    assert answered.losses.shape == answered.right.shape == (0,)
    assert weight.grad is not None
    assert not weight.grad.any()


def model() -> ErnieMForMaskedLM:
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32}
    config = ErnieMConfig(vocab_size=60, num_attention_heads=2, languages=["en"], **shape)
    return ErnieMForMaskedLM(config).eval()


def test_a_step_by_hole_has_the_loss_and_gradients_of_the_padded_call() -> None:
    ids = torch.tensor([[0, 11, 12, 59, 14, 2], [0, 21, 59, 2, 1, 1]])
    mask = (ids != 1).long()
    labels = torch.full_like(ids, -100)
    labels[0, 3], labels[1, 2] = 13, 22
    ours, theirs = model(), model()
    flat, real = labels.flatten(), mask.flatten().bool()
    packed = ours(
        input_ids=ids.flatten()[real],
        cu_seqlens=torch.tensor([0, 6, 10]),
        holes=(flat[real] != -100).nonzero()[:, 0],
        labels=flat[flat != -100],
        by_hole=True,
    )
    assert packed.logits is None
    padded = theirs(input_ids=ids, attention_mask=mask, labels=labels)
    packed.losses.mean().backward()
    padded.loss.backward()
    torch.testing.assert_close(packed.loss, padded.loss, atol=1e-5, rtol=1e-5)
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4, msg=name)


def test_by_hole_without_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="give labels"):
        model()(input_ids=torch.tensor([[0, 5, 2]]), by_hole=True)


@pytest.mark.parametrize("label", [-1, 70])
def test_a_label_that_is_no_piece_is_named(label: int) -> None:
    labels = torch.tensor([[-100, label, -100]])
    with pytest.raises(ValueError, match=f"labels run from {label} to {label}, .* 60 pieces"):
        model()(input_ids=torch.tensor([[0, 5, 2]]), labels=labels, by_hole=True)


def test_autocast_computes_products_in_bfloat16_and_losses_in_float32() -> None:
    hidden, weight, bias, answers = drawn()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        answered = answer_losses(hidden, weight, bias, answers)
    answered.losses.sum().backward()
    expected = F.cross_entropy(F.linear(hidden, weight, bias), answers, reduction="none")
    assert answered.losses.dtype == torch.float32
    torch.testing.assert_close(answered.losses, expected, atol=0.1, rtol=0.05)
    assert hidden.grad is not None
    assert hidden.grad.dtype == torch.float32
