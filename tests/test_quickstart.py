import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from erniem import quickstart as module
from erniem.corpus.corpus import Corpus
from erniem.pretrain.recipe import Checkpoints, Encoder, Health, Opening, Recipe, Stage
from erniem.quickstart import quickstart
from erniem.report.quickstart import Results
from invented import CYRILLIC, GREEK, invented

recipe_of_the_quickstart = module.recipe_for


@pytest.fixture
def text(tmp_path: Path) -> Path:
    folder = tmp_path / "text"
    folder.mkdir()
    for code, script in (("el", GREEK), ("ru", CYRILLIC)):
        rows = [f"{line}\t{line.translate(script)}" for line in invented(300)]
        long = " ".join(invented(20, seed=4))
        (folder / f"en-{code}.tsv").write_text(
            "\n".join([*rows, f"{long}\t{long.translate(script)}"])
        )
    return folder


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


def test_text_goes_in_and_a_report_with_a_line_for_each_language_comes_out(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "recipe_for", short)
    output = tmp_path / "run"
    results = quickstart(text, output=output)
    shown = capsys.readouterr().out
    lines = [line for line in shown.splitlines() if line.startswith(("Greek", "Russian"))]
    assert len(lines) == 2
    assert all(line.count("%") == 3 for line in lines)
    assert shown.endswith(f"report: {output / 'report.html'}\n")
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
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "recipe_for", short)
    first = quickstart(text, output=tmp_path / "run")
    shards = (tmp_path / "run" / "corpus" / "manifest.json").stat().st_mtime_ns
    again = quickstart(text, output=tmp_path / "run")
    assert (tmp_path / "run" / "corpus" / "manifest.json").stat().st_mtime_ns == shards
    assert again.between == first.between
    assert again.losses == first.losses


def test_the_time_of_a_call_that_was_interrupted_counts(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(corpus: Corpus, output: Path) -> Recipe:
        time.sleep(0.3)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "recipe_for", interrupted)
    with pytest.raises(KeyboardInterrupt):
        quickstart(text, output=tmp_path / "run")
    before = json.loads((tmp_path / "run" / "seconds.json").read_text())
    assert before["pre-training"] >= 0.3
    monkeypatch.setattr(module, "recipe_for", short)
    results = quickstart(text, output=tmp_path / "run")
    assert results.seconds["pre-training"] > before["pre-training"]
    assert results.seconds["corpus"] >= before["corpus"]


def test_a_stage_2_that_stays_shut_is_said(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "recipe_for", never_opening)
    results = quickstart(text, output=tmp_path / "run")
    assert results.checkpoints == ("untrained", "stage 1")
    assert any("Stage 2 did not open" in note for note in results.notes)


def test_a_run_on_other_text_is_left_alone(
    text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "recipe_for", short)
    quickstart(text, output=tmp_path / "run")
    with pytest.raises(ValueError, match="holds a run on other text"):
        quickstart(tmp_path / "elsewhere", output=tmp_path / "run")


def test_text_without_pairs_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "en.txt").write_text("\n".join(invented(50)))
    with pytest.raises(ValueError, match=r"no pairs.*XX-YY\.tsv"):
        quickstart(tmp_path / "text", output=tmp_path / "run")


def test_the_recipe_fits_its_corpus(text: Path, tmp_path: Path) -> None:
    corpus = module._corpus([text], tmp_path / "corpus")
    recipe = recipe_of_the_quickstart(corpus, tmp_path / "run")
    assert recipe.batch.max_length <= recipe.encoder.max_position_embeddings - 2
    assert recipe.stage2.mix["btmlm"] > 0
