"""The five steps of CONTRIBUTING.md, followed as they stand there."""

import re
import shlex
from pathlib import Path
from textwrap import dedent

import pytest

from erniem.cli import main
from erniem.tasks.catalogue import task_named
from invented import invented
from made_up_tasks import GREEK

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


def steps() -> tuple[str, list[list[str]]]:
    """The file of step 2, and the commands of the others."""
    text = CONTRIBUTING.read_text(encoding="utf-8")
    text = text.partition("## How to add a task")[2].partition("\n## ")[0]
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    return dedent(code[1]), [shlex.split(one)[1:] for one in re.findall(r"`(erniem .*)`", text)]


def test_a_task_of_ones_own_takes_one_file(
    encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, commands = steps()
    monkeypatch.chdir(tmp_path)
    Path("reviews.py").write_text(code)
    Path("base").symlink_to(encoder)
    folder = Path("data/reviews")
    folder.mkdir(parents=True)
    for name, lines in (("train-en", invented(96)), ("dev-en", invented(24, 4))):
        rows = [f"{line}\t{'good' if line[0] in 'abdefg' else 'bad'}\n" for line in lines]
        (folder / f"{name}.tsv").write_text("".join(rows))
    text = (folder / "dev-en.tsv").read_text().splitlines()
    rows = [line.partition("\t") for line in text]
    (folder / "test-sw.tsv").write_text(
        "".join(f"{one.translate(GREEK)}\t{label}\n" for one, _, label in rows)
    )
    assert [one[0] for one in commands] == ["finetune", "evaluate"]
    for words in commands:
        assert main(words) == 0
    shown = capsys.readouterr().out
    assert "trained on 96 examples" in shown
    assert re.search(r"^sw +test +24 +\d+\.\d$", shown, re.MULTILINE)
    assert re.search(r"^en +dev +24 +\d+\.\d$", shown, re.MULTILINE)
    assert Path("runs/reviews-said/predictions/reviews/test-sw.tsv").is_file()


def test_a_file_of_ones_own_may_hold_dataclasses(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass, replace\n"
        "from erniem.tasks.classify import XNLI\n"
        "@dataclass\nclass Mine:\n    name: str\n"
        "TASK = replace(XNLI, name=Mine('mine').name)\n"
    )
    assert task_named(str(path)).name == "mine"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("none.py", None, "none.py does not exist"),
        ("bare.py", "x = 1\n", "bare.py defines no TASK"),
        ("xnly", None, "there is no task 'xnly'; there are xnli"),
    ],
)
def test_a_file_that_is_no_task_is_named(
    name: str, text: str | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    task = str(tmp_path / name) if name.endswith(".py") else name
    where = ["--model", "m", "--data", "d", "--output", str(tmp_path / "out")]
    assert main(["evaluate", task, *where]) == 1
    assert told in capsys.readouterr().err
