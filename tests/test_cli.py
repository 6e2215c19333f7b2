import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from erniem.cli import VERBS, main
from erniem.corpus.build.folders import recipe_of
from erniem.tasks.retrieve.evaluate import evaluate
from erniem.tokenization import open_tokenizer


def test_help_comes_without_anything_heavy() -> None:
    code = (
        "import sys, erniem.cli\n"
        "try: erniem.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('torch', 'transformers', 'numpy') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.endswith("[]\n")
    assert all(verb.split()[0] in run.stdout for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_what_it_does_and_how(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([*verb.split(), "--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "example: erniem" in shown
    assert VERBS[verb].help[1:10] in shown


def test_a_mistake_is_one_line_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["corpus", "build", str(tmp_path / "none"), "--output", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("erniem: ")
    assert shown.count("\n") == 1
    assert str(tmp_path / "none") in shown


def test_the_table_of_costs_takes_no_other_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "from-scratch", "--table", "--gpus", "3"]) == 1
    assert "leave --gpus out" in capsys.readouterr().err


def test_pretrain_without_a_recipe_names_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "seed=2"]) == 1
    assert "name a recipe: a file, or one of ours (--recipes)" in capsys.readouterr().err


def test_pretrain_lists_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pretrain", "--keys"]) == 0
    shown = capsys.readouterr().out
    assert "--objectives.btmlm.guess.method" in shown
    assert "Share of a sentence's pieces that become holes" in shown


@pytest.mark.parametrize(
    ("verb", "function", "defaults"),
    [
        ("corpus build", recipe_of, {"vocabulary_size": 16_000, "held_out": 500}),
        ("retrieval", evaluate, {"pooling": "mean"}),
    ],
)
def test_the_defaults_that_help_tells_are_those_of_the_library(
    verb: str, function: object, defaults: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(function)
    signature = inspect.signature(function).parameters
    with pytest.raises(SystemExit):
        main([*verb.split(), "--help"])
    shown = capsys.readouterr().out
    for name, default in defaults.items():
        assert signature[name].default == default
        assert f"({default})" in shown


def test_text_becomes_a_tokenizer_and_a_corpus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["bade", "figo", "lumi", "nope", "rasi", "tuvo", "dega", "milu"]
    lines = [f"{a} {b} {c} {a}{b}" for a in words for b in words for c in words]
    text = tmp_path / "text"
    text.mkdir()
    (text / "en.txt").write_text("\n".join(lines))
    (text / "en-sw.tsv").write_text("\n".join(f"{line}\t{line[::-1]}" for line in lines))
    vocabulary, output = str(tmp_path / "tokenizer"), str(tmp_path / "corpus")
    size = ["--vocabulary-size", "50"]
    assert main(["tokenizer", str(text), "--output", vocabulary, *size]) == 0
    build = ["corpus", "build", str(text), "--output", output, "--tokenizer", vocabulary]
    build += ["--workers", "1"]
    assert main(build) == 0
    shown = capsys.readouterr().out
    assert f"{output}: 2 languages" in shown
    assert "left out, held out" in shown
    assert main(build) == 0
    assert "nothing has changed: nothing was done" in capsys.readouterr().out
    assert main([*build, "--max-per-source", "9"]) == 1
    assert "changed: max_per_source" in capsys.readouterr().err
    assert main(["corpus", "check", output]) == 0


def test_a_vocabulary_is_trained_by_the_recipe_of_a_corpus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"text": f"figo {n} lumi bade nope"} for n in range(300)]
    rows += [{"text": f"zzzz {n}"} for n in range(300)]
    (tmp_path / "sw.jsonl").write_text("\n".join(map(json.dumps, rows)))
    recipe, output = tmp_path / "recipe.yaml", str(tmp_path / "tokenizer")
    source = tmp_path / "sw.jsonl"
    recipe.write_text(
        f"output: corpus\nsources: [{{path: {source}}}]\nsteps: [length: {{least_words: 4}}]\n"
    )
    train = ["tokenizer", str(recipe), "vocabulary.size=30", "executor={workers: 1}"]
    assert main([*train, "--output", output]) == 0
    assert capsys.readouterr().out == f"{output}\n"
    pieces = open_tokenizer(Path(output)).get_vocab()
    assert len(pieces) == 30
    assert any("b" in piece for piece in pieces)
    assert not any("z" in piece for piece in pieces)  # lines that the recipe's steps drop
    assert main([*train, "--output", output]) == 1
    assert "exists already" in capsys.readouterr().err
    other = ["--output", str(tmp_path / "other")]
    assert main([*train, *other, "--vocabulary-size", "30"]) == 1
    assert "vocabulary.size=32000" in capsys.readouterr().err
    assert main(["tokenizer", str(recipe), f"tokenizer={output}", *other]) == 1
    assert "tokenizer=null" in capsys.readouterr().err


def test_a_corpus_is_built_by_a_recipe_and_single_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sw.txt").write_text("\n".join(f"figo {n} lumi bade nope" for n in range(300)))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"sources: [{{path: {tmp_path / 'sw.txt'}}}]\nvocabulary: {{size: 30}}\n")
    output = tmp_path / "corpus"
    given = ["corpus", "build", str(recipe), f"output={output}", "executor.workers=1"]
    assert main(given) == 0
    assert f"{output}: 1 language\n" in capsys.readouterr().out
    assert main([*given, "--held-out", "3"]) == 1
    assert "a recipe says everything itself" in capsys.readouterr().err
    assert main(["corpus", "build", "--keys"]) == 0
    assert "--near_duplicates" in capsys.readouterr().out
    assert main(["corpus", "build"]) == 1
    assert "name folders of text and --output, or a recipe" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["quickstart"], {"data": None}),
        (["quickstart", "mine", "--output", "out"], {"data": Path("mine"), "output": Path("out")}),
        (["retrieval", "m", "--layer", "3"], {"model": Path("m"), "layer": 3}),
        (["retrieval", "m", "--centred"], {"model": Path("m"), "centred": True}),
    ],
)
def test_the_library_gets_what_was_given_and_nothing_else(
    words: list[str], given: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[dict[str, object]] = []
    verb = replace(VERBS[words[0]], run=got.append)
    monkeypatch.setitem(VERBS, words[0], verb)
    assert main(words) == 0
    assert got == [given]
