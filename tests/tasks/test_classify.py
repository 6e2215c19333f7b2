from pathlib import Path

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from erniem.tasks.classify import PAWSX, SICK, XNLI, Classify, Pair
from erniem.tasks.task import Encoded, Limits
from erniem.tokenization import open_tokenizer


@pytest.fixture
def tokenizer(encoder: Path) -> PreTrainedTokenizerFast:
    return open_tokenizer(encoder)


def written(path: Path, text: str) -> tuple[Path, ...]:
    path.write_text(text, encoding="utf-8")
    return (path,)


def test_pairs_with_their_labels(tmp_path: Path) -> None:
    paths = written(tmp_path / "x.tsv", "a b\tc\tneutral\nd\te\tcontradictory\n")
    read = XNLI.family.read(paths, "en")
    assert read.labelled
    assert read.examples == [
        Pair(first="a b", second="c", label="neutral"),
        Pair(first="d", second="e", label="contradiction"),
    ]


def test_xnlis_own_file_holds_all_languages(tmp_path: Path) -> None:
    head = "language\tgold_label\tsentence1_binary_parse\tsentence1\tsentence2\n"
    rows = "de\tneutral\t\teins\tzwei\nfr\tentailment\t\tun\tdeux\nde\t-\t\tdrei\tvier\n"
    read = XNLI.family.read(written(tmp_path / "x.tsv", head + rows), "de")
    assert read.examples == [Pair(first="eins", second="zwei", label="neutral")]
    assert read.dropped == {"annotators did not agree": 1}


def test_sicks_own_file(tmp_path: Path) -> None:
    head = "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment\n"
    read = SICK.family.read(written(tmp_path / "x.txt", f"{head}1\ta\tb\t4.5\tENTAILMENT\n"), "en")
    assert read.examples == [Pair(first="a", second="b", label="entailment")]


def test_the_hubs_names_and_numbers(tmp_path: Path) -> None:
    rows = '{"premise": "a", "hypothesis": "b", "label": 2}\n'
    read = XNLI.family.read(written(tmp_path / "x.jsonl", rows), "en")
    assert read.examples == [Pair(first="a", second="b", label="contradiction")]
    rows = '{"id": 1, "sentence1": "a", "sentence2": "b", "label": 1}\n'
    read = PAWSX.family.read(written(tmp_path / "y.jsonl", rows), "en")
    assert read.examples == [Pair(first="a", second="b", label="1")]


def test_pairs_that_the_hub_has_without_a_class_are_left_out_and_counted(tmp_path: Path) -> None:
    row = '{{"premise": "a", "hypothesis": "b", "label": {}}}\n'
    rows = "".join(map(row.format, ("1", "-1", "null")))
    read = XNLI.family.read(written(tmp_path / "x.jsonl", rows), "en")
    assert read.examples == [Pair(first="a", second="b", label="neutral")]
    assert read.dropped == {"annotators did not agree": 2}
    read = XNLI.family.read(written(tmp_path / "y.jsonl", row.format("-1") * 2), "en")
    assert not read.labelled  # a test set whose classes are kept back
    assert len(read.examples) == 2


def test_columns_of_ones_own_go_before_those_of_others(tmp_path: Path) -> None:
    family = Classify(labels=("-1", "1"), columns=("review", "polarity"))
    rows = "label\treview\tpolarity\n7\tfine\t1\n8\tbad\t-1\n9\tso so\t-\n"
    read = family.read(written(tmp_path / "x.tsv", rows), "en")
    assert [one.label for one in read.examples] == ["1", "-1"]
    assert read.dropped == {"annotators did not agree": 1}


def test_files_without_labels_are_to_be_predicted(tmp_path: Path) -> None:
    read = XNLI.family.read(written(tmp_path / "x.tsv", "a\tb\nc\td\n"), "en")
    assert not read.labelled
    assert [one.label for one in read.examples] == [None, None]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\tb\tneutral\nc\td\tneither\n", r"x\.tsv:2 has the label 'neither'; the task knows"),
        ("a\tb\tneutral\nc\td\n", r"x\.tsv:2 has no label, others have"),
        ("alone\n", r"x\.tsv:1 has no hypothesis or sentence2"),
        ("\n", r"x\.tsv: no pairs"),
        ("premise\tlabel\nx\tneutral\n", r"x\.tsv:2 has no hypothesis"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        XNLI.family.read(written(tmp_path / "x.tsv", text), "en")


def test_a_row_is_a_pair_cut_where_it_is_too_long(tokenizer: PreTrainedTokenizerFast) -> None:
    pairs = [
        Pair(first="babade", second="fi", label="neutral"),
        Pair(first="babade " * 40, second="fi", label="entailment"),
    ]
    encoded = XNLI.family.encode(pairs, tokenizer, Limits(max_length=16))
    assert encoded.rows[0]["input_ids"] == tokenizer("babade", "fi")["input_ids"]
    assert [row["labels"] for row in encoded.rows] == [2, 1]
    assert len(encoded.rows[1]["input_ids"]) == 16


def test_without_labels_a_row_has_none(tokenizer: PreTrainedTokenizerFast) -> None:
    rows = XNLI.family.encode([Pair(first="a", second="b", label=None)], tokenizer, Limits()).rows
    assert "labels" not in rows[0]


def test_single_sentences_are_a_family_too(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    family = Classify(labels=("no", "yes"), columns=("text", "label"))
    read = family.read(written(tmp_path / "x.tsv", "babade\tyes\n"), "en")
    encoded = family.encode(read.examples, tokenizer, Limits())
    assert encoded.rows[0]["input_ids"] == tokenizer("babade")["input_ids"]
    assert family.references(read.examples) == ["yes"]


def test_the_likeliest_class_is_the_prediction() -> None:
    logits = [np.array([0.0, 2.0, 1.0]), np.array([1.0, 1.0, 0.0])]
    pairs = [Pair(first="a", second="b", label=None)] * 2
    nothing = Encoded(rows=[], places=[])
    assert XNLI.family.decode(logits, nothing, pairs) == ["entailment", "contradiction"]
