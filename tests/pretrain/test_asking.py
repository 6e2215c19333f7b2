"""Whatever the asking pass is computed with, it gives the same guesses."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounterWithBackend
from transformers import AttentionInterface

from erniem.corpus.corpus import Corpus
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.objectives import Ask, BTMLMSettings, GuessSettings, PlaceholderSettings, ask
from erniem.packing import Sentences, SpecialIds
from erniem.pretrain import run, trainer
from erniem.pretrain.asking import Asking
from erniem.pretrain.compute import Filling
from erniem.pretrain.recipe import Compute, Health, Objectives, Optimization, Stage
from erniem.pretrain.run import pretrain
from made_up_kernel import UNWATCHED, as_dynamo_warns, compiler, half_alone, stand_in
from tiny_runs import OPEN, recipe_for

VOCABULARY = 90
SPECIAL = SpecialIds(cls=0, pad=1, sep=2, unk=3, mask=4, vocabulary_size=VOCABULARY)


@pytest.fixture(scope="module")
def question() -> Ask:
    """Forty sentences of 1 to 29 pieces."""
    dice = np.random.default_rng(1)
    lengths = dice.integers(1, 30, size=40)
    pieces = [dice.choice(SPECIAL.ordinary, size=length).tolist() for length in lengths]
    sentences = Sentences.of(pieces, [1] * 40)
    return ask(sentences, np.full(40, 2), 0.75, PlaceholderSettings(), SPECIAL)


@pytest.fixture(scope="module")
def network() -> ErnieMForMaskedLM:
    """An encoder whose guesses depend on all that it reads."""
    torch.manual_seed(1)
    config = ErnieMConfig(
        vocab_size=VOCABULARY,
        languages=["en", "el"],
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=66,
        initializer_range=0.5,
    )
    return ErnieMForMaskedLM(config)


@pytest.mark.parametrize("method", ["argmax", "sample", "corrected", "confident_first"])
def test_filled_questions_get_the_guesses_of_questions_as_they_are(
    question: Ask, network: ErnieMForMaskedLM, monkeypatch: pytest.MonkeyPatch, method: Any
) -> None:
    monkeypatch.setitem(AttentionInterface._global_mapping, "flex_attention", stand_in)
    settings = Objectives(btmlm=BTMLMSettings(guess=GuessSettings(method=method)))
    counts = np.random.default_rng(2).integers(0, 99, size=(3, VOCABULARY))
    shapes: list[tuple[int, int]] = []
    watch = network.register_forward_pre_hook(
        lambda _, __, inputs: shapes.append((len(inputs["input_ids"]), len(inputs["cu_seqlens"]))),
        with_kwargs=True,
    )

    def guesses(attention: str, multiple: int | None) -> Any:
        network.set_attn_implementation(attention)
        filling = multiple and Filling(multiple=multiple, longest=50, pad=SPECIAL.pad)
        return Asking(settings, SPECIAL, counts, 7, filling or None).answer(network, question, 3)

    plain = guesses("sdpa", None)
    assert len(np.unique(plain)) > 10
    assert shapes.pop()[0] == len(question.pack.input_ids), "nothing was filled"
    shapes.clear()
    for attention, multiple in (("sdpa", 128), ("flex_attention", 128), ("flex_attention", 2048)):
        assert np.array_equal(guesses(attention, multiple), plain)
    watch.remove()
    assert {tokens % 128 for tokens, _ in shapes} == {0}
    assert {bounds - tokens // 8 for tokens, bounds in shapes} == {1}


@contextmanager
def compiling() -> Iterator[None]:
    """Where types are watched, what was compiled runs as it was written."""
    if UNWATCHED:
        yield
    else:
        with torch.compiler.set_stance("force_eager"):
            yield


def is_compiled(model: ErnieMForMaskedLM) -> bool:
    return all(layer._compiled_call_impl is not None for layer in model.ernie_m.encoder.layers)


FROZEN = Objectives(btmlm=BTMLMSettings(asker="frozen"))


@as_dynamo_warns
def test_a_frozen_asker_is_compiled_and_guesses_as_one_that_is_not(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AttentionInterface._global_mapping, "flex_attention", stand_in)
    monkeypatch.setattr(run, "choose_attention", lambda *_, **__: "flex_attention")
    forms = CompileCounterWithBackend("aot_eager")
    for module in (run, trainer):
        monkeypatch.setattr(module, "compile_layers", compiler(forms))
    askers: list[Any] = []
    answer = Asking.answer

    def compared(self: Asking, asker: Any, question: Ask, number: int) -> Any:
        given = answer(self, asker, question, number)
        askers.append(asker)
        plain = ErnieMForMaskedLM.from_pretrained(tmp_path / "run" / "stage1")
        unfilled = Asking(FROZEN, self.special, corpus.piece_counts, self.seed)
        assert np.array_equal(given, answer(unfilled, plain, question, number))
        assert (forms.frame_count > 0) == UNWATCHED
        return given

    monkeypatch.setattr(Asking, "answer", compared)
    recipe = recipe_for(
        corpus,
        tmp_path / "run",
        compute=Compute(compile="default", pad_to_multiple_of=256),
        objectives=FROZEN,
        stage1=Stage(steps=0, mix={}),
        stage2=Stage(steps=2, mix={"camlm": 0.5, "btmlm": 0.5}),
        optimization=Optimization(learning_rate=0.1, warmup_steps=0),
        health=Health(every=0),
    )
    with compiling():
        pretrain(recipe)
    assert len(askers) == recipe.steps * recipe.micro_batches
    assert all(map(is_compiled, askers))
    assert all(asker.config._attn_implementation == "flex_attention" for asker in askers)


def test_a_frozen_asker_answers_in_the_half_precision_of_the_run(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(AttentionInterface._global_mapping, "flex_attention", half_alone)
    monkeypatch.setattr(run, "choose_attention", lambda *_, **__: "flex_attention")
    recipe = recipe_for(
        corpus,
        tmp_path / "run",
        objectives=FROZEN,
        stage1=Stage(steps=1, mix={"mmlm": 1.0}),
        stage2=Stage(steps=2, mix={"btmlm": 1.0}),
        health=Health(every=1, pairs=2, opening=OPEN),
        trainer={"report_to": "none", "bf16": True},
    )
    assert any("loss/btmlm" in line for line in pretrain(recipe).log)
