"""Predictions and references in XTREME's layout: `TASK/test-XX.tsv`, `.json` for answers."""

import json
from pathlib import Path
from typing import Any

from erniem.compressed import PACKED, read_text

__all__ = ["find_file", "read_file", "write_file"]


def find_file(folder: Path, task: str, language: str, ending: str) -> Path | None:
    """The file of a task and a language, packed or not; None if there is none.

    Raises:
        ValueError: two of them.
    """
    names = [folder / task / f"test-{language}.{ending}{packed}" for packed in PACKED]
    found = [path for path in names if path.is_file()]
    if len(found) > 1:
        raise ValueError(f"{found[0]} and {found[1].name} are both there: keep one of them.")
    return found[0] if found else None


def read_file(path: Path, kind: str) -> Any:
    """What a file of predictions or references holds.

    Args:
        path: plain or packed.
        kind: `labels` and `pairs` (one a line), `tags` (one a line, an empty line after each
            sentence), `answers` (SQuAD's JSON, or answers by question).

    Returns:
        A list of lines; a list of sentences' tags; right answers by question; answers by question.

    Raises:
        ValueError: damaged, not UTF-8, not JSON, or something else than such a file.
    """
    text = read_text(path)
    if kind == "answers":
        return _answers(path, text)
    return _sentences(text) if kind == "tags" else _lines(text)


def write_file(path: Path, kind: str, values: Any) -> None:
    """Writes predictions or references, whole or not at all, as `read_file` reads them.

    Args:
        path: plain; its folder is made.
        kind: as for `read_file`.
        values: a list of lines, a list of sentences' tags, or by question an answer, or a list of
            right answers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(_written(kind, values), encoding="utf-8", newline="\n")
    partial.replace(path)


def _written(kind: str, values: Any) -> str:
    if kind == "tags":
        return "".join("".join(f"{tag}\n" for tag in sentence) + "\n" for sentence in values)
    if kind != "answers":
        return "".join(f"{line}\n" for line in values)
    if any(isinstance(one, list) for one in values.values()):
        questions = [
            {"id": question, "answers": [{"text": one} for one in right]}
            for question, right in values.items()
        ]
        values = {"version": "1.1", "data": [{"paragraphs": [{"qas": questions}]}]}
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"


def _lines(text: str) -> list[str]:
    """One a line, the end of the last line optional."""
    return [line.strip() for line in text.removesuffix("\n").split("\n")] if text else []


def _sentences(text: str) -> list[list[str]]:
    """Tags, sentence by sentence."""
    sentences: list[list[str]] = []
    sentence: list[str] = []
    for line in text.split("\n"):
        if tag := line.strip():
            sentence.append(tag)
        else:
            sentences.append(sentence)
            sentence = []
    # A text that ends in a line's end has one empty line too many; and sentences may end twice.
    return [one for one in [*sentences, sentence] if one]


def _answers(path: Path, text: str) -> dict[str, Any]:
    """Right answers by question from SQuAD's JSON, or answers by question as they are."""
    try:
        read = json.loads(text)
        if isinstance(read, dict) and "data" not in read:
            return {str(question): _answer(answer) for question, answer in read.items()}
        articles = read["data"] if isinstance(read, dict) else read
        return {
            question["id"]: [answer["text"] for answer in question["answers"]]
            for article in articles
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        }
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not JSON: {error}.") from error
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is neither SQuAD's JSON nor answers by question ({error!r} is missing or odd)."
        ) from error


def _answer(value: Any) -> str:
    """One answer; lists of the likeliest ones are none."""
    if isinstance(value, list | dict):
        raise TypeError(f"{value!r:.40} as an answer")
    return str(value)
