"""A memory of words gives the pieces that the tokeniser gives by itself."""

from itertools import chain

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Regex, Tokenizer, pre_tokenizers
from tokenizers.models import Unigram, WordLevel
from tokenizers.normalizers import NFKC, Precompiled, Replace, Sequence
from tokenizers.pre_tokenizers import Metaspace, WhitespaceSplit

from erniem.tokenization.words import MOST, WordMemory, splits_words_alone
from small_vocabulary import odd_texts, small_vocabulary

SPACES = Replace(Regex(" {2,}"), " ")


def like_xlm_r(normalizer: object = None) -> Tokenizer:
    """Normaliser, Metaspace and Unigram as XLM-R's tokenizer.json has them."""
    vocabulary = small_vocabulary()
    pieces = list(vocabulary.scores.items())
    tokenizer = Tokenizer(Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizer or Sequence([Precompiled(vocabulary.charsmap), SPACES])
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always", split=True)
    tokenizer.add_special_tokens([AddedToken(pieces[one][0], special=True) for one in (0, 1)])
    return tokenizer


def like_transformers() -> Tokenizer:
    """The same as transformers 5 makes it of an XLMRobertaTokenizer."""
    tokenizer = like_xlm_r()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([WhitespaceSplit(), tokenizer.pre_tokenizer])
    tokenizer.normalizer = Precompiled(small_vocabulary().charsmap)
    return tokenizer


TOKENIZER, PEER = like_xlm_r(), like_xlm_r()
MEMORY = WordMemory(TOKENIZER)
THEIRS, THEIR_PEER = like_transformers(), like_transformers()
THEIR_MEMORY = WordMemory(THEIRS)


def by_memory(texts: list[str], memory: WordMemory = MEMORY) -> list[list[int]]:
    pieces, lengths = memory.split(texts)
    assert len(lengths) == len(texts)
    ids = iter(pieces.tolist())
    return [[next(ids) for _ in range(length)] for length in lengths]


def by_itself(texts: list[str], peer: Tokenizer = PEER) -> list[list[int]]:
    return [peer.encode(text, add_special_tokens=False).ids for text in texts]


@pytest.mark.parametrize("seed", [0, 1])
def test_odd_texts_have_the_pieces_of_the_tokeniser_itself(seed: int) -> None:
    texts = odd_texts(1500, seed)
    assert by_memory(texts) == by_itself(texts)
    assert by_memory(texts) == by_itself(texts)  # all words known
    assert by_memory(texts, THEIR_MEMORY) == by_itself(texts, THEIR_PEER)


def test_a_word_that_comes_again_is_not_split_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = WordMemory(TOKENIZER)
    memory.split(["bade fo ka", "mi"])
    asked: list[str] = []
    split = memory._split_whole
    monkeypatch.setattr(memory, "_split_whole", lambda texts: asked.extend(texts) or split(texts))
    memory.split(["ka fo", "bade mi", "lo mi lo"])
    assert asked == ["lo"]


@pytest.mark.parametrize(
    "text", ["fo \u0301bade", "fo\u0600 bade", "fo \u0e33", "fo  mi", "fo\u200b mi"]
)
def test_a_text_whose_normaliser_may_look_over_a_space_is_split_whole(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = WordMemory(TOKENIZER)
    asked: list[str] = []
    split = memory._split_whole
    monkeypatch.setattr(memory, "_split_whole", lambda texts: asked.extend(texts) or split(texts))
    memory.split([text])
    asked.clear()
    memory.split([text])
    assert asked == [text]


ALPHABET = list(
    {
        *chain.from_iterable(odd_texts(200, 3)),
        *"\u200b\u200c\u200d\u00a0\u0301\u0e33\u0600 \t\x1c\x85\u2028\u3000",
    }
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(ALPHABET, max_size=12), max_size=6))
@example(["", " ", "  a", "a  ", "a \u0301b", "a\u200b b", "\u0600 a", "▁a b", "a ▁"])
@example(["a [CLS] b", "[CLS]a b", "x [PAD]"])
def test_any_text_has_the_pieces_of_the_tokeniser_itself(texts: list[str]) -> None:
    assert by_memory(texts) == by_itself(texts)
    assert by_memory(texts, THEIR_MEMORY) == by_itself(texts, THEIR_PEER)


def test_a_full_memory_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST > 10_000
    monkeypatch.setattr("erniem.tokenization.words.MOST", 3)
    texts = ["bade fo ka mi", "lo bade mi", "ka ka fo"]
    assert [by_memory([text]) for text in texts] == [by_itself([text]) for text in texts]


def test_only_a_unigram_that_splits_at_spaces_is_remembered_by_words() -> None:
    assert splits_words_alone(like_xlm_r())
    assert splits_words_alone(like_transformers())
    assert not splits_words_alone(Tokenizer(WordLevel({"a": 0}, unk_token="a")))
    assert not splits_words_alone(like_xlm_r(NFKC()))
    unsplit = like_xlm_r()
    unsplit.pre_tokenizer = Metaspace(prepend_scheme="always", split=False)
    assert not splits_words_alone(unsplit)
    greedy = like_xlm_r()
    greedy.add_tokens([AddedToken("b", lstrip=True, normalized=False)])
    assert not splits_words_alone(greedy)
