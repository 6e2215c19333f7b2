"""A tokeniser from other people's formats, and as them: SentencePiece's two files, and XLM-R's."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast, XLMRobertaTokenizer

from erniem.tokenization.files import model_vocabulary, sentencepiece_model
from erniem.tokenization.normalization import charsmap_of
from erniem.tokenization.segmentation import DEFAULT
from erniem.tokenization.tokenizer import ErnieMTokenizer
from erniem.tokenization.vocabulary import SPECIAL, Vocabulary, backend_of, vocabulary_of

__all__ = ["from_sentencepiece", "from_xlm_roberta", "to_sentencepiece", "to_xlm_roberta"]

XLM_R = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
"""XLM-R's names of the special tokens, in the order of ours."""


def from_sentencepiece(model: bytes, *, segmentation: str = DEFAULT) -> ErnieMTokenizer:
    """The tokeniser with the pieces of a SentencePiece model and ERNIE-M's ids.

    Args:
        model: contents of a `sentencepiece.bpe.model`.
        segmentation: see `ErnieMTokenizer`.

    Raises:
        ValueError: it is no Unigram model.
    """
    backend = backend_of(model_vocabulary(model))
    return ErnieMTokenizer(tokenizer_object=backend, segmentation=segmentation)


def to_sentencepiece(tokenizer: ErnieMTokenizer) -> tuple[bytes, str]:
    """The contents of the two files that transformers 4 and PaddleNLP read.

    Returns:
        `sentencepiece.bpe.model` and `vocab.txt`; what the segmentation adds is in neither.
    """
    vocabulary = vocabulary_of(tokenizer.backend_tokenizer)
    return sentencepiece_model(vocabulary), "".join(f"{piece}\n" for piece in vocabulary.scores)


def from_xlm_roberta(
    source: Path | PreTrainedTokenizerFast, *, segmentation: str = DEFAULT
) -> ErnieMTokenizer:
    """The tokeniser with XLM-R's ids and our names of the special tokens.

    Args:
        source: a tokenizer.json, or the fast tokeniser.
        segmentation: see `ErnieMTokenizer`.

    Raises:
        ValueError: it is no Unigram tokeniser with XLM-R's special tokens.
    """
    theirs = source.read_text() if isinstance(source, Path) else source.backend_tokenizer.to_str()
    state = json.loads(theirs)
    pieces = [piece for piece, _ in state["model"]["vocab"]] if "unk_id" in state["model"] else []
    if lacking := [name for name in XLM_R if name not in pieces]:
        raise ValueError(f"{source} is no tokeniser like XLM-R's: it has no piece {lacking[0]}.")
    ours = dict(zip(XLM_R, SPECIAL, strict=True))
    added = [token["content"] for token in state["added_tokens"] if token["content"] not in ours]
    vocabulary = Vocabulary(
        scores={ours.get(piece, piece): score for piece, score in state["model"]["vocab"]},
        charsmap=charsmap_of(Tokenizer.from_str(theirs).normalizer),
    )
    tokenizer = ErnieMTokenizer(tokenizer_object=backend_of(vocabulary), segmentation=segmentation)
    tokenizer.add_tokens(added, special_tokens=True)
    return tokenizer


def to_xlm_roberta(tokenizer: ErnieMTokenizer) -> XLMRobertaTokenizer:
    """transformers' XLM-R tokeniser with the same ids, for tools that know no other.

    It splits into plain pieces: what the segmentation changes is lost.
    """
    vocabulary = vocabulary_of(tokenizer.backend_tokenizer)
    theirs = dict(zip(SPECIAL, XLM_R, strict=True))
    charsmap: Any = vocabulary.charsmap or None  # bytes, whatever its annotation says
    return XLMRobertaTokenizer(
        vocab=[(theirs.get(piece, piece), score) for piece, score in vocabulary.scores.items()],
        _spm_precompiled_charsmap=charsmap,
        model_max_length=tokenizer.model_max_length,
    )
