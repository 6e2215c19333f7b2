"""Ids alone, of texts and pairs, are those of `tokenizers`' encodings, whatever is asked."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jaxtyping import TypeCheckError
from tokenizers import AddedToken

from erniem.tokenization import SEGMENTATIONS, ErnieMTokenizer
from erniem.tokenization.later import LaterEncodings
from small_vocabulary import odd_texts

Of = Callable[[str], ErnieMTokenizer]

texts = st.one_of(
    st.integers(0, 9).map("the ".__mul__),
    st.sampled_from([*odd_texts(40, seed=3), "[MASK]", "the [SEP]"]),
)
batches = st.lists(texts, min_size=1, max_size=4)
pairs = st.lists(st.tuples(texts, texts), min_size=1, max_size=4)
given_texts = st.one_of(
    st.tuples(batches),
    st.tuples(pairs),
    pairs.map(lambda both: tuple(map(list, zip(*both, strict=True)))),
    st.tuples(texts),
    st.tuples(texts, texts),
    st.tuples(texts, batches),
    st.tuples(batches, batches),
)
asked = st.fixed_dictionaries(
    {},
    optional={
        "truncation": st.sampled_from(
            ["longest_first", "only_first", "only_second", "do_not_truncate"]
        ),
        "max_length": st.integers(0, 24),
        "padding": st.sampled_from(["longest", "max_length", "do_not_pad"]),
        "padding_side": st.sampled_from(["left", "right"]),
        "pad_to_multiple_of": st.integers(1, 8),
        "add_special_tokens": st.booleans(),
        "return_token_type_ids": st.booleans(),
        "return_attention_mask": st.booleans(),
        "return_special_tokens_mask": st.booleans(),
        "return_tensors": st.just("np"),
        "verbose": st.just(False),
    },
)


def told(call: Callable[[], Any]) -> Any:
    """What a call gives, or what it says is wrong; a check of types may fail at any depth."""
    try:
        found = call()
    except TypeCheckError:
        return TypeCheckError
    except Exception as error:
        return type(error), str(error)
    found.pop("offset_mapping", None)
    return {name: repr(value) for name, value in found.items()}


@settings(max_examples=600)
@given(
    given_texts=given_texts,
    options=asked,
    name=st.sampled_from(sorted(SEGMENTATIONS)),
    side=st.sampled_from(["left", "right"]),
)
@example(
    given_texts=("the the the", "the"),
    options={"truncation": "only_second", "max_length": 7},
    name="official",
    side="right",
)
def test_ids_alone_are_those_of_the_encodings(
    given_texts: tuple[Any, ...], options: dict[str, Any], name: str, side: str, tokenizer_of: Of
) -> None:
    tokenizer = tokenizer_of(name)
    before, tokenizer.truncation_side = tokenizer.truncation_side, side
    try:
        alone = told(lambda: tokenizer(*given_texts, **options))
        whole = told(lambda: tokenizer(*given_texts, **options, return_offsets_mapping=True))
    finally:
        tokenizer.truncation_side = before
    assert alone == whole


@pytest.mark.parametrize(
    "given_texts",
    [("the", "ab"), (["the", ""], ["ab", "é"]), ([("the", "ab"), ("", "")],), (["the", "ab"],)],
)
@pytest.mark.parametrize("framed", [True, False])
def test_ids_alone_know_their_sides(
    given_texts: tuple[Any, ...], framed: bool, tokenizer_of: Of
) -> None:
    tokenizer = tokenizer_of("official")
    alone = tokenizer(*given_texts, add_special_tokens=framed)
    whole = tokenizer(*given_texts, add_special_tokens=framed, return_offsets_mapping=True)
    assert isinstance(alone.encodings, LaterEncodings)
    assert alone.n_sequences == whole.n_sequences
    assert alone.sequence_ids() == whole.sequence_ids()


def test_names_that_the_model_takes_are_given(tokenizer_of: Of) -> None:
    tokenizer = tokenizer_of("official")
    before = tokenizer.model_input_names
    try:
        tokenizer.model_input_names = ["input_ids", "token_type_ids"]
        assert [*tokenizer("the", "ab")] == ["input_ids", "token_type_ids"]
    finally:
        tokenizer.model_input_names = before


def test_special_tokens_as_text_are_forgotten_with_the_call(tokenizer_of: Of) -> None:
    tokenizer = copy.deepcopy(tokenizer_of("official"))
    tokenizer.add_tokens([AddedToken("<e1>", special=True)])
    mark = tokenizer.convert_tokens_to_ids("<e1>")
    assert mark not in tokenizer("the <e1>", split_special_tokens=True).input_ids
    assert mark in tokenizer("the <e1>").input_ids


def test_padding_is_forgotten_with_the_call(tokenizer_of: Of) -> None:
    tokenizer = tokenizer_of("official")
    alone = tokenizer("[MASK] the").input_ids
    tokenizer("the", padding="max_length", max_length=20, return_offsets_mapping=True)
    assert tokenizer("[MASK] the").input_ids == alone
