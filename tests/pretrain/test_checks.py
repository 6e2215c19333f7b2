"""What cannot be trained is refused before the first step."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from erniem.corpus.corpus import Corpus
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.recipe import Batch, Compute, Encoder, Recipe, Stage
from erniem.pretrain.run import micro_batches_each, pretrain
from erniem.tokenization import open_tokenizer
from tiny_runs import recipe_for

BTMLM = Stage(steps=2, mix={"btmlm": 1.0})
REFUSED: Mapping[str, tuple[Callable[[Recipe], Recipe], str]] = {
    "a language without text": (
        lambda recipe: replace(recipe, languages=["en", "sw"]),
        "names sw, but .* has only el, en, ru",
    ),
    "an objective without pairs": (
        lambda recipe: replace(recipe, languages=["en"]),
        "tlm gets a share of the tokens, but .* has no pairs in en",
    ),
    "an unknown argument of the Trainer": (
        lambda recipe: replace(recipe, trainer={"bf17": True}),
        "trainer.bf17: transformers' TrainingArguments has no such argument",
    ),
    "layers compiled where no compiler can follow": (
        lambda recipe: replace(
            recipe,
            compute=Compute(compile="default", pad_to_multiple_of=128),
            trainer={"use_cpu": True},
        ),
        r"compute.compile: default wants .* \(device cpu, dropout 0.1\): take compute.compile out",
    ),
    "an argument that the recipe sets": (
        lambda recipe: replace(recipe, trainer={"max_steps": 3}),
        "trainer.max_steps: the recipe sets this elsewhere",
    ),
    "micro-batches that the Trainer is to count": (
        lambda recipe: replace(recipe, trainer={"gradient_accumulation_steps": 4}),
        "trainer.gradient_accumulation_steps: the recipe sets this elsewhere",
    ),
    "a language alone that BTMLM asks in another": (
        lambda recipe: replace(
            recipe, languages=["en"], stage1=Stage(steps=2, mix={"mmlm": 1.0}), stage2=BTMLM
        ),
        "BTMLM answers in another language, and there is en alone",
    ),
    "a check-up without pairs": (
        lambda recipe: replace(
            recipe, languages=["el", "ru"], stage1=Stage(steps=2, mix={"mmlm": 1.0}), stage2=BTMLM
        ),
        "health.every is 4, but .* holds back no pairs of el, ru",
    ),
    "the Trainer's own FSDP": (
        lambda recipe: replace(recipe, trainer={"fsdp": True}),
        r"trainer\.fsdp: write `parallel: fsdp2` in the recipe instead",
    ),
    "one process to share the weights": (
        lambda recipe: replace(recipe, parallel="fsdp2"),
        "fsdp2 shares the weights out over processes, and there is one: start more",
    ),
    "a corpus that is none": (
        lambda recipe: replace(recipe, corpus=recipe.output),
        "is no corpus",
    ),
    "positions for fewer tokens than the batch holds": (
        lambda recipe: replace(recipe, batch=Batch(max_length=65)),
        "max_length is 65, but the encoder reads at most 64",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_trained_is_refused(corpus: Corpus, tmp_path: Path, case: str) -> None:
    change, message = REFUSED[case]
    with pytest.raises(ValueError, match=message):
        pretrain(change(recipe_for(corpus, tmp_path / "run")))
    assert not (tmp_path / "run" / "recipe.yaml").exists(), "the right recipe may take the place"


def test_processes_that_cannot_share_a_step_evenly_are_told_how_many_can() -> None:
    assert micro_batches_each(8, 4) == 2
    with pytest.raises(ValueError, match=r"has 8 micro-batches, which 3 .* start 1, 2, 4, 8, or"):
        micro_batches_each(8, 3)


def test_an_encoder_of_another_shape_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    start = tmp_path / "start"
    ErnieMForMaskedLM(
        ErnieMConfig(
            vocab_size=99,
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=66,
        )
    ).save_pretrained(start)
    config = json.loads((start / "config.json").read_text())
    (start / "config.json").write_text(json.dumps({**config, "intermediate_size": 48}))
    open_tokenizer(corpus.tokenizer_folder).save_pretrained(start)
    with pytest.raises(ValueError, match="linear1"):
        pretrain(recipe_for(corpus, tmp_path / "run", start=start, encoder=Encoder()))
