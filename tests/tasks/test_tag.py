from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from erniem.tasks.tag import CONLL, PANX, UDPOS, Sentence
from erniem.tasks.task import Limits
from erniem.tokenization import open_tokenizer

TAGGED = Sentence(words=("babade", "fi", "golu"), tags=("NOUN", "X", "VERB"))


@pytest.fixture
def tokenizer(encoder: Path) -> PreTrainedTokenizerFast:
    return open_tokenizer(encoder)


def written(path: Path, text: str) -> tuple[Path, ...]:
    path.write_text(text, encoding="utf-8")
    return (path,)


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_a_word_a_line_and_an_empty_line_between_sentences(tmp_path: Path, end: str) -> None:
    paths = written(tmp_path / "x.tsv", f"a\tNOUN\nb c\tX\n\n\nd\tVERB{end}")
    read = UDPOS.family.read(paths, "en")
    assert read.labelled
    assert read.examples == [
        Sentence(words=("a", "b c"), tags=("NOUN", "X")),
        Sentence(words=("d",), tags=("VERB",)),
    ]


def test_wikianns_words_begin_with_their_language(tmp_path: Path) -> None:
    read = PANX.family.read(written(tmp_path / "x", "de:Ulm\tB-LOC\nde::\tO\n"), "de")
    assert read.examples == [Sentence(words=("Ulm", ":"), tags=("B-LOC", "O"))]


def test_conlls_columns_have_the_word_first_and_the_tag_last(tmp_path: Path) -> None:
    text = "-DOCSTART- -X- O O\n\nUlm NNP I-NP B-LOC\n. . O O\n"
    read = CONLL.family.read(written(tmp_path / "x.txt", text), "en")
    assert read.examples == [Sentence(words=("Ulm", "."), tags=("B-LOC", "O"))]


def test_conllu_leaves_out_comments_ranges_and_empty_words(tmp_path: Path) -> None:
    rows = [
        "# text = im Haus",
        "1-2\tim\t_\t_\t_\t_\t_\t_\t_\t_",
        "1\tin\tin\tADP\tAPPR\t_\t2\tcase\t_\t_",
        "1.1\tleer\t_\tX\t_\t_\t_\t_\t_\t_",
        "2\tHaus\tHaus\t_\tNN\t_\t0\troot\t_\t_",
    ]
    read = UDPOS.family.read(written(tmp_path / "x.conllu", "\n".join(rows)), "de")
    assert read.examples == [Sentence(words=("in", "Haus"), tags=("ADP", "X"))]


def test_the_hubs_tables(tmp_path: Path) -> None:
    row = '{"tokens": ["Ulm", "."], "ner_tags": ["B-LOC", "O"], "langs": ["de", "de"]}\n'
    read = PANX.family.read(written(tmp_path / "x.jsonl", row), "de")
    assert read.examples == [Sentence(words=("Ulm", "."), tags=("B-LOC", "O"))]


def test_words_without_tags_are_to_be_predicted(tmp_path: Path) -> None:
    read = UDPOS.family.read(written(tmp_path / "x.tsv", "a\nb\n\nc\n"), "en")
    assert not read.labelled
    assert read.examples[0] == Sentence(words=("a", "b"), tags=None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\tNOUN\nb\n", r"x\.tsv:1: the word 'b' has no tag"),
        ("c\tX\n\na\tNOUN\nb\t\n", r"x\.tsv:3: the word 'b' has no tag"),
        ("a\tNAME\n", r"x\.tsv:1: the word 'a' has the tag 'NAME'; the task knows ADJ"),
        ("a\tX\n\nb\n", r"x\.tsv: sentence 2 has no tags"),
        ("\n\n", r"x\.tsv: no sentence"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        UDPOS.family.read(written(tmp_path / "x.tsv", text), "en")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"tokens": ["a"], "tags": ["X", "X"]}', r"x\.jsonl:1 has 1 tokens and 2 tags"),
        ('{"tokens": "a b"}', r"x\.jsonl:1: tokens is no list of texts, but 'a b'"),
        ('{"tokens": ["a", 7]}', r"x\.jsonl:1: tokens is no list of texts, but \['a', 7\]"),
        ('{"tokens": ["a"], "tags": 3}', r"x\.jsonl:1: its tags are no list, but 3"),
    ],
)
def test_rows_that_are_no_words_with_tags_are_refused(tmp_path: Path, row: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        UDPOS.family.read(written(tmp_path / "x.jsonl", row), "en")


def test_a_row_without_words_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = '{"tokens": ["a"], "tags": ["X"]}\n{"tokens": [], "tags": []}\n'
    read = UDPOS.family.read(written(tmp_path / "x.jsonl", rows), "en")
    assert read.examples == [Sentence(words=("a",), tags=("X",))]
    assert read.dropped == {"sentence without words": 1}


def test_the_first_piece_of_a_word_carries_its_tag(tokenizer: PreTrainedTokenizerFast) -> None:
    encoded = UDPOS.family.encode([TAGGED], tokenizer, Limits())
    (row,) = encoded.rows
    pieces = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in TAGGED.words]
    assert row["input_ids"] == [0, *chain(*pieces), 2]
    carried = [-100, *chain(*([7] + [-100] * (len(one) - 1) for one in pieces)), -100]
    tags = [UDPOS.family.labels.index(tag) for tag in TAGGED.tags or ()]
    assert [label for label in row["labels"] if label != -100] == tags
    assert [label != -100 for label in row["labels"]] == [label != -100 for label in carried]


def test_a_long_sentence_is_split_between_words_and_put_together_again(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    sentence = Sentence(words=TAGGED.words * 10, tags=(TAGGED.tags or ()) * 10)
    encoded = UDPOS.family.encode([TAGGED, sentence], tokenizer, Limits(max_length=12))
    assert len(encoded.rows) > 3
    assert max(len(row["input_ids"]) for row in encoded.rows) <= 12
    right = [np.eye(len(UDPOS.family.labels))[np.maximum(row["labels"], 0)] for row in encoded.rows]
    found = UDPOS.family.decode(right, encoded, [TAGGED, sentence])
    assert found == UDPOS.family.references([TAGGED, sentence])


@pytest.mark.parametrize("word", ["\u200b", "babade" * 40], ids=["no piece", "too long"])
def test_a_word_without_pieces_or_too_long_for_a_row_is_unknown(
    tokenizer: PreTrainedTokenizerFast, word: str
) -> None:
    sentence = Sentence(words=("fi", word, "fi"), tags=("X", "NOUN", "X"))
    encoded = UDPOS.family.encode([sentence], tokenizer, Limits(max_length=12))
    flat = [piece for row in encoded.rows for piece in row["input_ids"]]
    assert tokenizer.unk_token_id in flat
    heads = sum(len(window.heads) for window in encoded.places)
    assert heads == 3
