"""A table read at both ends gets one gradient, both readings' sum, in memory that is kept."""

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn

from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.model.table import GradientMemory, TiedTable, look_up

PACK = {
    "input_ids": torch.tensor([0, 11, 59, 11, 1, 2, 0, 59, 21, 2]),
    "cu_seqlens": torch.tensor([0, 6, 10]),
    "holes": torch.tensor([2, 7]),
    "labels": torch.tensor([11, 30]),
}


def model(*, tied: bool = True) -> ErnieMForMaskedLM:
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "intermediate_size": 32}
    config = ErnieMConfig(
        vocab_size=60, num_attention_heads=2, pad_token_id=1, tie_word_embeddings=tied, **shape
    )
    return ErnieMForMaskedLM(config).eval()


def gradients(network: ErnieMForMaskedLM, *, by_hole: bool) -> dict[str, Tensor]:
    network.zero_grad()
    network(**PACK, by_hole=by_hole).loss.backward()
    return {name: one.grad for name, one in network.named_parameters() if one.grad is not None}


def tied(network: ErnieMForMaskedLM) -> TiedTable | None:
    table, head = network.get_input_embeddings(), network.lm_head.decoder
    return TiedTable.of(table, head, GradientMemory())


def gradient(network: ErnieMForMaskedLM) -> Tensor:
    found = network.get_input_embeddings().weight.grad
    assert found is not None
    return found


def waits(network: ErnieMForMaskedLM) -> bool:
    return tied(network) is not None


def test_the_gradients_are_those_of_two_readings_added_up() -> None:
    network = model()
    assert waits(network)
    ours, plain = gradients(network, by_hole=True), gradients(network, by_hole=False)
    assert ours.keys() == plain.keys()
    for name, expected in plain.items():
        torch.testing.assert_close(ours[name], expected, atol=1e-6, rtol=1e-5, msg=name)


def test_a_row_that_is_padding_learns_as_an_answer_alone() -> None:
    network = model()
    table = "ernie_m.embeddings.word_embeddings.weight"
    ours, plain = gradients(network, by_hole=True)[table], gradients(network, by_hole=False)[table]
    torch.testing.assert_close(ours[1], plain[1], atol=1e-7, rtol=1e-5)


def test_several_calls_before_a_step_add_up() -> None:
    network = model()
    once = gradients(network, by_hole=True)
    network.zero_grad()
    (network(**PACK, by_hole=True).loss + network(**PACK, by_hole=True).loss).backward()
    for name, one in network.named_parameters():
        if name in once:
            torch.testing.assert_close(one.grad, 2 * once[name], msg=name)


def test_no_table_of_its_own_size_is_made_but_the_gradient() -> None:
    network = model()
    table = network.get_input_embeddings().weight
    rows = tied(network)
    assert rows is not None
    found = rows(PACK["input_ids"])
    rows.waiting = torch.ones_like(table)
    place = rows.waiting.data_ptr()
    found.sum().backward()
    assert rows.waiting is None
    assert table.grad is not None
    assert table.grad.data_ptr() == place
    assert table.grad[11].tolist() == [3.0] * 16
    assert table.grad[1].tolist() == [1.0] * 16


def test_the_next_step_writes_where_the_last_one_wrote() -> None:
    network = model()
    gradients(network, by_hole=True)
    place, first = gradient(network).data_ptr(), gradient(network).clone()
    gradients(network, by_hole=True)
    assert gradient(network).data_ptr() == place
    assert torch.equal(gradient(network), first)


@pytest.mark.parametrize("part", [slice(None), slice(11, 12)], ids=["all of it", "a row"])
def test_a_gradient_that_somebody_holds_is_not_written_over(part: slice) -> None:
    network = model()
    gradients(network, by_hole=True)
    held = gradient(network)[part]
    before = held.clone()
    network.zero_grad()
    (3 * network(**PACK, by_hole=True).loss).backward()
    assert torch.equal(held, before)
    torch.testing.assert_close(gradient(network)[part], 3 * before)


@pytest.mark.parametrize("sizes", [(60, 64), (64, 60)], ids=str)
def test_a_table_of_another_size_gets_memory_of_its_own(sizes: tuple[int, int]) -> None:
    network = model()
    for pieces in sizes:
        network.resize_token_embeddings(pieces)
        gradients(network, by_hole=True)
    assert gradient(network).shape == (sizes[1], 16)
    assert gradient(network).untyped_storage().nbytes() == sizes[1] * 16 * 4


def test_copies_and_files_of_a_model_hold_no_memory_of_gradients() -> None:
    network = model()
    gradients(network, by_hole=True)
    network.zero_grad()
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert network.lm_head.memory._kept is not None
        assert other.lm_head.memory._kept is None
        gradients(other, by_hole=True)
        assert gradient(other).isfinite().all()


@pytest.mark.parametrize("case", ["untied", "frozen", "hooked", "replaced", "no gradient"])
def test_it_steps_aside_where_it_does_not_fit(case: str) -> None:
    network = model(tied=case != "untied")
    table = network.get_input_embeddings()
    if case == "frozen":
        table.weight.requires_grad_(False)
    elif case == "hooked":
        table.register_forward_hook(lambda *_: None)
    elif case == "replaced":
        network.lm_head.decoder = nn.Sequential(network.lm_head.decoder)
    with torch.set_grad_enabled(case != "no gradient"):
        assert not waits(network)


def test_a_piece_that_is_not_in_the_table_is_named() -> None:
    network = model()
    rows = tied(network)
    assert rows is not None
    with pytest.raises(ValueError, match=r"input_ids run from 3 to 60, but the table has 60 rows"):
        look_up(rows, torch.tensor([3, 60]), "input_ids")
