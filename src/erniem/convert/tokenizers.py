"""The tokeniser that lies beside the weights, in the form that the target's readers know.

```text
ERNIE-M's  vocab.txt + sentencepiece.bpe.model, or tokenizer.json ─┬─▶ erniem: tokenizer.json
XLM-R's    tokenizer.json, or sentencepiece.bpe.model alone ───────┼─▶ the others: two files
another    as it is ───────────────────────────────────────────────┴─▶ xlm-r: tokenizer.json
```
"""

import json
import shutil
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedTokenizerFast

from erniem.convert.checkpoint import Kind
from erniem.tokenization import (
    ErnieMTokenizer,
    from_xlm_roberta,
    open_tokenizer,
    save_portable,
    to_sentencepiece,
)

__all__ = ["carry_tokenizer"]

MODEL, VOCABULARY, FAST = "sentencepiece.bpe.model", "vocab.txt", "tokenizer.json"
ENDINGS = (".model", ".txt", ".json")
FILES = ("tokenizer", "vocab", "sentencepiece", "special_tokens", "added_tokens", "merges")


def carry_tokenizer(
    folder: Path, target: Path, *, source: Kind, to: str, extraction: bool = False
) -> tuple[str, ...]:
    """Writes the tokeniser of a folder beside converted weights.

    Args:
        folder: where the weights were read.
        target: where they were written.
        source: what the folder was.
        to: the target's kind.
        extraction: the weights are UIE-M's, which learned from PaddleNLP's segmentation.

    Returns:
        The files written; none if the folder has no tokeniser.

    Raises:
        ValueError: files that do not belong together, or are damaged.
    """
    before = set(target.iterdir())
    if not any((folder / name).is_file() for name in (MODEL, VOCABULARY, FAST)):
        return ()
    tokenizer = _ours(folder, source, extraction)
    if tokenizer is None:
        for path in sorted(folder.iterdir()):
            if path.name.startswith(FILES) and path.suffix in ENDINGS:
                shutil.copyfile(path, target / path.name)
    elif to == "erniem":
        tokenizer.save_pretrained(target)
    elif to == "xlm-r":
        # What is XLM-R's already stays as it is: as ours it would clean text in another way.
        save_portable(tokenizer if extraction else open_tokenizer(folder), target)
    else:
        _write_two_files(tokenizer, target)
    return tuple(sorted(path.name for path in set(target.iterdir()) - before))


def _ours(folder: Path, source: Kind, extraction: bool) -> ErnieMTokenizer | None:
    """The tokeniser as ours; None if it is of another family."""
    if source in ("xlm-r", "bert"):
        theirs: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        alike = isinstance(theirs, PreTrainedTokenizerFast) and theirs.mask_token == "<mask>"
        return from_xlm_roberta(theirs) if alike else None
    how: dict[str, Any] = {"segmentation": "paddlenlp"} if extraction else {}
    return ErnieMTokenizer.from_pretrained(folder, local_files_only=True, **how)


def _write_two_files(tokenizer: ErnieMTokenizer, target: Path) -> None:
    """What transformers 4 and PaddleNLP read."""
    model, lines = to_sentencepiece(tokenizer)
    (target / MODEL).write_bytes(model)
    (target / VOCABULARY).write_text(lines, encoding="utf-8")
    facts = {"tokenizer_class": "ErnieMTokenizer", "do_lower_case": False, "model_max_length": 512}
    (target / "tokenizer_config.json").write_text(json.dumps(facts, indent=2) + "\n")
