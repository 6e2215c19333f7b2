"""Every way to compute a step gives the plain padded computation's loss and gradients."""

import os
import subprocess
import sys
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch._dynamo.testing import CompileCounterWithBackend
from torch.nn.utils.rnn import pad_sequence
from transformers import AttentionInterface, TrainerCallback, TrainingArguments

from erniem.corpus.corpus import Corpus
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.packing import Pack, boundaries, within
from erniem.pretrain import run, trainer
from erniem.pretrain.compute import Filling, choose_attention, compile_layers, in_words
from erniem.pretrain.recipe import OBJECTIVES, Batch, Compute, Health, Optimization, Recipe, Stage
from erniem.pretrain.run import pretrain
from made_up_kernel import as_dynamo_warns, compiler, stand_in, unwatched
from tiny_runs import recipe_for


def plain_gradients(model: ErnieMForMaskedLM, batches: list[dict[str, Any]]) -> list[torch.Tensor]:
    """Rows with padding, logits everywhere, the mean over each objective's holes of the step."""
    logits, answers, objective = [], [], []
    for batch in batches:
        bounds = batch["cu_seqlens"].tolist()
        spans = [(a, b) for a, b in pairwise(bounds) if b > a]
        rows = {
            name: pad_sequence([batch[name][a:b] for a, b in spans], batch_first=True)
            for name in ("input_ids", "position_ids", "language_ids")
        }
        real = pad_sequence([torch.ones(b - a) for a, b in spans], batch_first=True).bool()
        logits.append(model(**rows, attention_mask=real.long()).logits[real][batch["holes"]])
        answers.append(batch["answers"])
        objective.append(batch["objective"])
    every, right, kind = torch.cat(logits), torch.cat(answers), torch.cat(objective)
    assert len(kind.unique()) == len(OBJECTIVES)
    loss = sum(F.cross_entropy(every[kind == one], right[kind == one]) for one in kind.unique())
    return list(torch.autograd.grad(loss, list(model.parameters())))


TRICKS: dict[str, tuple[str, Compute, dict[str, Any]]] = {
    "groups": ("sdpa", Compute(), {}),
    "filled": ("sdpa", Compute(pad_to_multiple_of=256), {}),
    "one shape": ("sdpa", Compute(pad_to_multiple_of=2048), {}),
    "checkpointing": ("sdpa", Compute(), {"activation_checkpointing": True}),
    "boundaries": ("flex_attention", Compute(pad_to_multiple_of=256), {}),
    "compiled": ("flex_attention", Compute(compile="default", pad_to_multiple_of=256), {}),
    "compiled, checkpointing": (
        "flex_attention",
        Compute(compile="reduce-overhead", pad_to_multiple_of=2048),
        {"activation_checkpointing": True},
    ),
}


@as_dynamo_warns
@pytest.mark.parametrize(
    "trick",
    [pytest.param(name, marks=[unwatched] * ("compiled" in name)) for name in TRICKS],
)
def test_every_trick_gives_the_gradients_of_the_plain_padded_computation(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trick: str
) -> None:
    attention, compute, arguments = TRICKS[trick]
    monkeypatch.setitem(AttentionInterface._global_mapping, "flex_attention", stand_in)
    monkeypatch.setattr(run, "choose_attention", lambda *_, **__: attention)
    # Of torch's compiler, all but the code for the processor.
    forms = CompileCounterWithBackend("aot_eager")
    monkeypatch.setattr(run, "compile_layers", compiler(forms))
    steps: list[list[dict[str, Any]]] = []
    plain: list[list[torch.Tensor]] = []
    samples = trainer.PretrainTrainer.get_batch_samples

    def kept(self: Any, *args: Any) -> Any:
        batches, holes = samples(self, *args)
        steps.append([dict(batch) for batch in batches])
        other = ErnieMForMaskedLM(self.network.config)
        other.load_state_dict(self.network.state_dict())
        other.set_attn_implementation("eager")
        plain.append(plain_gradients(other, batches))
        return batches, holes

    class Compare(TrainerCallback):
        def on_pre_optimizer_step(self, *args: Any, model: Any = None, **kwargs: Any) -> None:
            for weight, expected in zip(model.parameters(), plain[-1], strict=True):
                torch.testing.assert_close(weight.grad, expected, rtol=1e-5, atol=1e-6)

    monkeypatch.setattr(trainer.PretrainTrainer, "get_batch_samples", kept)
    recipe = recipe_for(
        corpus,
        tmp_path / "run",
        dropout=0.0,
        compute=compute,
        stage1=Stage(steps=0, mix={}),
        stage2=Stage(steps=2, mix=dict.fromkeys(OBJECTIVES, 0.25)),
        batch=Batch(tokens_per_step=1024, tokens_per_micro_batch=512, max_length=64),
        health=Health(every=0),
        optimization=Optimization(clip=1e9, warmup_steps=0),
        trainer={"report_to": "none", **arguments},
    )
    result = pretrain(recipe, callbacks=[Compare()])
    assert len(steps) == 2
    multiple = compute.pad_to_multiple_of or 1
    assert all(len(batch["input_ids"]) % multiple == 0 for step in steps for batch in step)
    assert (forms.frame_count > 0) == (compute.compile is not None)
    assert any("filler" in line for line in result.log) == (multiple > 1)


def pack_of(lengths: list[int]) -> Pack:
    sizes = np.array(lengths)
    return Pack(
        input_ids=np.full(sizes.sum(), 7),
        position_ids=within(sizes),
        language_ids=np.zeros(sizes.sum(), dtype=np.int64),
        cu_seqlens=boundaries(sizes),
    )


@pytest.mark.parametrize(
    ("lengths", "tokens"),
    [([128], 128), ([129], 256), ([3] * 16, 256), ([3] * 14, 128), ([60] * 10, 640)],
)
def test_a_filled_pack_has_one_of_few_shapes_and_all_its_tokens(
    lengths: list[int], tokens: int
) -> None:
    filled = Filling(multiple=128, longest=50, pad=1).fill(pack_of(lengths))
    assert (len(filled.input_ids), len(filled)) == (tokens, tokens // 8)
    assert filled.lengths[: len(lengths)].tolist() == lengths
    assert filled.lengths[len(lengths) :].max(initial=0) <= 50
    assert (filled.input_ids == 7).sum() == sum(lengths)
    assert filled.cu_seqlens[-1] == len(filled.position_ids) == len(filled.language_ids) == tokens


@unwatched
@as_dynamo_warns
@pytest.mark.parametrize("kernel", ["stand-in", "flex_attention itself, forward"])
def test_layers_are_compiled_once_for_each_shape(
    monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    forward_alone = kernel != "stand-in"
    if not forward_alone:
        monkeypatch.setitem(AttentionInterface._global_mapping, "flex_attention", stand_in)
    torch.compiler.reset()
    config = ErnieMConfig(
        vocab_size=60,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
    )
    plain = ErnieMForMaskedLM(ErnieMConfig(**config.to_dict())).eval()
    model = ErnieMForMaskedLM(config).train(not forward_alone)
    model.load_state_dict(plain.state_dict())
    model.set_attn_implementation("flex_attention")
    forms = CompileCounterWithBackend("eager")
    compile_layers(model, Compute(compile="default", pad_to_multiple_of=128), forms)
    filling = Filling(multiple=128, longest=50, pad=1)
    dice = np.random.default_rng(1)
    shapes = set()
    for _ in range(12):
        pack = filling.fill(pack_of(dice.integers(3, 50, size=dice.integers(2, 12)).tolist()))
        shapes.add(len(pack.input_ids))
        inputs = {
            "input_ids": torch.from_numpy(pack.input_ids),
            "cu_seqlens": torch.from_numpy(pack.cu_seqlens),
            "holes": torch.arange(9),
        }
        with torch.set_grad_enabled(not forward_alone):
            logits = model(**inputs).logits
        if forward_alone:
            torch.testing.assert_close(logits, plain(**inputs).logits, rtol=1e-5, atol=1e-6)
    assert forms.frame_count == len(shapes) > 1


CUDA, CPU = {"device": "cuda", "dropout": 0.0}, {"device": "cpu", "dropout": 0.0}


@pytest.mark.parametrize(
    ("where", "half", "flash", "chosen"),
    [
        (CPU, True, False, "sdpa"),
        (CUDA, True, True, "flash_attention_2"),
        (CUDA, False, True, "flex_attention"),
        (CUDA, True, False, "flex_attention"),
        ({"device": "cuda", "dropout": 0.1}, True, False, "sdpa"),
        ({"device": "cuda", "dropout": 0.1}, True, True, "flash_attention_2"),
    ],
)
def test_attention_is_chosen_by_what_is_there(
    where: dict[str, Any], half: bool, flash: bool, chosen: str
) -> None:
    assert choose_attention(Compute(), half=half, flash=flash, **where) == chosen


@pytest.mark.parametrize(
    ("asked", "where", "half", "flash", "message"),
    [
        ("flash_attention_2", CPU, True, False, "wants an NVIDIA GPU and the package flash-attn"),
        ("flash_attention_2", CUDA, False, True, "half precision alone: set trainer.bf16"),
        ("flex_attention", CPU, True, False, "no backward pass on a CPU"),
        ("flex_attention", {"device": "cuda", "dropout": 0.1}, True, False, "knows no dropout"),
    ],
)
def test_attention_that_cannot_run_is_refused(
    asked: Any, where: dict[str, Any], half: bool, flash: bool, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        choose_attention(Compute(attention=asked), half=half, flash=flash, **where)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (CPU, r"neither runs here \(device cpu, dropout 0\): take compute.compile out"),
        ({"device": "cuda", "dropout": 0.1}, r"dropout 0.1\): set dropout: 0, or take compute"),
    ],
)
def test_a_compiler_that_can_follow_no_layer_here_is_refused(
    where: dict[str, Any], message: str
) -> None:
    compute = Compute(compile="default", pad_to_multiple_of=128)
    with pytest.raises(ValueError, match=message):
        choose_attention(compute, half=True, flash=False, **where)


def test_a_run_says_how_it_computes() -> None:
    assert in_words(Compute(attention="sdpa")) == (
        "attention sdpa · layers not compiled · packs not filled"
    )
    compute = Compute(attention="flex_attention", compile="default", pad_to_multiple_of=1024)
    assert in_words(compute) == (
        "attention flex_attention · layers compiled (default) · "
        "packs filled to multiples of 1,024 tokens"
    )


OWN_COMPILER = [one.name for one in fields(TrainingArguments) if "compile" in one.name]


@pytest.mark.parametrize("name", OWN_COMPILER)
def test_the_trainers_own_compiler_is_refused_and_ours_named(name: str) -> None:
    recipe = Recipe(corpus=Path("c"), output=Path("o"), trainer={name: "default"})
    with pytest.raises(ValueError, match=rf"trainer\.{name}: write `compute\.compile`"):
        run.training_arguments(recipe)
    assert len(OWN_COMPILER) == 3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pad_to_multiple_of": 100}, "must be a multiple of 128"),
        ({"compile": "default"}, "would compile every pack anew"),
        (
            {"compile": "default", "pad_to_multiple_of": 128, "attention": "sdpa"},
            "shapes never come again",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Compute(**settings)


def test_the_launchers_compiler_is_refused_and_ours_named(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(corpus=Path("c"), output=Path("o"))
    monkeypatch.setenv("ACCELERATE_DYNAMO_BACKEND", "INDUCTOR")
    with pytest.raises(ValueError, match=r"by INDUCTOR .* write `compute\.compile` in the recipe"):
        run.training_arguments(recipe)
    monkeypatch.setenv("ACCELERATE_DYNAMO_BACKEND", "NO")  # as the launcher sets it otherwise
    run.training_arguments(recipe)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_compiled_layers_agree_in_a_process_whose_types_nobody_watches() -> None:
    plugin = ["--noconftest", "-p", "pretrain.conftest"]
    chosen = [
        __file__,
        str(Path(__file__).with_name("test_asking.py")),
        "-k",
        "compiled and not agree",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugin, *chosen],
        env={**os.environ, "UNWATCHED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "5 passed" in done.stdout, done.stdout
