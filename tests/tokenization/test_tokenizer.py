"""What a fast tokeniser of transformers promises, in all three segmentations; and bad input."""

import copy
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers import AddedToken

from erniem.tokenization import SEGMENTATIONS, ErnieMTokenizer, fingerprint
from small_vocabulary import WORDS, odd_texts

Of = Callable[[str], ErnieMTokenizer]
A = "the 2013, “ab,1” 中国2013年 ﬁ e\u0301"
B = "Ab1 cd2e 13,9 ½！"


@pytest.fixture(params=SEGMENTATIONS)
def tokenizer(request: pytest.FixtureRequest, tokenizer_of: Of) -> ErnieMTokenizer:
    return tokenizer_of(request.param)


@pytest.mark.parametrize(
    ("first", "second"),
    [(A, B), (" ".join(WORDS[:3]), WORDS[3]), (WORDS[0], B), (A, WORDS[0])],
    ids=["exact", "plain", "plain and exact", "exact and plain"],
)
def test_a_pair_has_the_frame_and_its_sides(
    tokenizer: ErnieMTokenizer, first: str, second: str
) -> None:
    one, other = (tokenizer(text, add_special_tokens=False).input_ids for text in (first, second))
    pair = tokenizer(first, second, return_special_tokens_mask=True)
    assert pair.input_ids == [0, *one, 2, 2, *other, 2]
    assert pair.sequence_ids() == [None, *[0] * len(one), None, None, *[1] * len(other), None]
    special = [1, *[0] * len(one), 1, 1, *[0] * len(other), 1]
    assert pair.special_tokens_mask == special
    assert pair.attention_mask == [1] * len(pair.input_ids)


def test_places_lead_from_characters_to_tokens_and_back(tokenizer: ErnieMTokenizer) -> None:
    encoded = tokenizer(A, B)
    for sequence, text in enumerate((A, B)):
        for place, char in enumerate(text):
            token = encoded.char_to_token(place, sequence_index=sequence)
            assert (token is None) == (char == " ")
            if token is not None:
                span = encoded.token_to_chars(token)
                assert span.start <= place < span.end


def test_words_are_those_between_spaces(tokenizer: ErnieMTokenizer) -> None:
    encoded = tokenizer(A, add_special_tokens=False, return_offsets_mapping=True)
    words = A.split(" ")
    for (start, end), word in zip(encoded.offset_mapping, encoded.word_ids(), strict=True):
        assert A[start:end] in words[word]


def test_given_words_keep_their_numbers(tokenizer: ErnieMTokenizer) -> None:
    words = ["the", "", "2013,", "中国 e\u0301", "ab1"]
    encoded = tokenizer(words, is_split_into_words=True, return_offsets_mapping=True)
    alone = [tokenizer(word, add_special_tokens=False) for word in words]
    assert encoded.input_ids == [0, *(piece for word in alone for piece in word.input_ids), 2]
    numbers = [place for place, word in enumerate(alone) for _ in word.input_ids]
    assert encoded.word_ids() == [None, *numbers, None]
    for (start, end), place in list(zip(encoded.offset_mapping, encoded.word_ids(), strict=True)):
        assert place is None or 0 <= start < end <= len(words[place])
    pair = tokenizer([words], [words[::-1]], is_split_into_words=True)
    assert pair.input_ids[0].count(2) == 3


def test_windows_overlap_by_the_stride(tokenizer: ErnieMTokenizer) -> None:
    long = " ".join([A, *WORDS[0].split()])
    whole = tokenizer(long, add_special_tokens=False).input_ids
    windows = tokenizer(
        [long, "the"],
        truncation=True,
        max_length=8,
        stride=2,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        padding=True,
    )
    assert set(map(len, windows.input_ids)) == {8}
    samples = windows.overflow_to_sample_mapping
    assert samples == [*[0] * (len(samples) - 1), 1]
    together: list[int] = []
    for ids, mask in zip(windows.input_ids[:-1], windows.attention_mask, strict=False):
        inner = ids[1 : sum(mask) - 1]
        together += inner[2 if together else 0 :]
    assert together == whole


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_batch_is_padded_to_its_longest(tokenizer: ErnieMTokenizer, side: str) -> None:
    texts = [A, "the", B]
    alone = [tokenizer(text).input_ids for text in texts]
    batch = tokenizer(texts, padding=True, padding_side=side)
    assert {len(row) for row in batch.input_ids} == {max(map(len, alone))}
    for row, mask, ids in zip(batch.input_ids, batch.attention_mask, alone, strict=True):
        assert [piece for piece, real in zip(row, mask, strict=True) if real] == ids
        assert row.count(1) == len(row) - len(ids)
    assert len(tokenizer(texts, padding="max_length", max_length=40).input_ids[1]) == 40
    assert len(tokenizer(texts, padding=True, pad_to_multiple_of=16).input_ids[1]) % 16 == 0


def test_padding_counts_the_parts_and_not_the_pieces(tokenizer: ErnieMTokenizer) -> None:
    for text in odd_texts(100, seed=5):
        alone = max(len(tokenizer(each).input_ids) for each in (text, "the"))
        assert {len(row) for row in tokenizer([text, "the"], padding=True).input_ids} == {alone}


@pytest.mark.parametrize("strategy", ["longest_first", "only_second"])
def test_pairs_are_cut_as_elsewhere(tokenizer: ErnieMTokenizer, strategy: str) -> None:
    one, other = tokenizer("the").input_ids, tokenizer(A).input_ids
    cut = tokenizer("the", A, truncation=strategy, max_length=10).input_ids
    assert cut == [*one, 2, *other[1 : 10 - len(one) - 1], 2]


def test_special_tokens_in_a_text_stand_for_themselves(tokenizer: ErnieMTokenizer) -> None:
    text = "the [MASK] 2013, [SEP]e\u0301"
    encoded = tokenizer(text, return_offsets_mapping=True)
    assert encoded.input_ids.count(tokenizer.mask_token_id) == 1
    spans = [text[start:end] for start, end in encoded.offset_mapping]
    assert spans[encoded.input_ids.index(tokenizer.mask_token_id)] == "[MASK]"
    assert "e\u0301" in spans
    more = copy.deepcopy(tokenizer)
    more.add_tokens([AddedToken("<e1>", special=True), AddedToken("3年")])
    assert more(f"{A}<e1>").input_ids.count(len(tokenizer)) == 1
    assert more(f"{A}<e1>").input_ids.count(len(tokenizer) + 1) == 1


def test_decoding_gives_the_text_back(tokenizer_of: Of) -> None:
    official = tokenizer_of("official")
    for text in WORDS:
        assert official.decode(official(text).input_ids, skip_special_tokens=True) == text
    assert tokenizer_of("paddlenlp").tokenize("the 2013,") == ["▁the", "2013", ","]
    assert official.decode(4) == official.convert_ids_to_tokens(4).replace("▁", "")


@pytest.mark.parametrize("ids", [[10**6], [-1], [4, -100], [2**40]])
def test_ids_that_are_none_are_refused(tokenizer_of: Of, ids: list[int]) -> None:
    with pytest.raises(ValueError, match=f"{ids[-1]} is the id of no piece: they go from 0 to"):
        tokenizer_of("official").decode(ids)


def test_copies_and_saved_ones_are_the_same(tokenizer: ErnieMTokenizer, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    texts = odd_texts(100)
    expected = tokenizer(texts).input_ids
    copies = [
        ErnieMTokenizer.from_pretrained(tmp_path),
        pickle.loads(pickle.dumps(tokenizer)),
        copy.deepcopy(tokenizer),
    ]
    for other in copies:
        assert other.segmentation == tokenizer.segmentation
        assert other(texts).input_ids == expected
        assert fingerprint(other) == fingerprint(tokenizer)


def test_sentencepiece_waits_for_a_text(tokenizer_of: Of, tmp_path: Path) -> None:
    tokenizer = copy.deepcopy(tokenizer_of("official"))
    tokenizer.add_tokens(["<new>", AddedToken("ab1", normalized=False)])
    assert tokenizer.convert_tokens_to_ids("<new>") == len(tokenizer) - 1
    tokenizer.save_pretrained(tmp_path)
    assert "splitter" not in vars(tokenizer._tokenizer)
    # A piece stays a piece in what was opened without the token, however late it is made.
    assert tokenizer("xａｂ１").input_ids == tokenizer_of("official")("xａｂ１").input_ids
    assert "splitter" in vars(tokenizer._tokenizer)


def test_another_segmentation_is_another_fingerprint(tokenizer_of: Of) -> None:
    assert len({fingerprint(tokenizer_of(name)) for name in SEGMENTATIONS}) == 3


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"add_special_tokens": False},
        {"truncation": True, "max_length": 5},
        {"truncation": "only_first", "max_length": 7, "padding": "max_length"},
        {"padding": True, "padding_side": "left", "pad_to_multiple_of": 8},
    ],
)
def test_ids_alone_are_those_of_the_encodings(
    tokenizer: ErnieMTokenizer, options: dict[str, object]
) -> None:
    texts = [*odd_texts(300, seed=6), A, B]
    alone = tokenizer(texts, **options)
    whole = tokenizer(texts, return_offsets_mapping=True, **options)
    assert alone.input_ids == whole.input_ids == [one.ids for one in alone.encodings]
    assert alone.attention_mask == whole.attention_mask
    assert [one.offsets for one in alone.encodings] == whole.offset_mapping


def test_the_side_that_is_cut_is_the_tokenisers(tokenizer: ErnieMTokenizer) -> None:
    other = copy.deepcopy(tokenizer)
    other.truncation_side = "left"
    for one in (tokenizer, other):
        alone = one(A, truncation=True, max_length=6)
        assert alone.input_ids == alone.encodings[0].ids
    assert other(A, truncation=True, max_length=6).input_ids[1:] == other(A).input_ids[-5:]


def test_ids_alone_know_their_places_when_asked(tokenizer: ErnieMTokenizer) -> None:
    texts = ["the", "the 2013,"]
    for batch in (tokenizer(texts), pickle.loads(pickle.dumps(tokenizer(texts)))):
        assert batch.is_fast
        assert batch.tokens(1) == tokenizer.convert_ids_to_tokens(batch.input_ids[1])
        assert batch.char_to_token(1, 0) == 1
        assert batch.word_ids(0)[0] is None
    assert tokenizer(A, return_tensors="np").input_ids.shape == (1, len(tokenizer(A).input_ids))


def test_a_batch_worth_threads_is_as_without(
    tokenizer: ErnieMTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = odd_texts(200, seed=8)
    threads = tokenizer(texts).input_ids
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "false")
    assert tokenizer(texts).input_ids == threads


def test_one_text_and_a_batch_give_the_same(tokenizer: ErnieMTokenizer) -> None:
    texts = odd_texts(50, seed=4)
    assert tokenizer(texts).input_ids == [tokenizer(text).input_ids for text in texts]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\ud800b", r"lone surrogate, U\+D800, at 1"),
        (["the", "\udfff"], r"lone surrogate, U\+DFFF, at 0"),
        (["the", None], "a text of the batch is None"),
        (b"the", "not bytes: b'the'. Decode bytes first"),
        (["the", b"\xff"], "not bytes"),
        (7, "not int: 7"),
        (None, "specify either"),
    ],
)
def test_what_is_no_text_is_refused(tokenizer: ErnieMTokenizer, text: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tokenizer(text)
    assert tokenizer("the").input_ids  # and it works as before


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\x01", "[SEP]", "▁", "\0"])
def test_almost_nothing_is_a_text_too(tokenizer: ErnieMTokenizer, text: str) -> None:
    encoded = tokenizer(text, return_offsets_mapping=True)
    assert encoded.input_ids[0] == 0
    assert encoded.input_ids[-1] == 2
    assert all(end <= len(text) for _, end in encoded.offset_mapping)


@pytest.mark.parametrize("unit", ["a", "the 2013, ", "中国", "কো"])
def test_a_line_without_end_takes_time_by_its_length(tokenizer_of: Of, unit: str) -> None:
    """1 MB; 10 MB take ten times as long, which docs/log.md has."""
    text = unit * (1_000_000 // len(unit.encode()))
    start = time.process_time()
    encoded = tokenizer_of("official")(text, truncation=True, max_length=512)
    assert len(encoded.input_ids) == 512
    assert time.process_time() - start < 20
