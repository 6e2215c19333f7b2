from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from erniem import recipes
from erniem.objectives import BTMLMSettings
from erniem.pretrain.recipe import (
    Batch,
    Checkpoints,
    Health,
    Objectives,
    Recipe,
    Stage,
    read_recipe,
)


def file(folder: Path, text: str, name: str = "recipe.yaml") -> Path:
    (folder / name).write_text(text)
    return folder / name


BASE = "corpus: corpus\noutput: run\nstage1: {steps: 3, mix: {mmlm: 1.0}}\n"


def test_a_recipe_that_was_written_reads_back_the_same(tmp_path: Path) -> None:
    recipe = Recipe(
        corpus=Path("c"),
        output=Path("o"),
        languages=["en", "sw"],
        stage1=Stage(steps=7, mix={"camlm": 1.0}, weights={"camlm": 2.0}),
        trainer={"bf16": True},
    )
    recipes.write(recipe, tmp_path / "recipe.yaml")
    assert read_recipe(tmp_path / "recipe.yaml") == recipe


def test_a_variant_states_only_what_differs(tmp_path: Path) -> None:
    variant = file(tmp_path, "stage1: {steps: 5}\nbatch: {alpha: 0.5}\n", "variant.yaml")
    recipe = read_recipe(file(tmp_path, BASE), variant)
    assert recipe.stage1 == Stage(steps=5, mix={"mmlm": 1.0})
    assert recipe.batch == replace(Batch(), alpha=0.5)


def test_a_key_on_the_command_line_is_over_all_files(tmp_path: Path) -> None:
    keys = ["stage1.steps=9", "objectives.btmlm.guess.method=sample"]
    recipe = read_recipe(file(tmp_path, BASE), overrides=keys)
    assert recipe.stage1.steps == 9
    assert recipe.objectives.btmlm.guess.method == "sample"


def test_the_mix_of_a_variant_takes_the_place_of_the_whole_mix(tmp_path: Path) -> None:
    variant = file(tmp_path, "stage1: {mix: {camlm: 1.0}}\n", "variant.yaml")
    assert read_recipe(file(tmp_path, BASE), variant).stage1.mix == {"camlm": 1.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stag1: {steps: 5}\n", "stag1"),
        ("stage1: {stepz: 5}\n", "stepz"),
        ("stage1: {steps: many}\n", "stage1.steps"),
        ("objectives: {btmlm: {guess: {method: best}}}\n", "method"),
    ],
)
def test_an_unknown_key_or_value_is_refused_with_its_name(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read_recipe(file(tmp_path, BASE), file(tmp_path, text, "variant.yaml"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stage1": Stage(steps=3, mix={"nsp": 1.0})}, "no objective 'nsp'; there are mmlm"),
        ({"stage1": Stage(steps=3, mix={"btmlm": 1.0})}, "BTMLM asks a trained encoder"),
        ({"stage1": Stage(steps=3, mix={"mmlm": -1.0})}, "stage1.mix.mmlm is -1.0"),
        ({"stage1": Stage(steps=3, mix={})}, "gives no objective a share"),
        ({"stage1": Stage(steps=0, mix={})}, "stage 1 goes on until the asking pass is healthy"),
        (
            {"stage1": Stage(steps=3, mix={"mmlm": 1.0}, weights={"tlm": 2.0})},
            "weights.tlm has no effect",
        ),
        (
            {"stage1": Stage(steps=0, mix={}), "stage2": Stage(steps=0, mix={})},
            "nothing to train",
        ),
        (
            {"batch": Batch(tokens_per_step=100, tokens_per_micro_batch=64)},
            "not a multiple of",
        ),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Recipe(corpus=Path("c"), output=Path("o"), **changes)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Batch(tokens_per_step=0), r"batch\.tokens_per_step is 0; it must be at least 1"),
        (lambda: Batch(tokens_per_micro_batch=0), r"tokens_per_micro_batch is 0"),
        (lambda: Batch(max_length=5), r"batch\.max_length is 5; it must be at least 6"),
        (lambda: Health(every=-1), r"health\.every is -1; it must be at least 0"),
        (lambda: Health(pairs=0), r"health\.pairs is 0; it must be at least 1"),
        (lambda: Checkpoints(every=0), r"checkpoints\.every is 0; it must be at least 1"),
        (lambda: Checkpoints(keep=0), r"checkpoints\.keep is 0; it must be at least 1"),
        (lambda: Checkpoints(log_every=0), r"checkpoints\.log_every is 0"),
        (lambda: BTMLMSettings(ratio=1.5), r"ratio is 1\.5; it must be above 0 and at most 1"),
    ],
)
def test_a_number_out_of_range_is_refused_by_its_name(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_odds_beyond_sense_are_refused() -> None:
    with pytest.raises(ValueError, match=r"rare_first is 2\.0"):
        Objectives(rare_first=2.0)


def test_sources_have_weights_of_their_own(tmp_path: Path) -> None:
    text = "batch: {sources: {wikipedia: 3.0, crawl: 0.5}}\n"
    recipe = read_recipe(file(tmp_path, BASE), file(tmp_path, text, "variant.yaml"))
    assert recipe.batch.sources == {"wikipedia": 3.0, "crawl": 0.5}
    with pytest.raises(ValueError, match=r"batch\.sources\.crawl is -0\.5; it cannot be negative"):
        Batch(sources={"crawl": -0.5})


def test_a_recipe_is_plain_all_the_way_down() -> None:
    def kinds(value: Any) -> set[type]:
        if isinstance(value, dict):
            return set().union(*map(kinds, value.values()), {str})
        if isinstance(value, list):
            return set().union(*map(kinds, value))
        return {type(value)}

    recipe = Recipe(corpus=Path("c"), output=Path("o"))
    assert kinds(recipes.plain(recipe)) <= {str, int, float, bool, type(None)}
