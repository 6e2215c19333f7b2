"""Files: a model with its head, texts by line, answers by line."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from erniem.convert.quiet import quiet
from erniem.model.heads import ErnieMForInformationExtraction

__all__ = ["load_extraction_model", "read_texts", "write_answers"]

HEAD = ("linear_start", "linear_end")
UNUSED = "ernie_m.pooler."
"""Weights that extraction does not read, and a folder need not have."""


def load_extraction_model(folder: Path) -> ErnieMForInformationExtraction:
    """The model of a folder, in evaluation mode, in float32.

    Raises:
        ValueError: no such folder, weights of another shape, or weights that are missing: an
            encoder without the head would answer at random.
    """
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} has no config.json: give a folder that save_pretrained wrote.")
    try:
        with quiet():
            loaded: Any = ErnieMForInformationExtraction.from_pretrained(
                folder,
                dtype=torch.float32,
                local_files_only=True,
                ignore_mismatched_sizes=True,  # to be told of them all, and to refuse them below
                output_loading_info=True,
            )
    except (OSError, SafetensorError) as error:
        raise ValueError(
            f"the weights in {folder} cannot be read: {error} Of another kind, as PaddleNLP's, "
            "they become ours by `erniem convert`."
        ) from error
    model, info = loaded
    missing = sorted(name for name in info["missing_keys"] if not name.startswith(UNUSED))
    if any(name.startswith(HEAD) for name in missing):
        raise ValueError(
            f"{folder} has no head for extraction (missing: {', '.join(missing[:4])}): its answers "
            "would be random; give a UIE-M, not an encoder alone."
        )
    unfit = sorted({*missing, *(name for name, *_ in info["mismatched_keys"])})
    if unfit:
        raise ValueError(
            f"{folder}: weights missing or of another shape than its config says ({len(unfit)}): "
            f"{', '.join(unfit[:3])}; give a whole checkpoint with its own config."
        )
    return model.eval()


def read_texts(path: Path) -> list[str]:
    """Texts of a file: a line each, or, in `.jsonl`, a string or `{"text": …}` on each line.

    Raises:
        ValueError: a file that is not UTF-8, a line that is not one of these.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 ({error}): convert it, with iconv.") from error
    if not lines[-1]:
        lines.pop()
    if path.suffix != ".jsonl":
        return lines
    return [_text_of(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)]


def write_answers(path: Path, answers: Sequence[Mapping[str, Any]]) -> None:
    """Writes a line of JSON for each text, all or none of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(one, ensure_ascii=False)}\n" for one in answers)
    part.replace(path)


def _text_of(line: str, place: str) -> str:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{place} is no JSON: {error}") from error
    text = value.get("text") if isinstance(value, dict) else value
    if not isinstance(text, str):
        raise ValueError(f'{place} has no text: give a string, or {{"text": "…"}}.')
    return text
