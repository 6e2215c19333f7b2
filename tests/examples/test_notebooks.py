"""Notebooks run from top to bottom, on what a short quickstart leaves."""

from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from erniem import quickstart as module
from erniem.corpus.corpus import Corpus
from erniem.pretrain.recipe import Encoder, Recipe, Stage
from erniem.quickstart import quickstart
from invented import CYRILLIC, GREEK, invented

EXAMPLES = Path(__file__).parents[2] / "examples"
whole = module.recipe_for


def short(corpus: Corpus, output: Path) -> Recipe:
    """The quickstart in four steps of a tiny encoder."""
    tiny = Encoder(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=98,
    )
    stages = {
        "stage1": Stage(steps=4, mix={"tlm": 0.5, "camlm": 0.5}),
        "stage2": Stage(steps=0, mix={}),
    }
    return replace(whole(corpus, output), encoder=tiny, trainer={"report_to": "none"}, **stages)


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    text, output = tmp_path / "text", tmp_path / "run"
    text.mkdir()
    for code, script in (("el", GREEK), ("ru", CYRILLIC)):
        rows = [f"{line}\t{line.translate(script)}\n" for line in invented(300)]
        (text / f"en-{code}.tsv").write_text("".join(rows), encoding="utf-8")
    monkeypatch.setattr(module, "recipe_for", short)
    quickstart(text, output=output)
    return output / "pretraining" / "final"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.ipynb")))
def test_a_notebook_runs_from_top_to_bottom(
    name: str, encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERNIEM_MODEL", str(encoder))
    book = nbformat.read(EXAMPLES / name, as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "outputs are not kept in the file"
    NotebookClient(book, timeout=100, kernel_name="python3").execute()
    assert all(cell.execution_count for cell in book.cells if cell.cell_type == "code")
