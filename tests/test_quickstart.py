import io
import json
import shutil
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from erniem import quickstart as module
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.pretrain.recipe import Checkpoints, Encoder, Health, Opening, Recipe, Stage
from erniem.quickstart import quickstart
from erniem.report.quickstart import Results
from invented import CYRILLIC, GREEK, invented

recipe_of_the_quickstart = module.recipe_for


@dataclass(frozen=True, kw_only=True)
class Run:
    output: Path
    results: Results
    shown: str


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("text")
    for code, script in (("el", GREEK), ("ru", CYRILLIC)):
        rows = [f"{line}\t{line.translate(script)}" for line in invented(300)]
        long = " ".join(invented(20, seed=4))
        (folder / f"en-{code}.tsv").write_text(
            "\n".join([*rows, f"{long}\t{long.translate(script)}"])
        )
    return folder


@pytest.fixture(scope="module")
def finished(text: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run from text to report, for all who only look at it."""
    output = tmp_path_factory.mktemp("finished") / "run"
    shown = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(shown):
        patch.setattr(module, "recipe_for", short)
        results = quickstart(text, output=output)
    return Run(output=output, results=results, shown=shown.getvalue())


@pytest.fixture
def begun(finished: Run, tmp_path: Path) -> Path:
    """A run whose corpus is built, and no more."""
    shutil.copytree(finished.output / "corpus", tmp_path / "run" / "corpus")
    return tmp_path / "run"


def short(corpus: Corpus, output: Path) -> Recipe:
    """The quickstart's recipe in eight steps of a tiny encoder."""
    return replace(
        recipe_of_the_quickstart(corpus, output),
        encoder=Encoder(
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=98,
        ),
        stage1=Stage(steps=5, mix={"mmlm": 0.3, "tlm": 0.3, "camlm": 0.4}),
        stage2=Stage(steps=3, mix={"camlm": 0.5, "btmlm": 0.5}),
        health=Health(
            every=5, pairs=5, opening=Opening(distinct=0.0, content=0.0, found_content=0.0)
        ),
        checkpoints=Checkpoints(every=4, log_every=1, keep=1),
        trainer={"report_to": "none"},
    )


def never_opening(corpus: Corpus, output: Path) -> Recipe:
    shut = Opening(distinct=0.0, content=0.0, found_content=1.1)
    return replace(short(corpus, output), health=Health(every=5, pairs=5, opening=shut))


def test_text_goes_in_and_a_report_with_a_line_for_each_language_comes_out(finished: Run) -> None:
    output, results = finished.output, finished.results
    lines = [line for line in finished.shown.splitlines() if line.startswith(("Greek", "Russian"))]
    assert len(lines) == 2
    assert all(line.count("%") == 3 for line in lines)
    assert finished.shown.endswith(f"report: {output / 'report.html'}\n")
    assert "<html" in (output / "report.html").read_text()
    assert Results.from_json((output / "results.json").read_text()) == results
    assert results.checkpoints == ("untrained", "stage 1", "stage 2")
    assert set(results.between["stage 2"]) == {"en-el", "en-ru", "el-ru"}
    by_code = {language.code: language for language in results.languages}
    assert by_code["el"].pairs == 271  # a tenth of 301 is held out
    assert by_code["en"].pairs == 542
    assert by_code["el"].held_out == 30
    assert by_code["el"].tokens > 0
    assert results.sources[0].segments == 542
    assert any(note.startswith("2 pairs have a side that is too long") for note in results.notes)
    assert json.loads((output / "results.json").read_text())["versions"]["torch"]


def test_what_is_done_already_is_not_done_again(
    text: Path, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "recipe_for", short)
    manifest = finished.output / "corpus" / "manifest.json"
    steps = finished.output.glob("pretraining/**/*.safetensors")
    written = {path: path.stat().st_mtime_ns for path in (manifest, *steps)}
    again = quickstart(text, output=finished.output)
    assert len(written) > 1
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert again.between == finished.results.between
    assert again.losses == finished.results.losses


def test_the_time_of_a_call_that_was_interrupted_counts(
    text: Path, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(corpus: Corpus, output: Path) -> Recipe:
        time.sleep(0.3)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "recipe_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quickstart(text, output=begun)
    before = json.loads((begun / "seconds.json").read_text())
    assert before["pre-training"] >= 0.3
    monkeypatch.setattr(module, "recipe_for", short)
    results = quickstart(text, output=begun)
    assert results.seconds["pre-training"] > before["pre-training"]
    assert results.seconds["corpus"] >= before["corpus"]


def test_a_stage_2_that_stays_shut_is_said(
    text: Path, begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "recipe_for", never_opening)
    results = quickstart(text, output=begun)
    assert results.checkpoints == ("untrained", "stage 1")
    assert any("Stage 2 did not open" in note for note in results.notes)


def test_a_run_on_other_text_is_left_alone(finished: Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds a run on other text"):
        quickstart(tmp_path / "elsewhere", output=finished.output)


def test_text_without_pairs_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "en.txt").write_text("\n".join(invented(50)))
    with pytest.raises(ValueError, match=r"no pairs.*XX-YY\.tsv"):
        quickstart(tmp_path / "text", output=tmp_path / "run")


def test_the_recipe_fits_its_corpus(finished: Run, tmp_path: Path) -> None:
    corpus = open_corpus(finished.output / "corpus")
    recipe = recipe_of_the_quickstart(corpus, tmp_path / "run")
    assert recipe.batch.max_length <= recipe.encoder.max_position_embeddings - 2
    assert recipe.stage2.mix["btmlm"] > 0
