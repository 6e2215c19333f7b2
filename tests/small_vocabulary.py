"""A vocabulary made by hand, with all that the segmentations treat apart; and odd texts."""

# ruff: noqa: SIM905  lists of a hundred short strings are read more easily as one

import numpy as np
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2

from erniem.tokenization.vocabulary import SPECIAL, Vocabulary
from invented import CYRILLIC, GREEK, SYLLABLES, invented

__all__ = ["odd_texts", "small_vocabulary"]

WORDS = invented(8, words=30)
SCRIPTS = [str.maketrans("", ""), GREEK, CYRILLIC]
PIECES = [
    *"▁ , . ; : ? ! ~ ; ' \" - ( ) [ ] % …".split(),
    *"0123456789",
    *"▁2013, ▁2013 2013 13, 13 ▁20 ▁1 ▁13, 9. ▁9. 中国 中 国 2013年 年 ▁2013年 ▁中国".split(),
    "平成",
    *"▁the the ▁a ab, ▁ab1 ab1 cd2e é ▁é ñ ক ো ▁কো া ে กำ ก ำ ั का क ा ि ् ष".split(),
    *"한 국 ▁한국 ア ガ".split(),
    *"، ؟ ا ل م ▁ال ש ל ו ם 😀 ▁😀 👍 ① 1⁄2 ⁄ ✓ 【 】 《 》 、 。 ，".split(),
]
"""Beside syllables, words and letters."""
ODD = [
    *"a b c 0 1 2 3 9 13 2013 中 国 年 ， 。 ; : ? ! ~ 【 】 《 》 、 ( ) [ ] % ' \" -".split(),
    *"“ ” ‘ ’ — – … ﬁ ½ Ⅷ ㍻ ① ² ０ １３ ， Ａ ｂ ｱ ｶﾞ ｡".split(),
    *"é e\u0301 n\u0303 a\u0301\u0323 ｂ\u0301 ক\u09c7\u09be ন\u09bc กำ น้ํา क\u094dष ि".split(),
    "\u0301",
    *"한국 \u1112\u1161\u11ab ア カ\u3099 שלום שָׁלוֹם العربية مُحَمَّد نمی\u200cخواهم".split(" "),
    *"😀 👍🏽 👨\u200d👩\u200d👧 🇩🇪 ❤\ufe0f 𝔘 𠀀".split(" "),
    *("\u200b", "\u200c", "\u200d", "\u200e", "\u202e", "\ufeff", "\u00ad", "\x01", "\x7f"),
    *("\x85", "\u2028", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2003"),
    *(" ", "  ", "▁", "▁▁", "[", "CLS", "Ж", "ß", "İ", "ſ", "2013,", "13,", "9.", "13,9", "ab,1"),
]
"""What odd texts are put together from."""


def small_vocabulary() -> Vocabulary:
    """About 400 pieces, with the rules that XLM-R's model has too."""
    spec = spm.SentencePieceNormalizer(rule_name="nmt_nfkc").serialized_normalizer_spec()
    rules = sentencepiece_model_pb2.NormalizerSpec.FromString(spec).precompiled_charsmap
    words = sorted({word for line in WORDS for word in line.split()})
    texts = [*SYLLABLES, *words, *"abcdefghijklmnoprstuv"]
    made = [text.translate(script) for script in SCRIPTS for text in texts]
    pieces = dict.fromkeys([*PIECES, *made, *(f"▁{text}" for text in made)])
    # Longer is likelier, as ever; no two splits of a text are equally likely.
    drawn = np.random.default_rng(0).uniform(4, 12, len(pieces)).astype(np.float32)
    scores = {
        piece: -float(score) / (1 + len(piece) // 3)
        for piece, score in zip(pieces, drawn, strict=True)
    }
    *first, last = SPECIAL
    return Vocabulary(scores={**dict.fromkeys(first, 0.0), **scores, last: 0.0}, charsmap=rules)


def odd_texts(count: int, seed: int = 0) -> list[str]:
    """Texts put together by chance, some of them words, some of a single kind, some long."""
    rng = np.random.default_rng(seed)
    stock = [*ODD, *(word for line in WORDS for word in line.split())]
    texts = []
    for _ in range(count):
        kinds = rng.choice(len(stock), size=rng.integers(1, 12))
        length = int(rng.choice([1, 2, 4, 8, 16, 200], p=[0.1, 0.2, 0.3, 0.25, 0.14, 0.01]))
        texts.append("".join(stock[kind] for kind in rng.choice(kinds, size=length)))
    return texts
