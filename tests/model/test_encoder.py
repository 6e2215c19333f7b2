from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.attention.flex_attention import create_block_mask
from transformers import AttentionInterface

from erniem.convert import to_xlm_roberta
from erniem.model.attention import layout_of
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.model.heads import ErnieMForMaskedLM

SHAPE = {
    "vocab_size": 120,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}


def tiny(**changes: object) -> ErnieMForMaskedLM:
    torch.manual_seed(0)
    return ErnieMForMaskedLM(ErnieMConfig(**{**SHAPE, **changes})).eval()


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    """Four rows: full, right-padded, left-padded, all padding."""
    torch.manual_seed(1)
    ids = torch.randint(5, 120, (4, 9))
    mask = torch.tensor([[1] * 9, [1] * 5 + [0] * 4, [0] * 3 + [1] * 6, [0] * 9])
    return ids, mask


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_padded_packed_and_one_by_one_agree(implementation: str) -> None:
    model = tiny()
    model.set_attn_implementation(implementation)
    ids, mask = rows()
    padded = model(input_ids=ids, attention_mask=mask).logits
    alone = [
        model(input_ids=row[real.bool()][None]).logits[0]
        for row, real in zip(ids, mask, strict=True)
    ]
    bounds = torch.nn.functional.pad(mask.sum(1).cumsum(0), (1, 0))
    packed = model(input_ids=ids[mask.bool()], cu_seqlens=bounds).logits
    assert torch.allclose(padded[mask.bool()], torch.cat(alone), atol=1e-5)
    assert torch.allclose(packed, torch.cat(alone), atol=1e-5)


def test_sdpa_and_eager_agree() -> None:
    model = tiny()
    ids, mask = rows()
    one = model(input_ids=ids, attention_mask=mask).logits
    model.set_attn_implementation("eager")
    assert torch.allclose(one, model(input_ids=ids, attention_mask=mask).logits, atol=1e-5)


def test_kernels_that_know_boundaries_get_the_pack_as_it_is() -> None:
    """A stand-in called as transformers calls flash attention, written out sequence by sequence."""

    def stand_in(module: Any, query: Any, key: Any, value: Any, mask: Any, **kwargs: Any) -> Any:
        assert module.config.model_type == "ernie_m", "transformers' kernels read the config here"
        assert mask is None
        assert query.shape[0] == 1
        assert torch.equal(kwargs["cu_seq_lens_q"], kwargs["cu_seq_lens_k"])
        bounds = kwargs["cu_seq_lens_q"].tolist()
        assert max(b - a for a, b in pairwise(bounds)) <= kwargs["max_length_q"] == 128
        parts = [
            torch.softmax(query[:, :, a:b] @ key[:, :, a:b].mT * kwargs["scaling"], dim=-1)
            @ value[:, :, a:b]
            for a, b in pairwise(bounds)
        ]
        return torch.cat(parts, dim=2).transpose(1, 2), None

    AttentionInterface.register("stand_in", stand_in)
    model = tiny()
    ids, mask = rows()
    grouped = model(input_ids=ids, attention_mask=mask).logits
    model.set_attn_implementation("stand_in")
    assert torch.allclose(grouped, model(input_ids=ids, attention_mask=mask).logits, atol=1e-5)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's compiler warns of its own parts
def test_flex_attention_agrees() -> None:
    model = tiny(hidden_size=64, num_attention_heads=2)
    ids, mask = rows()
    with torch.no_grad():
        grouped = model(input_ids=ids, attention_mask=mask).logits
        model.set_attn_implementation("flex_attention")
        flexible = model(input_ids=ids, attention_mask=mask).logits
    assert torch.allclose(grouped, flexible, atol=1e-5)


@pytest.mark.parametrize("lengths", [[5], [128, 1], [100, 100, 0, 300], [3] * 200, [260, 7, 130]])
def test_flex_attentions_mask_is_that_of_all_pairs_of_tokens(lengths: list[int]) -> None:
    total = sum(lengths)
    row = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    bounds = torch.nn.functional.pad(torch.tensor(lengths).cumsum(0), (1, 0))
    ours: Any = layout_of(bounds, "flex_attention").block_mask
    every = create_block_mask(
        lambda b, h, q, k: row[q] == row[k], None, None, total, total, device="cpu"
    )
    assert ours.shape == every.shape
    assert torch.equal(ours.to_dense() > 0, every.to_dense() > 0)
    pairs = torch.cartesian_prod(torch.arange(total), torch.arange(total)).T
    assert torch.equal(ours.mask_mod(0, 0, *pairs), row[pairs[0]] == row[pairs[1]])


def test_an_all_padding_row_gives_zeros() -> None:
    model = ErnieMModel(ErnieMConfig(**SHAPE)).eval()
    ids, mask = rows()
    output = model(input_ids=ids, attention_mask=mask)
    assert not output.last_hidden_state[3].any()
    assert output.pooler_output.isfinite().all()


def test_the_same_weights_give_what_xlm_roberta_gives() -> None:
    """Against transformers' own XLM-R, loss and gradients too."""
    ours = tiny()
    theirs = to_xlm_roberta(ours).eval()
    ids, mask = rows()
    ids, mask = ids[:3], mask[:3]
    labels = torch.where(torch.rand(ids.shape) < 0.4, ids, -100).masked_fill(mask == 0, -100)
    # XLM-R counts positions over non-padding ids, so the padding must be the padding id.
    ids = ids.masked_fill(mask == 0, 1)
    one = ours(input_ids=ids, attention_mask=mask, labels=labels)
    other = theirs(input_ids=ids, attention_mask=mask, labels=labels)
    assert torch.allclose(one.logits, other.logits[labels != -100], atol=1e-5)
    assert torch.allclose(one.loss, other.loss, atol=1e-5)
    one.loss.backward()
    other.loss.backward()
    ours_grad = ours.ernie_m.encoder.layers[0].linear1.weight.grad
    theirs_grad = theirs.roberta.encoder.layer[0].intermediate.dense.weight.grad
    assert torch.allclose(ours_grad, theirs_grad, atol=1e-5)


def test_logits_at_holes_are_the_full_logits_there() -> None:
    model = tiny()
    ids, mask = rows()
    full = model(input_ids=ids, attention_mask=mask).logits
    holes = torch.tensor([2, 12])
    some = model(input_ids=ids, attention_mask=mask, holes=holes).logits
    assert torch.allclose(some, full.flatten(0, 1)[holes], atol=1e-6)


def test_the_longest_sequence_has_512_tokens() -> None:
    model = tiny(num_hidden_layers=1)
    assert model(input_ids=torch.full((1, 512), 7)).logits.shape == (1, 512, 120)
    with pytest.raises(ValueError, match="513 tokens; this model reads at most 512"):
        model(input_ids=torch.full((1, 513), 7))


def test_one_token_is_a_sequence() -> None:
    assert tiny()(input_ids=torch.tensor([[7]])).logits.shape == (1, 1, 120)


def test_saved_and_loaded_weights_are_the_same_to_the_bit(tmp_path: Path) -> None:
    model = tiny(languages=["en", "de"])
    model.save_pretrained(tmp_path)
    loaded = ErnieMForMaskedLM.from_pretrained(tmp_path)
    for name, value in model.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[name]), name


def test_gradient_checkpointing_gives_the_same_gradients() -> None:
    ids, mask = rows()
    gradients = []
    for checkpointing in (False, True):
        model = tiny().train()
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        for layer in model.ernie_m.encoder.layers:
            layer.self_attn.dropout = 0.0
        if checkpointing:
            model.activation_checkpointing_enable()
        model(input_ids=ids, attention_mask=mask, labels=ids).loss.backward()
        gradients.append(model.ernie_m.encoder.layers[0].linear1.weight.grad)
    assert torch.allclose(*gradients, atol=1e-6)


def test_hidden_states_run_from_the_embeddings_to_the_last_layer() -> None:
    ids, mask = rows()
    output = tiny().ernie_m(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    assert len(output.hidden_states) == 4
    assert torch.equal(output.hidden_states[-1], output.last_hidden_state)


def test_embeddings_may_be_given_in_the_place_of_ids() -> None:
    model = tiny()
    ids, mask = rows()
    words = model.get_input_embeddings()(ids)
    one = model(inputs_embeds=words, attention_mask=mask).logits
    assert torch.allclose(one, model(input_ids=ids, attention_mask=mask).logits, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"attention_mask": torch.ones(1, 4)}, "attention_mask has shape"),
        ({"cu_seqlens": torch.tensor([0, 2])}, "cu_seqlens must ascend from 0"),
        ({"language_ids": torch.ones(1, 3, dtype=torch.long)}, "config has none"),
        ({"inputs_embeds": torch.ones(1, 3, 32)}, "either input_ids or inputs_embeds"),
    ],
)
def test_arguments_that_do_not_fit_are_named(call: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny()(input_ids=torch.tensor([[5, 6, 7]]), **call)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"input_ids": torch.tensor([5, 6, 7])}, r"shape \(3,\): give rows, .* with cu_seqlens"),
        ({"input_ids": torch.ones(1, 2, 3, dtype=torch.long)}, r"shape \(1, 2, 3\): give rows"),
        ({"inputs_embeds": torch.ones(3, 32)}, r"shape \(3, 32\): give rows"),
        (
            {
                "input_ids": torch.tensor([5, 6, 7]),
                "cu_seqlens": torch.tensor([0, 3]),
                "attention_mask": torch.tensor([1, 1, 0]),
            },
            "cu_seqlens without attention_mask",
        ),
    ],
)
def test_tokens_that_are_neither_rows_nor_a_pack_are_named(
    call: dict[str, torch.Tensor], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        tiny()(**call)


@pytest.mark.parametrize("heads", [0, -4, 5])
def test_heads_that_do_not_divide_the_width_are_refused(heads: int) -> None:
    with pytest.raises(ValueError, match=f"not a multiple of num_attention_heads {heads}"):
        ErnieMConfig(hidden_size=64, num_attention_heads=heads)
