"""A tokeniser from other people's formats, and as them: SentencePiece's two files, and XLM-R's."""

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, normalizers
from transformers import PreTrainedTokenizerFast, XLMRobertaTokenizer

from erniem.tokenization.files import model_vocabulary, sentencepiece_model
from erniem.tokenization.normalization import charsmap_of
from erniem.tokenization.segmentation import DEFAULT, segmentation_named
from erniem.tokenization.tokenizer import ErnieMTokenizer
from erniem.tokenization.vocabulary import SPECIAL, Vocabulary, backend_of, vocabulary_of

__all__ = [
    "SEGMENTATION",
    "from_sentencepiece",
    "from_xlm_roberta",
    "save_portable",
    "to_sentencepiece",
    "to_xlm_roberta",
]

XLM_R = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
"""XLM-R's names of the special tokens, in the order of ours."""

SEGMENTATION = "segmentation"
"""What names our segmentation in a tokenizer_config.json, whatever class it names."""

CLEANING = (
    ("[“”]", '"'),
    ("[‘’]", "'"),
    ("—", "-"),
    (r"[\t\n\r\p{Zs}]", " "),
    (r"[\p{Cc}\p{Cf}]", ""),
)
"""The official cleaning, as steps that every reader of a tokenizer.json can take."""


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
    if isinstance(source, Path):
        theirs = source.read_text(encoding="utf-8")
    else:
        theirs = source.backend_tokenizer.to_str()
    state = json.loads(theirs)
    pieces = [piece for piece, _ in state["model"]["vocab"]] if "unk_id" in state["model"] else []
    if lacking := [name for name in XLM_R if name not in pieces]:
        raise ValueError(f"{source} is no tokeniser like XLM-R's: it has no piece {lacking[0]}.")
    ours = dict(zip(XLM_R, SPECIAL, strict=True))
    added = [_added_token(token) for token in state["added_tokens"] if token["content"] not in ours]
    vocabulary = Vocabulary(
        scores={ours.get(piece, piece): score for piece, score in state["model"]["vocab"]},
        charsmap=charsmap_of(Tokenizer.from_str(theirs).normalizer),
    )
    tokenizer = ErnieMTokenizer(
        tokenizer_object=backend_of(vocabulary),
        segmentation=segmentation,
        do_lower_case=_lowers(state["normalizer"]),
    )
    tokenizer.add_tokens(added)
    return tokenizer


def _added_token(facts: dict[str, Any]) -> AddedToken:
    """A token as a tokenizer.json describes it."""
    return AddedToken(**{name: value for name, value in facts.items() if name != "id"})


def _lowers(normalizer: dict[str, Any] | None) -> bool:
    """Whether a normaliser, as a tokenizer.json has it, puts letters in lower case."""
    steps = (normalizer or {}).get("normalizers", [normalizer or {}])
    return any(step.get("type") == "Lowercase" for step in steps)


def to_xlm_roberta(tokenizer: ErnieMTokenizer) -> XLMRobertaTokenizer:
    """transformers' XLM-R tokeniser with the same ids, for tools that know no other.

    It splits into plain pieces: what the segmentation changes is lost.
    """
    vocabulary = vocabulary_of(tokenizer.backend_tokenizer)
    theirs = dict(zip(SPECIAL, XLM_R, strict=True))
    charsmap: Any = vocabulary.charsmap or None  # bytes, whatever its annotation says
    made = XLMRobertaTokenizer(
        vocab=[(theirs.get(piece, piece), score) for piece, score in vocabulary.scores.items()],
        _spm_precompiled_charsmap=charsmap,
        model_max_length=tokenizer.model_max_length,
    )
    added = sorted(tokenizer.backend_tokenizer.get_added_tokens_decoder().items())
    made.add_tokens([token for _, token in added if token.content not in SPECIAL])
    return made


def save_portable(
    tokenizer: PreTrainedTokenizerFast, folder: Path, *, max_length: int | None = None
) -> None:
    """Writes a tokeniser for readers of tokenizer.json that know nothing of us.

    Ours gets XLM-R's special tokens, and cleans and lowers as it did. What its segmentation changes
    afterwards is lost on others, but named: `open_tokenizer` gives the tokeniser back as it was.

    Args:
        tokenizer: ours, or any other, which is written as it is.
        folder: gets tokenizer.json and tokenizer_config.json.
        max_length: tokens that the model reads at most, if those are fewer than the tokeniser says.
    """
    portable: Any = tokenizer
    more: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast"}  # reads all of the JSON
    if isinstance(tokenizer, ErnieMTokenizer):
        portable = to_xlm_roberta(tokenizer)
        steps = [*_before(tokenizer), portable.backend_tokenizer.normalizer]
        portable.backend_tokenizer.normalizer = normalizers.Sequence(steps)
        more[SEGMENTATION] = tokenizer.segmentation
    portable.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    said = json.loads(path.read_text(encoding="utf-8")) | more
    if max_length is not None:
        said["model_max_length"] = min(max_length, tokenizer.model_max_length)
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _before(tokenizer: ErnieMTokenizer) -> list[normalizers.Normalizer]:
    """What ours does to a text before the rules of its SentencePiece model."""
    steps: list[normalizers.Normalizer] = []
    if tokenizer.init_kwargs.get("do_lower_case"):
        steps.append(normalizers.Lowercase())
    if segmentation_named(tokenizer.segmentation).cleans:
        steps += [normalizers.Replace(Regex(what), by) for what, by in CLEANING]
    return steps
