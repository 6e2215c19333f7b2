"""Exact characters, against SentencePiece's own normaliser."""

from itertools import chain

import pytest
import sentencepiece as spm

from erniem.tokenization.normalization import Normalizer, _joining, charsmap_of
from small_vocabulary import odd_texts, small_vocabulary


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "cleaned"])
def normalizer(request: pytest.FixtureRequest) -> Normalizer:
    return Normalizer(small_vocabulary().charsmap, clean=request.param)


def native(normalizer: Normalizer, text: str) -> str:
    return "".join(f"▁{word}" for word in normalizer.backend.normalize_str(text).split(" ") if word)


def test_every_character_that_may_join_is_known(normalizer: Normalizer) -> None:
    """Two characters that are not thought to join are normalised by `tokenizers` as one by one."""
    ranges = (range(1, 0x3400), range(0xA000, 0xAC00), range(0xD7A4, 0xD800))
    more = (range(0xE000, 0x13000), range(0x16000, 0x17000), range(0x1B000, 0x20000))
    texts = [
        text
        for char in map(chr, chain(*ranges, *more, range(0xE0000, 0xE0200)))
        for text in (f"ª{char}b", f"{char}ª")
        if normalizer.is_native(text)
    ]
    assert len(texts) > 50_000
    wrong = [text for text in texts if native(normalizer, text) != normalizer.normalize(text).text]
    assert wrong == []


def test_every_character_that_composes_is_known() -> None:
    rules = spm.SentencePieceNormalizer(rule_name="nmt_nfkc").decompile()
    tails = {char for sequence, _ in rules for char in sequence[1:]}
    assert len(tails) > 100
    assert not [char for char in tails if not _joining().match(char)]


def test_odd_texts_that_are_thought_right_are(normalizer: Normalizer) -> None:
    texts = [text for text in odd_texts(4_000, seed=1) if normalizer.is_native(text)]
    assert len(texts) > 200
    for text in texts:
        assert native(normalizer, text) == normalizer.normalize(text).text


@pytest.mark.parametrize(
    ("text", "normalized", "places"),
    [
        ("a ﬁ", "▁a▁fi", "a a ﬁ ﬁ ﬁ"),
        ("e\u0301a", "▁éa", "e\u0301 e\u0301 a"),
        ("㍻x", "▁平成x", "㍻ ㍻ ㍻ x"),
        ("  a  b ", "▁a▁b", "a a b b"),
        ("a\u200bb", "▁a▁b", "a a b b"),
        ("a\x01b\x01", "▁ab", "a a b"),
        ("", "", ""),
        (" ", "", ""),
    ],
)
def test_each_character_knows_where_it_came_from(text: str, normalized: str, places: str) -> None:
    found = Normalizer(small_vocabulary().charsmap).normalize(text)
    assert found.text == normalized
    assert [
        text[start:end] for start, end in zip(found.starts, found.ends, strict=False)
    ] == places.split()


def test_cleaning_is_the_authors() -> None:
    cleaned = Normalizer(b"", clean=True).normalize("“a” ‘b’ — c\u200bd\x01\te\u3000f\u00ad\x00.")
    assert cleaned.text == "▁\"a\"▁'b'▁-▁cd▁e▁f."
    assert cleaned.starts[:4] == [0, 0, 1, 2]


def test_lower_case_goes_by_character() -> None:
    assert Normalizer(b"", lower=True).normalize("ΑΣ İ").text == "▁ας▁i̇".replace("ς", "σ")


@pytest.mark.parametrize("clean", [False, True])
def test_the_rules_of_the_vocabulary_are_found_again(clean: bool) -> None:
    rules = small_vocabulary().charsmap
    assert charsmap_of(Normalizer(rules, clean=clean, lower=True).backend) == rules
    assert charsmap_of(Normalizer(b"", clean=clean).backend) == b""
