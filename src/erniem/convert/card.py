"""The model card beside weights in a new form: where they come from, how they are used."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from erniem.convert.checkpoint import Checkpoint, Kind

__all__ = ["write_card"]

ORIGINS: Mapping[Kind, str] = {
    "erniem": "ERNIE-M, of this project or transformers 4",
    "paddle": "ERNIE-M of PaddleNLP",
    "static": "ERNIE-M of its authors, a static graph",
    "xlm-r": "XLM-R",
    "bert": "BERT, its token type 0 folded into the positions",
}


def write_card(
    folder: Path,
    read: Checkpoint,
    *,
    title: str,
    facts: Sequence[str],
    code: Sequence[str],
    language: str = "python",
    **metadata: str,
) -> None:
    """Writes `README.md`, as model hubs show it.

    Args:
        folder: gets the card.
        read: what was read.
        title: after `#`.
        facts: paragraphs: what became of the weights.
        code: how the folder is used.
        language: of the code.
        metadata: for the head of the card, which hubs read: `library_name` and the like.
    """
    files = "\n".join(f"- `{file.name}`, sha256 `{_digest(file)}`" for file in read.files)
    head = [f"{name}: {value}" for name, value in metadata.items()]
    paragraphs = [
        "\n".join(["---", *head, "tags: [multilingual, ernie-m]", "---"]),
        f"# {title}",
        f"Converted by erniem from {ORIGINS[read.kind]}. The licence is that of these weights,\n"
        "which their files do not say. Read:",
        files,
        *facts,
        "\n".join([f"```{language}", *code, "```"]),
    ]
    (folder / "README.md").write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
