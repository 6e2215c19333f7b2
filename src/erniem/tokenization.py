"""The tokeniser: a SentencePiece Unigram vocabulary, trained by us, run by `tokenizers`.

Ids as in the published vocabulary: [CLS] 0, [PAD] 1, [SEP] 2, [UNK] 3, pieces from 4, [MASK] last.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterable
from pathlib import Path

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.models import Unigram
from tokenizers.normalizers import Precompiled, Replace, Sequence, Strip
from tokenizers.pre_tokenizers import Metaspace
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from erniem.packing import SpecialIds

__all__ = ["ErnieMTokenizer", "fingerprint", "open_tokenizer", "special_ids", "train_tokenizer"]

CLS, PAD, SEP, UNK, MASK = "[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"


class ErnieMTokenizer(PreTrainedTokenizerFast):
    """A fast tokeniser with ERNIE-M's frame: `[CLS] A [SEP]`, `[CLS] A [SEP] [SEP] B [SEP]`."""

    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012  transformers declares it so


def train_tokenizer(
    sentences: Iterable[str],
    *,
    vocabulary_size: int,
    character_coverage: float = 0.9995,
    max_sentences: int = 1_000_000,
    threads: int = 2,
) -> ErnieMTokenizer:
    """Trains a Unigram vocabulary (Kudo, 2018) on sentences.

    Args:
        sentences: the text, in the mix in which languages should get pieces.
        vocabulary_size: ids V, the five special ones counted.
        character_coverage: share of the characters seen that the vocabulary spells.
        max_sentences: no more than this many are used, drawn from all of them.
        threads: threads of the trainer.

    Raises:
        ValueError: text that is too little for so many pieces, or has too many characters.

    Example: `train_tokenizer(lines, vocabulary_size=16_000)("Hallo").input_ids` → `[0, …, 2]`.
    """
    model = io.BytesIO()
    try:
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            model_type="unigram",
            vocab_size=vocabulary_size - 2,  # its <s>, </s>, <unk> become four; and [MASK]
            character_coverage=character_coverage,
            input_sentence_size=max_sentences,
            shuffle_input_sentence=True,
            num_threads=threads,
            minloglevel=2,
        )
    except (RuntimeError, OSError) as error:
        raise ValueError(
            f"no vocabulary of {vocabulary_size} pieces can be trained on this text: "
            f"{_shortage(str(error))}."
        ) from error
    return from_sentencepiece(model.getvalue())


def _shortage(said: str) -> str:
    """What SentencePiece lacks, and the way out, in our count of pieces (two more than its)."""
    if most := re.search(r"set it to a value <= (\d+)", said):
        return f"it has enough for {int(most[1]) + 2}; give more text or ask for fewer pieces"
    if least := re.search(r"required_chars\. \d+ vs (\d+)", said):
        return f"its characters alone take {int(least[1]) + 2}; ask for more pieces"
    return f"{said}; give more text or another number of pieces"


def from_sentencepiece(model: bytes) -> ErnieMTokenizer:
    """The fast tokeniser that splits as a SentencePiece Unigram model does.

    Args:
        model: contents of a `sentencepiece.bpe.model`.
    """
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)  # type: ignore[attr-defined]
    # Type 1 is a plain piece, 4 one that the user defined; the rest are <unk>, <s>, </s>.
    pieces = [(piece.piece, piece.score) for piece in proto.pieces if piece.type in (1, 4)]
    specials = [(name, 0.0) for name in (CLS, PAD, SEP, UNK)]
    tokenizer = Tokenizer(Unigram([*specials, *pieces, (MASK, 0.0)], unk_id=3))
    charsmap = proto.normalizer_spec.precompiled_charsmap
    tokenizer.normalizer = Sequence([Precompiled(charsmap), Strip(), Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")
    tokenizer.decoder = MetaspaceDecoder(prepend_scheme="always")
    tokenizer.post_processor = TemplateProcessing(
        single=f"{CLS} $A {SEP}",
        pair=f"{CLS} $A {SEP} {SEP} $B {SEP}",
        special_tokens=[(CLS, 0), (SEP, 2)],
    )
    return ErnieMTokenizer(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        cls_token=CLS,
        pad_token=PAD,
        sep_token=SEP,
        unk_token=UNK,
        mask_token=MASK,
        model_max_length=512,
    )


def open_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """The tokeniser in a folder: ours, XLM-R's, any fast one with the five special tokens.

    Raises:
        ValueError: no tokeniser in it.
    """
    if not (folder / "tokenizer.json").is_file():
        raise ValueError(
            f"{folder} holds no tokeniser (no tokenizer.json): name a folder that "
            "save_pretrained wrote, or none to train one."
        )
    from transformers import AutoTokenizer  # which registers ours, so it comes after us

    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert isinstance(tokenizer, PreTrainedTokenizerFast), "a tokenizer.json makes a fast one"
    special_ids(tokenizer)
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
    """A hash of what decides the ids: model, normaliser, splitting, special tokens."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    parts = {key: state[key] for key in ("model", "normalizer", "pre_tokenizer", "added_tokens")}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
