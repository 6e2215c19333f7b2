"""What lies beside an exported graph or beside exported weights: config.json and the tokenizer.

Others know XLM-R, so both go under its names. XLM-R's tokenizer splits into plain pieces: what our
segmentation changes is named in tokenizer_config.json, where `open_tokenizer` finds it, and others
pass over it.
"""

import json
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from erniem.convert.quiet import quiet
from erniem.convert.xlm_roberta import KINDS, portable_config
from erniem.export.sentences import try_sentences
from erniem.model.encoder import ErnieMPreTrainedModel
from erniem.tokenization import ErnieMTokenizer, to_xlm_roberta
from erniem.tokenization.opening import SEGMENTATION

__all__ = ["describe_split", "split_otherwise", "write_config", "write_tokenizer"]


def write_config(model: ErnieMPreTrainedModel, folder: Path, **more: object) -> None:
    """Writes `config.json` with XLM-R's settings, and settings of whoever reads it."""
    kind = KINDS.get(type(model), type(model))
    config = portable_config(model.config)
    config.architectures = [kind.__name__]
    for name, value in more.items():
        setattr(config, name, value)
    with quiet():
        config.save_pretrained(folder)


def write_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes the tokenizer's files: ours as XLM-R's with its segmentation named, others as are."""
    if not isinstance(tokenizer, ErnieMTokenizer):
        tokenizer.save_pretrained(folder)
        return
    to_xlm_roberta(tokenizer).save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    said[SEGMENTATION] = tokenizer.segmentation
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def split_otherwise(tokenizer: PreTrainedTokenizerFast) -> int:
    """How many of the hundred sentences others split otherwise, for want of our segmentation."""
    if not isinstance(tokenizer, ErnieMTokenizer):
        return 0
    sentences = try_sentences()
    ours, theirs = (one(sentences).input_ids for one in (tokenizer, to_xlm_roberta(tokenizer)))
    return sum(mine != yours for mine, yours in zip(ours, theirs, strict=True))


def describe_split(otherwise: int) -> str:
    """For people: what others' tokenizers do with the sentences tried."""
    return (
        f"Of 100 sentences tried, {otherwise} are split otherwise by tokenizer.json alone, which "
        "is all\nthat readers without erniem have: their outputs are then not quite the model's."
    )
