"""One contract for all heads, and what each adds."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel

HEADS: list[type[Any]] = [
    ErnieMModel,
    heads.ErnieMForMaskedLM,
    heads.ErnieMForSequenceClassification,
    heads.ErnieMForTokenClassification,
    heads.ErnieMForQuestionAnswering,
    heads.ErnieMForInformationExtraction,
    heads.ErnieMForMultipleChoice,
]
OF_ROWS = HEADS[:-1]  # multiple choice reads (B, C, L)
BOTH_ENDS = (heads.ErnieMForQuestionAnswering, heads.ErnieMForInformationExtraction)
each_head = pytest.mark.parametrize("kind", HEADS, ids=lambda kind: kind.__name__)
each_of_rows = pytest.mark.parametrize("kind", OF_ROWS, ids=lambda kind: kind.__name__)


def tiny(kind: type[Any], **changes: object) -> Any:
    torch.manual_seed(0)
    shape = {
        "vocab_size": 60,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "num_labels": 3,
    }
    return kind(ErnieMConfig(**{**shape, **changes})).eval()


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    """Four rows: full, right-padded, left-padded, all padding."""
    ids = torch.randint(5, 60, (4, 7), generator=torch.Generator().manual_seed(1))
    return ids, torch.tensor([[1] * 7, [1] * 4 + [0] * 3, [0] * 2 + [1] * 5, [0] * 7])


def call(model: Any, kind: type[Any] | None = None, **more: object) -> Any:
    """The four rows through any head, however wrapped."""
    ids, mask = rows()
    if (kind or type(model)) is heads.ErnieMForMultipleChoice:
        ids, mask = ids.view(2, 2, 7), mask.view(2, 2, 7)
    return model(input_ids=ids, attention_mask=mask, **more)


def labels(kind: type[Any]) -> dict[str, torch.Tensor]:
    """What each head is taught."""
    ids, mask = rows()
    if kind is heads.ErnieMForQuestionAnswering:
        return {
            "start_positions": torch.tensor([1, 0, 3, 9]),
            "end_positions": torch.tensor([2] * 4),
        }
    if kind is heads.ErnieMForInformationExtraction:
        first = torch.zeros(4, 7)
        first[:, 2] = 1
        return {"start_positions": first, "end_positions": first.roll(1, 1)}
    if kind is heads.ErnieMForMaskedLM:
        return {"labels": ids.masked_fill(mask == 0, -100)}
    if kind is heads.ErnieMForTokenClassification:
        return {"labels": (ids % 3).masked_fill(mask == 0, -100)}
    return {"labels": torch.tensor([0, 1, 2, 1] if kind is not HEADS[-1] else [0, 1])}


@each_of_rows
@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_a_pack_gives_what_its_rows_give(kind: type[Any], implementation: str) -> None:
    model = tiny(kind)
    model.set_attn_implementation(implementation)
    ids, mask = rows()
    bounds = torch.nn.functional.pad(mask.sum(1).cumsum(0), (1, 0))
    padded = model(input_ids=ids, attention_mask=mask)
    packed = model(input_ids=ids[mask.bool()], cu_seqlens=bounds)
    for one, other in zip(padded.to_tuple(), packed.to_tuple(), strict=True):
        by_sequence = one.shape[:1] == other.shape[:1]
        assert torch.allclose(one if by_sequence else one[mask.bool()], other, atol=1e-5)


COMPILED = """
import sys
import torch
sys.path[:0] = [{folder!r}]
from test_heads import HEADS, call, tiny

for kind in HEADS:
    torch.compiler.reset()
    model = tiny(kind)
    expected = call(model).to_tuple()
    for implementation in ("sdpa", "eager"):
        model.set_attn_implementation(implementation)
        compiled = torch.compile(model, fullgraph=True, backend={backend!r}, dynamic={dynamic})
        for one, other in zip(expected, call(compiled, kind).to_tuple(), strict=True):
            assert torch.allclose(one, other, atol=1e-5), (kind, implementation)
    print(kind.__name__)
"""


@pytest.mark.parametrize(
    ("backend", "dynamic"),
    [("eager", None), pytest.param("inductor", True, marks=pytest.mark.slow)],
)
def test_compiled_calls_are_one_graph_and_give_the_same(backend: str, dynamic: bool) -> None:
    """Left padding and rows of padding alone too; in a process whose types nobody watches."""
    script = COMPILED.format(folder=str(Path(__file__).parent), backend=backend, dynamic=dynamic)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [kind.__name__ for kind in HEADS]


@each_head
def test_saved_and_loaded_gives_the_same_to_the_bit(kind: type[Any], tmp_path: Path) -> None:
    model = tiny(kind)
    model.save_pretrained(tmp_path)
    loaded, info = kind.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values())
    for one, other in zip(call(model).to_tuple(), call(loaded.eval()).to_tuple(), strict=True):
        assert torch.equal(one, other)


OLD_NAMES = {
    "q_proj": "self_attn.q_proj",
    "k_proj": "self_attn.k_proj",
    "v_proj": "self_attn.v_proj",
}


@each_head
@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_folders_of_transformers_4_load_and_are_saved_under_our_names(
    kind: type[Any], file: str, tmp_path: Path
) -> None:
    """Attention's projections were named twice over, and a buffer of positions was saved."""
    model = tiny(kind)
    model.save_pretrained(tmp_path)
    ours = load_file(tmp_path / "model.safetensors")
    prefix = "" if kind is ErnieMModel else "ernie_m."
    old = {f"{prefix}embeddings.position_ids": torch.arange(514)[None]}
    for name, value in ours.items():
        for new, twice in OLD_NAMES.items():
            name = name.replace(f".{new}.", f".{twice}.")
        old[name] = value
    assert any(".self_attn.self_attn.q_proj." in name for name in old)
    (tmp_path / "model.safetensors").unlink()
    if file.endswith(".bin"):
        torch.save(old, tmp_path / file)
    else:
        save_file(old, tmp_path / file, metadata={"format": "pt"})
    loaded, info = kind.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(info.values())
    for name, value in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
    loaded.save_pretrained(tmp_path / "again")
    assert load_file(tmp_path / "again" / "model.safetensors").keys() == ours.keys()


def test_an_encoder_loads_from_a_heads_folder_and_a_head_from_an_encoders(tmp_path: Path) -> None:
    whole = tiny(heads.ErnieMForSequenceClassification)
    whole.save_pretrained(tmp_path / "whole")
    encoder = AutoModel.from_pretrained(tmp_path / "whole")
    assert torch.equal(call(encoder).pooler_output, call(whole.ernie_m).pooler_output)
    encoder.save_pretrained(tmp_path / "encoder")
    again = heads.ErnieMForSequenceClassification.from_pretrained(tmp_path / "encoder")
    assert torch.equal(call(again.ernie_m.eval())[0], call(encoder)[0])


@pytest.mark.parametrize("kind", HEADS[1:], ids=lambda kind: kind.__name__)
def test_a_head_learns_its_labels(kind: type[Any]) -> None:
    model = tiny(kind)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(30):
        loss = call(model, **labels(kind)).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_a_classifiers_loss_follows_its_problem() -> None:
    model = tiny(heads.ErnieMForSequenceClassification)
    logits = call(model).logits
    many = torch.tensor([[1.0, 0, 1]] * 4)
    loss = call(model, labels=many).loss
    assert torch.allclose(
        loss, torch.nn.functional.binary_cross_entropy_with_logits(logits, many), atol=1e-6
    )
    assert model.config.problem_type == "multi_label_classification"


def test_an_answer_outside_the_row_counts_for_nothing() -> None:
    model = tiny(heads.ErnieMForQuestionAnswering)
    places = torch.tensor([1, 9, 9, 9])
    some = call(model, start_positions=places, end_positions=places).loss
    first = call(model)
    alone = torch.nn.functional.cross_entropy(first.start_logits[:1], torch.tensor([1]))
    other = torch.nn.functional.cross_entropy(first.end_logits[:1], torch.tensor([1]))
    assert torch.allclose(some, (alone + other) / 2)


def test_choices_must_be_rows_of_choices() -> None:
    with pytest.raises(ValueError, match=r"as \(rows, choices, length\): the tokens are \(4, 7\)"):
        tiny(heads.ErnieMForMultipleChoice)(input_ids=rows()[0])


@each_head
def test_bfloat16_is_near_float32(kind: type[Any]) -> None:
    model = tiny(kind)
    expected = call(model).to_tuple()
    for one, other in zip(expected, call(model.bfloat16()).to_tuple(), strict=True):
        assert other.dtype == torch.bfloat16
        assert torch.allclose(one, other.float(), atol=0.1)


@each_head
def test_attention_weights_are_given_row_by_row(kind: type[Any]) -> None:
    model = tiny(kind)
    with pytest.raises(
        ValueError, match="attn_implementation='eager' alone: this model's is 'sdpa'"
    ):
        call(model, output_attentions=True)
    plain = call(model).to_tuple()
    model.set_attn_implementation("eager")
    outputs = call(model, output_attentions=True)
    assert [tuple(one.shape) for one in outputs.attentions] == [(4, 2, 7, 7)] * 2
    _, mask = rows()
    weights = outputs.attentions[1][:3]
    assert torch.allclose(weights.sum(-1), torch.ones(3, 2, 7), atol=1e-5)
    assert not weights.masked_select(~mask[:3, None, None].bool()).any()
    for one, other in zip(plain, outputs.to_tuple(), strict=False):
        assert torch.allclose(one, other, atol=1e-5)


@each_head
def test_more_pieces_keep_the_old_ones(kind: type[Any]) -> None:
    model = tiny(kind)
    before = call(model).to_tuple()
    model.resize_token_embeddings(64)
    assert model.config.vocab_size == 64
    for one, other in zip(before, call(model).to_tuple(), strict=True):
        assert torch.equal(one, other[..., : one.shape[-1]])
    if kind is heads.ErnieMForMaskedLM:
        assert call(model).logits.shape[-1] == 64
        assert model.lm_head.decoder.weight is model.get_input_embeddings().weight


@each_head
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")  # peft reads it
def test_lora_trains_its_own_weights_alone(kind: type[Any]) -> None:
    model = get_peft_model(
        tiny(kind), LoraConfig(r=2, target_modules=["q_proj", "v_proj"], lora_alpha=4)
    )
    output = call(model, kind, **(labels(kind) if kind is not ErnieMModel else {}))
    output[0].sum().backward()
    trained = {name for name, one in model.named_parameters() if one.grad is not None}
    assert trained
    assert all("lora_" in name for name in trained)


@each_head
def test_gradient_checkpointing_gives_the_same_gradients(kind: type[Any]) -> None:
    gradients = []
    for checkpointing in (False, True):
        model = tiny(kind, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0).train()
        if checkpointing:
            model.activation_checkpointing_enable()
        call(model)[0].square().sum().backward()
        encoder = getattr(model, "ernie_m", model)
        gradients.append(encoder.encoder.layers[0].linear1.weight.grad)
    assert torch.allclose(*gradients, atol=1e-6)


@pytest.mark.parametrize(
    ("ids", "named"), [([[5, 60]], r"input_ids run from 5 to 60, .* 60 rows"), ([[-1]], "from -1")]
)
def test_ids_out_of_range_are_named(ids: list[list[int]], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        tiny(ErnieMModel)(input_ids=torch.tensor(ids))


def test_positions_out_of_range_are_named() -> None:
    with pytest.raises(ValueError, match="positions, after two rows run from 514 to 514"):
        tiny(ErnieMModel)(torch.tensor([[5]]), position_ids=torch.tensor([[512]]))


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (heads.ErnieMForQuestionAnswering, "start_positions are places in rows"),
        (heads.ErnieMForMultipleChoice, "choices have no packed form"),
    ],
)
def test_what_a_pack_cannot_be_asked_is_named(kind: type[Any], named: str) -> None:
    place = torch.tensor([1])
    asked = {"start_positions": place, "end_positions": place}
    given = asked if kind is heads.ErnieMForQuestionAnswering else {}
    with pytest.raises(ValueError, match=named):
        tiny(kind)(torch.tensor([5, 6, 7]), cu_seqlens=torch.tensor([0, 3]), **given)
