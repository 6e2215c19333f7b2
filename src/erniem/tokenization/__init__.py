"""The tokeniser: a SentencePiece Unigram vocabulary, in three segmentations, run by `tokenizers`.

Ids as in the published vocabulary: [CLS] 0, [PAD] 1, [SEP] 2, [UNK] 3, pieces from 4, [MASK] last.
"""

from erniem.tokenization.exchange import (
    from_sentencepiece,
    from_xlm_roberta,
    save_portable,
    to_sentencepiece,
    to_xlm_roberta,
)
from erniem.tokenization.opening import fingerprint, is_segmenting, open_tokenizer, special_ids
from erniem.tokenization.segmentation import SEGMENTATIONS
from erniem.tokenization.tokenizer import ErnieMTokenizer
from erniem.tokenization.training import train_tokenizer

__all__ = [
    "SEGMENTATIONS",
    "ErnieMTokenizer",
    "fingerprint",
    "from_sentencepiece",
    "from_xlm_roberta",
    "is_segmenting",
    "open_tokenizer",
    "save_portable",
    "special_ids",
    "to_sentencepiece",
    "to_xlm_roberta",
    "train_tokenizer",
]
