"""XTREME's nine tasks and more of their families, in two languages of invented words.

The layout is that of XTREME's download folder.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from erniem.languages import name_of
from invented import invented

__all__ = ["LANGUAGES", "write_tasks"]

LANGUAGES = ("en", "de")
GREEK = str.maketrans("abdefgilmnoprstuv", "αβδεφγιλμνοπρστυω")
LINES = invented(400, words=40)


def said(line: str, language: str) -> str:
    """The German of our invention is its English in Greek letters."""
    return line.translate(GREEK) if language == "de" else line


def write_tasks(folder: Path) -> None:
    """Writes them: a class is the first letter of a word, a tag its last, an answer a word."""
    for language in LANGUAGES:
        for split, lines in (
            ("train", LINES[:200]),
            ("dev", LINES[200:240]),
            ("test", LINES[240:]),
        ):
            if split == "train" and language != "en":
                continue
            lines = lines[:40] if split == "test" else lines
            _pairs(folder, split, language, lines)
            _tags(folder, split, language, lines)
            _answers(folder, split, language, lines)
        if language != "en":
            _bitext(folder, language)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _pairs(folder: Path, split: str, language: str, lines: Sequence[str]) -> None:
    nli = ("contradiction", "entailment", "neutral")
    rows: dict[str, list[str]] = {"xnli": [], "pawsx": [], "sick": []}
    for number, line in enumerate(lines):
        kind = sum(map(ord, line[:2])) % 3
        pair = f"{said(line, language)}\t{said(lines[number - 1], language)}"
        for task in ("xnli", "sick"):
            rows[task].append(f"{pair}\t{nli[kind]}\n")
        rows["pawsx"].append(f"{pair}\t{int(kind == 0)}\n")
    for task, some in rows.items():
        _write(folder / task / f"{split}-{language}.tsv", "".join(some))


def _tags(folder: Path, split: str, language: str, lines: Sequence[str]) -> None:
    names = {"a": "B-PER", "e": "B-LOC"}
    for task, of in (
        ("udpos", {"a": "NOUN", "e": "VERB"}),
        ("panx", names),
        ("conll", names | {"o": "B-MISC"}),
    ):
        rest = "X" if task == "udpos" else "O"
        words = [[(word, of.get(word[-1], rest)) for word in line.split()] for line in lines]
        text = "".join(
            "".join(f"{said(word, language)}\t{tag}\n" for word, tag in one) + "\n" for one in words
        )
        _write(folder / task / f"{split}-{language}.tsv", text)


def _answers(folder: Path, split: str, language: str, lines: Sequence[str]) -> None:
    """What is asked for is the word that the question repeats."""
    rng = np.random.default_rng(0)
    questions = []
    for number, line in enumerate(lines):
        context = said(line, language)
        answer = str(rng.choice(context.split()))
        one = {
            "id": f"{name_of(language).lower()}-{split}-{number}",  # as TyDiQA's
            "question": answer,
            "answers": [{"text": answer, "answer_start": context.index(answer)}],
        }
        questions.append({"context": context, "qas": [one]})
    text = json.dumps({"version": "1.1", "data": [{"paragraphs": questions}]})
    names = {
        "train": ("squad/train-v1.1.json", "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.en.train.json"),
        "dev": ("squad/dev-v1.1.json",),
        "test": (
            f"xquad/xquad.{language}.json",
            f"mlqa/MLQA_V1/test/test-context-{language}-question-{language}.json",
            f"tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.{language}.dev.json",
        ),
    }
    for name in names[split]:
        if language == "en" or split == "test":
            _write(folder / name, text)


def _bitext(folder: Path, language: str) -> None:
    lines = LINES[:40]
    for split in ("dev", "test"):
        for code in (language, "en"):
            text = "".join(
                f"{code}-{number:09}\t{said(line, code)}\n" for number, line in enumerate(lines)
            )
            _write(folder / "bucc2018" / f"{language}-en.{split}.{code}", text)
        gold = "".join(f"{language}-{one:09}\ten-{one:09}\n" for one in range(len(lines)))
        _write(folder / "bucc2018" / f"{language}-en.{split}.gold", gold)
    for code, three in ((language, "deu"), ("en", "eng")):
        text = "".join(f"{said(line, code)}\n" for line in lines)
        _write(folder / "tatoeba" / f"tatoeba.deu-eng.{three}", text)
