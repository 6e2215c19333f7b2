"""The recipes that come with us read as their first lines say, and a GPU can run them."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from erniem.corpus.recipe import read_corpus_recipe
from erniem.pretrain.compute import choose_attention
from erniem.pretrain.recipe import Compute, Recipe, read_recipe
from erniem.pretrain.run import training_arguments

ROOT = Path(__file__).parents[2]
GIVEN = sorted(path.name for path in (ROOT / "recipes").glob("*.yaml"))
COMMAND = re.compile(r"^# .*\berniem (pretrain|corpus build) (recipes/.*)$", re.MULTILINE)


def as_its_first_lines_say(name: str) -> tuple[str, list[Path], list[str]]:
    """The verb, the files and the keys of the command in a recipe's comment."""
    text = (ROOT / "recipes" / name).read_text(encoding="utf-8")
    ((verb, given),) = COMMAND.findall(text)
    words = shlex.split(given)
    assert f"recipes/{name}" in words
    files = [ROOT / word for word in words if word.endswith(".yaml")]
    return verb, files, [word for word in words if not word.endswith(".yaml")]


def check(recipe: Recipe, output: Path) -> None:
    """What is refused before a run reads its corpus, and the kernels of a GPU."""
    trainer = {**recipe.trainer, "use_cpu": True}
    arguments = training_arguments(replace(recipe, output=output, trainer=trainer))
    half = arguments.bf16 or arguments.fp16
    for flash in (True, False):
        where = {"device": "cuda", "half": half, "dropout": recipe.dropout, "flash": flash}
        assert choose_attention(recipe.compute, **where) != "sdpa"
    shape = recipe.encoder
    assert recipe.batch.max_length <= shape.max_position_embeddings - 2
    assert shape.hidden_size % shape.num_attention_heads == 0


@pytest.mark.parametrize("name", GIVEN)
def test_a_given_recipe_reads_as_its_first_lines_say(name: str, tmp_path: Path) -> None:
    verb, files, keys = as_its_first_lines_say(name)
    if verb == "corpus build":
        read_corpus_recipe(*files, overrides=keys)
    else:
        check(read_recipe(*files, overrides=keys), tmp_path)


def test_the_settings_for_gpus_stand_over_a_small_encoder_too(tmp_path: Path) -> None:
    recipe = read_recipe(*(ROOT / "recipes" / name for name in ("from-scratch.yaml", "gpu.yaml")))
    assert recipe.compute == Compute(compile="default", pad_to_multiple_of=1024)
    check(recipe, tmp_path)


def test_the_settings_in_the_docs_are_legal(tmp_path: Path) -> None:
    ((block),) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "gpu.md").read_text(), re.DOTALL)
    (tmp_path / "docs.yaml").write_text(block)
    recipe = read_recipe(ROOT / "recipes" / "continue-xlm-r.yaml", tmp_path / "docs.yaml")
    assert recipe.compute.compile == "default"
    assert recipe.trainer["activation_checkpointing"] is True
    check(recipe, tmp_path)
