from pathlib import Path

import pytest

from erniem.finetune.settings import RECIPES, TRAINED_AS, Settings, read_settings
from erniem.tasks.catalogue import TASKS


def test_the_published_settings_of_ernie_m() -> None:
    """Ouyang et al., 2021, appendix."""
    base, large = (read_settings(f"ernie-m-{size}", "squad") for size in ("base", "large"))
    assert (base.learning_rate, base.layer_decay, base.epochs) == (3e-4, 0.8, 2)
    assert (large.learning_rate, large.layer_decay, large.epochs) == (8e-5, 0.9, 2)
    assert (base.max_length, base.stride, base.batch_size) == (384, 128, 32)
    xnli = read_settings("ernie-m-base", "xnli")
    assert (xnli.learning_rate, xnli.epochs, xnli.max_length, xnli.layer_decay) == (
        5e-5,
        5,
        256,
        0.8,
    )
    conll = read_settings("ernie-m-large-all", "conll")
    assert (conll.learning_rate, conll.weight_decay, conll.layer_decay) == (2e-4, 0.01, 0.9)
    every = read_settings("ernie-m-large-all", "xnli")
    assert (every.batch_size, every.epochs) == (128, 1)
    assert {one.adam_epsilon for one in (base, large, xnli, conll)} == {1e-6}


def test_xtremes_own_settings() -> None:
    answers = read_settings("xtreme-baseline", "tydiqa")
    assert (answers.learning_rate, answers.epochs, answers.warmup) == (3e-5, 3, 500)
    assert (answers.max_length, answers.weight_decay) == (384, 1e-4)
    assert read_settings("xtreme-baseline", "panx").epochs == 10
    assert read_settings("xtreme-baseline", "pawsx").epochs == 5


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_can_be_read_for_every_task(recipe: str) -> None:
    for name in {task.training.name for task in TASKS.values()}:
        assert read_settings(recipe, name).batch_size in (8, 32, 64, 128)


def test_a_recipe_of_your_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("all: {learning_rate: 2e-5, epochs: 1}\nxnli: {epochs: 2.5, patience: 3}\n")
    assert read_settings(path, "xnli") == Settings(learning_rate=2e-5, epochs=2.5, patience=3)
    assert read_settings(path, "udpos") == Settings(learning_rate=2e-5, epochs=1.0)


def test_the_command_line_has_the_last_word() -> None:
    given = ["batch_size=8", "xnli.bf16=true", "udpos.epochs=9"]
    found = read_settings("quick", "xnli", given, everywhere=True)
    assert (found.batch_size, found.bf16, found.epochs) == (8, True, 3)
    with pytest.raises(ValueError, match=r"udpos\.epochs=9.*this is xnli"):
        read_settings("quick", "xnli", given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("learning_rat=1", "no setting 'learning_rat'; there are learning_rate"),
        ("epochs=many", "epochs is 'many'; give a number"),
        ("batch_size=8.5", "batch_size is 8.5; give int"),
        ("batch_size=true", "batch_size is True; give int"),
        ("bf16=1", "bf16 is 1; give true or false"),
        ("epochs=0", "epochs is 0.0: give more than 0"),
        ("layer_decay=1.5", "layer_decay is 1.5"),
        ("rows_at_once=5", "rows_at_once is 5, which does not divide batch_size 32"),
        ("rows_at_once=0", "rows_at_once is 0: give at least 1"),
        ("patience=0", "patience is 0: give at least 1"),
        ("max_length=4", "max_length is 4"),
        ("batch_size=.inf", "batch_size is inf; give a number"),
        ("epochs=[", r"'epochs=\[' has no value that can be read"),
        ("epochs", "'epochs' is no setting: write key=value"),
    ],
)
def test_a_mistake_names_the_setting(given: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_settings("quick", "xnli", [given])


def test_settings_that_nothing_would_read_are_refused(tmp_path: Path) -> None:
    shared = {task.name: task.training.name for task in TASKS.values() if task.trained_on}
    assert shared == TRAINED_AS
    with pytest.raises(ValueError, match="mlqa, which is trained as squad"):
        read_settings("quick", "squad", ["mlqa.epochs=1"], everywhere=True)
    path = tmp_path / "mine.yaml"
    path.write_text("xquad: {epochs: 3}\n")
    with pytest.raises(ValueError, match=r"mine\.yaml has settings of xquad"):
        read_settings(path, "squad")


def test_a_recipe_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a file nor one of ernie-m-base"):
        read_settings("quck", "xnli")
    path = tmp_path / "mine.yaml"
    path.write_text("epochs: 3\n")
    with pytest.raises(ValueError, match=r"mine\.yaml must hold settings under `all`"):
        read_settings(path, "xnli")
