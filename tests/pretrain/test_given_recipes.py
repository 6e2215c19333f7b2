"""The recipes that come with us read as their first lines say, and a GPU can run them."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from erniem import recipes
from erniem.corpus.recipe import read_corpus_recipe
from erniem.pretrain.compute import choose_attention
from erniem.pretrain.recipe import Compute, Recipe, read_recipe
from erniem.pretrain.run import training_arguments
from erniem.recipes import described, find

ROOT = Path(__file__).parents[2]
OURS = Path(recipes.__file__).parent
GIVEN = sorted(path.stem for path in OURS.glob("*.yaml"))
COMMAND = re.compile(r"^# .*\berniem (pretrain|corpus build) ([a-z].*)$", re.MULTILINE)


def as_its_first_lines_say(name: str) -> tuple[str, list[str], list[str]]:
    """The verb, the recipes and the keys of the command in a recipe's comment."""
    commands = COMMAND.findall(find(name).read_text(encoding="utf-8"))
    named = re.compile(rf"(^| ){name}( |$|\.yaml)")
    ((verb, given),) = [one for one in commands if named.search(one[1])]
    words = shlex.split(given)
    ours = [word for word in words if "=" not in word]
    return verb, ours, [word for word in words if "=" in word]


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
    verb, ours, keys = as_its_first_lines_say(name)
    if verb == "corpus build":
        read_corpus_recipe(*ours, overrides=keys)
    else:
        check(read_recipe(*ours, overrides=keys), tmp_path)


def test_a_file_goes_before_ours_and_a_wrong_name_tells_the_right_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find("gpu") == find("gpu.yaml") == OURS / "gpu.yaml"
    Path("gpu.yaml").write_text("seed: 3")
    assert find("gpu.yaml") == Path("gpu.yaml")
    with pytest.raises(ValueError, match=r"recipe scratch: neither a file .*, from-scratch,"):
        find("scratch")
    with pytest.raises(ValueError, match=r"recipe sub/gpu.yaml: neither"):
        find("sub/gpu.yaml")
    assert [line.split()[0] for line in described()][:-1] == GIVEN


def test_the_settings_for_gpus_stand_over_a_small_encoder_too(tmp_path: Path) -> None:
    recipe = read_recipe("from-scratch", "gpu")
    assert recipe.compute == Compute(compile="default", pad_to_multiple_of=1024)
    check(recipe, tmp_path)


def test_the_settings_in_the_docs_are_legal(tmp_path: Path) -> None:
    ((block),) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "gpu.md").read_text(), re.DOTALL)
    (tmp_path / "docs.yaml").write_text(block)
    recipe = read_recipe("continue-xlm-r", tmp_path / "docs.yaml")
    assert recipe.compute.compile == "default"
    assert recipe.trainer["activation_checkpointing"] is True
    check(recipe, tmp_path)
