"""`vocab.txt` and `sentencepiece.bpe.model`, the two files of transformers 4 and PaddleNLP."""

import re
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from sentencepiece import sentencepiece_model_pb2

from erniem.tokenization.vocabulary import SPECIAL, Vocabulary

__all__ = [
    "MODEL_FILE",
    "VOCABULARY_FILE",
    "model_vocabulary",
    "numbered_model",
    "read_vocabulary",
    "sentencepiece_model",
]

VOCABULARY_FILE = "vocab.txt"
MODEL_FILE = "sentencepiece.bpe.model"
UNIGRAM = 1
NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4
"""Types of pieces in a SentencePiece model."""


def read_vocabulary(lines: Path, model: Path) -> Vocabulary:
    """The vocabulary of both files: ids by line, scores and rules from the model.

    Lines like `[MARK]` that the model lacks are special tokens, which a text may name.

    Raises:
        ValueError: a file that is broken or of another kind; files that do not belong together.
    """
    pieces = _read_lines(lines)
    proto = _read_model(model.read_bytes(), str(model))
    scores = _scores(proto)
    special = tuple(piece for piece in pieces if piece not in scores)
    for number, piece in enumerate(pieces, 1):
        if piece not in scores and piece not in SPECIAL and not re.fullmatch(r"\[\S+\]", piece):
            raise ValueError(
                f"line {number} of {lines}, {piece!r}, is no piece of {model}: the two do not "
                "belong together."
            )
    lacking = [name for name in SPECIAL if name not in special]
    lacking += sorted(scores.keys() - set(pieces))
    if lacking:
        raise ValueError(
            f"{lines} has no line for {lacking[0]!r}, which {model} needs: the two do not belong "
            "together."
        )
    return Vocabulary(
        scores={piece: scores.get(piece, 0.0) for piece in pieces},
        charsmap=proto.normalizer_spec.precompiled_charsmap,
        special=special,
    )


def model_vocabulary(model: bytes, name: str = "the model") -> Vocabulary:
    """The vocabulary of a SentencePiece model alone, with the ids that ERNIE-M's would have.

    Raises:
        ValueError: it is broken, or no Unigram model.
    """
    proto = _read_model(model, name)
    *first, last = SPECIAL
    scores = {**dict.fromkeys(first, 0.0), **_scores(proto), last: 0.0}
    return Vocabulary(scores=scores, charsmap=proto.normalizer_spec.precompiled_charsmap)


def sentencepiece_model(vocabulary: Vocabulary) -> bytes:
    """A SentencePiece model with the pieces of a vocabulary, in the order of their ids."""
    proto = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    for name, kind in (("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)):
        proto.pieces.add(piece=name, score=0.0, type=kind)
    for piece, score in vocabulary.scores.items():
        if piece not in vocabulary.special:
            proto.pieces.add(piece=piece, score=score, type=NORMAL)
    return _finished(proto, vocabulary)


def numbered_model(vocabulary: Vocabulary, unknown: int) -> bytes:
    """A SentencePiece model whose ids are those of the vocabulary, special ones too."""
    proto = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    for number, (piece, score) in enumerate(vocabulary.scores.items()):
        kind = CONTROL if piece in vocabulary.special else NORMAL
        kind = UNKNOWN if number == unknown else kind
        proto.pieces.add(piece=piece, score=score, type=kind)
    return _finished(proto, vocabulary)


def _finished(proto: Any, vocabulary: Vocabulary) -> bytes:
    proto.trainer_spec.model_type = UNIGRAM
    proto.trainer_spec.vocab_size = len(proto.pieces)
    proto.normalizer_spec.name = "nmt_nfkc" if vocabulary.charsmap else "identity"
    proto.normalizer_spec.precompiled_charsmap = vocabulary.charsmap
    return bytes(proto.SerializeToString())


def _read_lines(file: Path) -> list[str]:
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not UTF-8, at byte {error.start}.") from error
    pieces = re.split("\r\n|\r|\n", text.removesuffix("\n").removesuffix("\r"))
    places: dict[str, int] = {}
    for number, piece in enumerate(pieces, 1):
        if piece in places:
            raise ValueError(f"{file} has {piece!r} twice, on lines {places[piece]} and {number}.")
        places[piece] = number
    return pieces


def _read_model(content: bytes, name: str) -> Any:
    proto = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    try:
        proto.ParseFromString(content)
    except DecodeError as error:
        raise ValueError(f"{name} is no SentencePiece model, or one that was cut off.") from error
    if not proto.pieces:
        raise ValueError(f"{name} is a SentencePiece model without pieces, or an empty file.")
    if proto.trainer_spec.model_type != UNIGRAM or proto.trainer_spec.byte_fallback:
        raise ValueError(
            f"{name} is another kind of model than ERNIE-M's, a Unigram without bytes."
        )
    rules = proto.normalizer_spec
    if not (rules.add_dummy_prefix and rules.remove_extra_whitespaces and rules.escape_whitespaces):
        raise ValueError(f"{name} treats white space otherwise than ERNIE-M's model.")
    return proto


def _scores(proto: Any) -> dict[str, float]:
    return {
        piece.piece: piece.score for piece in proto.pieces if piece.type in (NORMAL, USER_DEFINED)
    }
