"""Contexts in made-up Thai, Chinese, Arabic and with combining marks, and a tokeniser for them."""

from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from sentencepiece import SentencePieceNormalizer

from erniem.tasks.answer import Question
from erniem.tokenization import ErnieMTokenizer
from erniem.tokenization.files import sentencepiece_model
from erniem.tokenization.vocabulary import Vocabulary
from invented import SYLLABLES
from small_vocabulary import small_vocabulary

__all__ = ["UNITS", "ask", "contexts", "write_tokenizer"]

UNITS = {
    "th": ["กา", "นี่", "เมือ", "ไต", "รู้", "ซำ", "ปึ", "ฟ้า", "โห", "๑๒"],
    "zh": [*"山水火木金土日月明林", "２０", "3年", "，", "。", "“"],
    "ar": ["با", "تِي", "نُو", "الر", "وَ", "سـا", "فَّ", "كًا", "،"],
    "marks": [
        *("e\u0301", "n\u0303", "a\u0301\u0323", "q\u0308\u0304", "ক\u09c7\u09be", "क\u094dष"),
        *("\u1112\u1161\u11ab", "한", "カ\u3099", "ﬁ", "½", "㍻", "①", "😀", "👍🏽", "\u200d"),
    ],
    "latin": [*SYLLABLES, "Ba", "de,", "13,"],
}
"""Syllables by script: put together by chance they say nothing."""

JOINED = {"th": ["", "", " "], "zh": [""], "ar": ["", " "], "marks": ["", " ", "  ", "\u00a0"]}
"""What stands between two of them; a space where nothing is said."""


def contexts(*, longest: int = 40) -> st.SearchStrategy[str]:
    """Texts of up to so many syllables of one script, some with white space at their ends."""

    def of(script: str) -> st.SearchStrategy[str]:
        parts = st.tuples(
            st.sampled_from(UNITS[script]), st.sampled_from(JOINED.get(script, [" "]))
        )
        texts = st.lists(parts, min_size=1, max_size=longest)
        return texts.map(lambda pairs: "".join(unit + between for unit, between in pairs))

    ends = st.sampled_from(["", "", " ", "\n"])
    return st.builds(
        lambda left, text, right: left + text + right,
        ends,
        st.sampled_from(list(UNITS)).flatmap(of),
        ends,
    )


def ask(
    context: str,
    place: tuple[int, int] | None = None,
    *,
    question: str = "ba de",
    name: str = "q",
) -> Question:
    """A question whose answer is these characters; without an answer if they are none."""
    answers = () if place is None else ((context[slice(*place)], place[0]),)
    return Question(id=name, question=question, context=context, answers=answers)


def write_tokenizer(folder: Path) -> None:
    """One that knows every character of the scripts, and some pairs of them."""
    known = small_vocabulary()
    *first, last = known.scores.items()
    normalizer = SentencePieceNormalizer(rule_name="nmt_nfkc")
    letters = dict.fromkeys("".join(normalizer.Normalize("".join(UNITS[one])) for one in UNITS))
    texts = [normalizer.Normalize("".join(units)) for units in UNITS.values()]
    pairs = {text[place : place + 2] for text in texts for place in range(0, len(text) - 1, 3)}
    drawn = np.random.default_rng(0)
    fresh = {
        piece: -float(drawn.uniform(4, 12)) / len(piece)
        for piece in [*letters, *sorted(pairs)]
        if piece not in known.scores and " " not in piece
    }
    vocabulary = Vocabulary(scores=dict([*first, *fresh.items(), last]), charsmap=known.charsmap)
    (folder / "sentencepiece.bpe.model").write_bytes(sentencepiece_model(vocabulary))
    (folder / "vocab.txt").write_text(
        "".join(f"{piece}\n" for piece in vocabulary.scores), encoding="utf-8"
    )
    ErnieMTokenizer.from_pretrained(folder).save_pretrained(folder)
