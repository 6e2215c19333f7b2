"""A folder's tokeniser, and what a model has to know of one."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerFast

from erniem.packing import SpecialIds
from erniem.tokenization.exchange import SEGMENTATION, from_xlm_roberta
from erniem.tokenization.files import MODEL_FILE, VOCABULARY_FILE
from erniem.tokenization.tokenizer import ErnieMTokenizer

__all__ = ["fingerprint", "is_segmenting", "open_tokenizer", "special_ids"]


def open_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokeniser in a folder: ERNIE-M's of any origin, XLM-R's, any fast one of a masked model.

    Raises:
        ValueError: no tokeniser in it, or one that lacks a special token.
    """
    if not (folder / "tokenizer.json").is_file():
        if not any((folder / file).is_file() for file in (VOCABULARY_FILE, MODEL_FILE)):
            raise ValueError(
                f"{folder} holds no tokeniser (no tokenizer.json, no {VOCABULARY_FILE} with "
                f"{MODEL_FILE}): name a folder that save_pretrained wrote, or none to train one."
            )
        return ErnieMTokenizer.from_pretrained(folder)
    said = _said(folder)
    if said.get("tokenizer_class") == ErnieMTokenizer.__name__:
        # By its class, and not by Auto, which brings torch.
        tokenizer = ErnieMTokenizer.from_pretrained(folder)
    elif SEGMENTATION in said:
        tokenizer = _segmenting(folder, said)
    else:
        from transformers import AutoTokenizer  # which registers ours, so it comes after us

        tokenizer = AutoTokenizer.from_pretrained(folder)
    assert isinstance(tokenizer, PreTrainedTokenizerFast), "a tokenizer.json makes a fast one"
    special_ids(tokenizer)
    return tokenizer


def is_segmenting(folder: Path) -> bool:
    """Whether a folder's tokeniser is ours, which splits as no tokenizer.json can say."""
    said = _said(folder)
    return said.get("tokenizer_class") == ErnieMTokenizer.__name__ or SEGMENTATION in said


def _said(folder: Path) -> dict[str, Any]:
    """What a tokeniser's folder says of it."""
    path = folder / "tokenizer_config.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _segmenting(folder: Path, said: dict[str, Any]) -> ErnieMTokenizer:
    """Ours, of a folder that we exported under XLM-R's names for those who know no other."""
    tokenizer = from_xlm_roberta(folder / "tokenizer.json", segmentation=said[SEGMENTATION])
    tokenizer.model_max_length = said.get("model_max_length", tokenizer.model_max_length)
    return tokenizer


def special_ids(tokenizer: PreTrainedTokenizerFast) -> SpecialIds:
    """The special ids of a tokeniser and the size of its vocabulary.

    Raises:
        ValueError: it lacks one of the five special tokens.
    """
    for name in ("cls", "pad", "sep", "unk", "mask"):
        if getattr(tokenizer, f"{name}_token_id") is None:
            raise ValueError(
                f"the tokeniser of {tokenizer.name_or_path} has no {name} token: add it, or take "
                "a tokeniser of the kind that masked language models have."
            )
    return SpecialIds(
        cls=tokenizer.cls_token_id,
        pad=tokenizer.pad_token_id,
        sep=tokenizer.sep_token_id,
        unk=tokenizer.unk_token_id,
        mask=tokenizer.mask_token_id,
        vocabulary_size=len(tokenizer),
    )


def fingerprint(tokenizer: PreTrainedTokenizerFast) -> str:
    """A hash of what decides the ids: model, normaliser, special tokens, segmentation."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    parts = {key: state[key] for key in ("model", "normalizer", "pre_tokenizer", "added_tokens")}
    if "unk_id" in state["model"]:  # a Unigram's scores: as SentencePiece keeps them
        parts["model"]["vocab"] = [
            (piece, float(np.float32(score))) for piece, score in state["model"]["vocab"]
        ]
    if isinstance(tokenizer, ErnieMTokenizer):
        parts["segmentation"] = tokenizer.segmentation
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
