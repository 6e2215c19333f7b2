"""The rules of the three segmentations, on pieces and texts made by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erniem.tokenization import SEGMENTATIONS, ErnieMTokenizer
from references.tokenize_as import official
from small_vocabulary import ODD, WORDS, odd_texts

Of = Callable[[str], ErnieMTokenizer]


def spelled(text: str) -> list[str]:
    """A stand-in for SentencePiece."""
    return {"13": ["▁", "13"], "2013": ["▁2013"], "9": ["▁9"]}[text]


@pytest.mark.parametrize(
    ("piece", "parts"),
    [
        ("▁2013,", ["▁2013", ","]),
        ("13,", ["13", ","]),
        ("9,", ["9", ","]),
        ("▁13,", ["▁", "13", ","]),
        (",", [","]),
        ("▁,", ["▁,"]),
        ("ab,", ["ab,"]),
        ("▁", ["▁"]),
    ],
)
def test_official_splits_a_number_from_its_comma(piece: str, parts: list[str]) -> None:
    assert SEGMENTATIONS["official"].parts([piece], 0, spelled) == parts


@pytest.mark.parametrize(
    ("piece", "parts"),
    [
        ("▁2013,", ["2013", ","]),
        ("▁2013年abc", ["2013", "年", "abc"]),
        ("▁中国", ["中", "国"]),
        ("▁abc1", ["▁abc", "1"]),
        ("cd2e", ["cd", "2", "e"]),
        ("▁a.b", ["▁a", ".", "b"]),
        ("1⁄2", ["1", "⁄", "2"]),
        ("...", [".", ".", "."]),
        ("▁!", ["!"]),
        ("▁abc", ["▁abc"]),
        ("▁", []),
    ],
)
@pytest.mark.parametrize("name", ["paddlenlp", "transformers4"])
def test_the_other_two_split_at_borders(name: str, piece: str, parts: list[str]) -> None:
    assert SEGMENTATIONS[name].parts([piece], 0, spelled) == parts


@pytest.mark.parametrize(
    ("pieces", "at", "parts"),
    [
        (["▁", "中"], 0, []),
        (["a", "▁", "中"], 1, ["▁"]),
        (["a", "▁", "▁b"], 1, []),
        (["a", "▁"], 1, []),
    ],
)
def test_transformers4_keeps_a_lone_space_inside(
    pieces: list[str], at: int, parts: list[str]
) -> None:
    assert SEGMENTATIONS["transformers4"].parts(pieces, at, spelled) == parts
    assert SEGMENTATIONS["paddlenlp"].parts(pieces, at, spelled) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("official", '[CLS] ▁the ▁2013 , ▁ " ab, 1 " ▁ , 中国 ▁é [SEP]'),
        ("paddlenlp", "[CLS] ▁the 2013 , “ ab , 1 ” , 中 国 ▁é [SEP]"),
        ("transformers4", "[CLS] ▁the 2013 , ▁ “ ab , 1 ” ▁ , 中 国 ▁é [SEP]"),
    ],
)
def test_a_text_in_each_segmentation(tokenizer_of: Of, name: str, expected: str) -> None:
    text = "the 2013, “ab,1” ，中国 e\u0301"
    encoded = tokenizer_of(name)(text, return_offsets_mapping=True)
    assert encoded.tokens() == expected.split()
    places = [text[start:end] for start, end in encoded.offset_mapping][1:-1]
    assert places[0] == "the"
    assert places[-1] == "e\u0301"
    assert "2013" in places
    assert "，" in places


def test_an_unknown_name_is_refused(old_folder: Path) -> None:
    with pytest.raises(ValueError, match="'paddle' is not known: take one of official, paddlenlp"):
        ErnieMTokenizer.from_pretrained(old_folder, segmentation="paddle")


odd = st.lists(st.one_of(st.sampled_from([*ODD, *WORDS]), st.characters(exclude_categories=["Cs"])))


@settings(max_examples=400)
@given(parts=odd)
def test_official_gives_the_ids_of_the_rules_on_sentencepiece(
    parts: list[str], tokenizer_of: Of, old_folder: Path
) -> None:
    text = "".join(parts)
    # What names a special token is one here, and text to SentencePiece.
    if not any(name in text for name in ("[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]")):
        assert [tokenizer_of("official")(text).input_ids] == official(old_folder)([text])


@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_the_exact_way_and_the_fast_way_agree(tokenizer_of: Of, name: str) -> None:
    """Wherever the fast way is thought right: ids, places and words."""
    backend = tokenizer_of(name)._tokenizer
    texts = [*odd_texts(1_000), *WORDS]
    encodings = backend.tokenizer.encode_batch(texts, add_special_tokens=False)
    holds = backend._holds_added()
    rows = backend.splitter.ids(texts)
    fast = [
        (text, encoding)
        for text, encoding, row in zip(texts, encodings, rows, strict=True)
        if not holds(text) and backend._is_right(encoding, [(text, row)])
    ]
    assert len(fast) > 50
    for text, encoding in fast:
        exact = backend._encoding(text)
        assert (exact.ids, exact.offsets, exact.word_ids, exact.tokens) == (
            encoding.ids,
            encoding.offsets,
            encoding.word_ids,
            encoding.tokens,
        ), text


@pytest.mark.parametrize("name", SEGMENTATIONS)
def test_ids_alone_are_those_of_the_exact_way(tokenizer_of: Of, name: str) -> None:
    """Unknown pieces, numbers with commas and added tokens among them."""
    backend = tokenizer_of(name)._tokenizer
    texts = [*odd_texts(400), "the \u2603\u2603, 2013, ab", "ab [MASK] 2013,", "", "ab 龘龘"]
    exact = [[token.id for token in backend._tokens(text)] for text in texts]
    assert sum(backend.unknown in row for row in exact) > 50
    assert backend.ids(texts) == exact
    ids, lengths = backend.end_to_end(texts)
    assert ids.tolist() == [one for row in exact for one in row]
    assert lengths.tolist() == [len(row) for row in exact]
