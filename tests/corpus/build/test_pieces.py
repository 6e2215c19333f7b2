"""A tokeniser of another origin encodes a corpus: the pieces are those that it gives by itself."""

from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import Precompiled
from tokenizers.pre_tokenizers import Metaspace
from transformers import PreTrainedTokenizerFast

from erniem.corpus.build.pieces import Splitter
from erniem.tokenization.vocabulary import CLS, MASK, PAD, SEP, UNK
from small_vocabulary import odd_texts, small_vocabulary


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerFast:
    """Splits words alone, as XLM-R's does."""
    vocabulary = small_vocabulary()
    pieces = list(vocabulary.scores.items())
    backend = Tokenizer(Unigram(pieces, unk_id=list(vocabulary.scores).index(UNK)))
    backend.normalizer = Precompiled(vocabulary.charsmap)
    backend.pre_tokenizer = Metaspace(prepend_scheme="always", split=True)
    special = (CLS, PAD, SEP, UNK, MASK)
    backend.add_special_tokens([AddedToken(name, normalized=False) for name in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        cls_token=CLS,
        pad_token=PAD,
        sep_token=SEP,
        unk_token=UNK,
        mask_token=MASK,
    )


def test_a_tokeniser_that_splits_words_alone_is_read_from_its_folder(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    tokenizer.save_pretrained(tmp_path)
    splitter = Splitter.open(tmp_path)
    texts = [*odd_texts(50), "bade ☃"]
    pieces = splitter.split(texts, most=10_000)
    rows = tokenizer(texts, add_special_tokens=False).input_ids
    assert pieces.tokens.tolist() == [one for row in rows for one in row]
    assert pieces.lengths.tolist() == [len(row) for row in rows]
    assert (splitter.size, splitter.unknown) == (len(tokenizer), tokenizer.unk_token_id)
    assert splitter.unknown in pieces.tokens
