"""What every family and every task keeps to, whatever it asks: see `erniem.tasks.task`."""

from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from erniem.finetune.network import open_network
from erniem.finetune.predict import logits_of
from erniem.finetune.settings import Settings
from erniem.languages import name_of
from erniem.scores.files import read_file, write_file
from erniem.scores.score import score
from erniem.scores.xtreme import XTREME
from erniem.tasks.catalogue import TASKS
from erniem.tasks.sources import find
from erniem.tasks.task import Encoded, Family, Head, Kind, Limits, Provenance, Read, Split, Task
from erniem.tokenization import open_tokenizer
from erniem.xtreme.measure import measure
from erniem.xtreme.measured import figures_of

LABELS = {"labels", "start_positions", "end_positions"}
UNLABELLED: dict[Head, dict[str, Any]] = {
    "sequence": {"label": None},
    "token": {"tags": None},
    "answer": {"answers": ()},
}
"""What an example of each head is without its right answer."""

ENDINGS: dict[Kind, str] = {"labels": "tsv", "tags": "tsv", "answers": "json"}


@pytest.fixture(scope="module", params=TASKS.values(), ids=list(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    return request.param


@pytest.fixture(scope="module")
def tokenizer(encoder: Path) -> PreTrainedTokenizerFast:
    return open_tokenizer(encoder)


@pytest.fixture(scope="module")
def read(task: Task, tasks_folder: Path) -> Read:
    """Its English test set of made-up words, or its development set."""
    splits: tuple[Split, ...] = ("test", "dev")
    paths = next(paths for split in splits if (paths := find(task, tasks_folder, split, "en")))
    return task.family.read(paths, "en")


def right(encoded: Encoded, family: Family) -> list[np.ndarray]:
    """Logits that are 1 where the labels are, and 0 elsewhere."""
    found = []
    for row in encoded.rows:
        if family.head == "answer":
            one = np.zeros((len(row["input_ids"]), 2), dtype=np.float32)
            one[row["start_positions"], 0] = one[row["end_positions"], 1] = 1
        else:
            one = np.eye(len(family.labels), dtype=np.float32)[np.maximum(row["labels"], 0)]
        found.append(one)
    return found


def by_chance(encoded: Encoded, family: Family) -> list[np.ndarray]:
    """Logits of the shapes that the family's head gives."""
    rng = np.random.default_rng(0)
    sizes = {
        "sequence": lambda length: (len(family.labels),),
        "token": lambda length: (length, len(family.labels)),
        "answer": lambda length: (length, 2),
    }
    shape = sizes[family.head]
    return [rng.normal(size=shape(len(row["input_ids"]))) for row in encoded.rows]


# What it says of itself


def test_a_family_is_one_by_the_protocol(task: Task) -> None:
    family = task.family
    assert isinstance(family, Family)
    assert family.head in get_args(Head)
    assert family.kind in get_args(Kind)
    assert len(set(family.labels)) == len(family.labels)
    assert bool(family.labels) == (family.head != "answer")
    with pytest.raises(FrozenInstanceError):
        family.longest = 3  # type: ignore[attr-defined]
    assert replace(family) == family  # type: ignore[type-var]


def test_a_task_says_where_it_is_from_and_on_which_terms(task: Task) -> None:
    told = {one.name: getattr(task.provenance, one.name) for one in fields(Provenance)}
    assert all(value == value.strip() and len(value) > 2 for value in told.values())
    assert any(char.isdigit() for char in task.provenance.citation)


def test_a_task_is_named_as_its_first_folder_and_has_files_of_known_splits(task: Task) -> None:
    assert TASKS[task.name] is task
    assert task.folders[0] == task.name
    assert task.files.keys() <= set(get_args(Split))
    assert task.files.keys() & {"dev", "test"}
    for patterns in task.files.values():
        assert len(set(patterns)) == len(patterns)
        for pattern in patterns:
            assert pattern.format(code="en", name="English", lower="english")


def test_a_task_is_in_languages_that_have_names(task: Task) -> None:
    assert len(set(task.languages)) == len(task.languages)
    assert all(name_of(code) != code for code in task.languages)
    if task.name in XTREME:
        assert task.languages == XTREME[task.name].languages
        assert task.metric == XTREME[task.name].metric
        assert task.family.kind == XTREME[task.name].kind


def test_a_task_is_trained_on_one_whose_network_can_answer_it(task: Task) -> None:
    assert "train" in task.training.files
    assert task.training.training is task.training
    for name in ("head", "kind", "labels"):
        assert getattr(task.training.family, name) == getattr(task.family, name)


# Read, encoded, decoded, scored


@pytest.mark.parametrize("length", [12, 24, 128])
def test_right_logits_score_100_in_rows_of_any_length(
    task: Task, read: Read, tokenizer: PreTrainedTokenizerFast, length: int
) -> None:
    assert read.labelled
    limits = Limits(max_length=length, stride=max(1, length // 8))
    encoded = task.family.encode(read.examples, tokenizer, limits)
    predictions = task.family.decode(right(encoded, task.family), encoded, read.examples)
    references = task.family.references(read.examples)
    assert len(predictions) == len(references) == len(read.examples)
    figures = figures_of(task.metric, predictions, references, "en")
    assert set(figures.values()) == {100.0}
    assert set(task.metric.main) <= figures.keys()


@pytest.mark.parametrize("length", [8, 12, 128])
def test_no_row_is_longer_than_it_may_be(
    task: Task, read: Read, tokenizer: PreTrainedTokenizerFast, length: int
) -> None:
    encoded = task.family.encode(read.examples, tokenizer, Limits(max_length=length, stride=2))
    lengths = [len(row["input_ids"]) for row in encoded.rows]
    assert len(encoded.rows) == len(encoded.places) >= len(read.examples)
    assert max(lengths) <= length
    assert max(lengths) == length or length == 128
    for row in encoded.rows:
        assert row["input_ids"][0] == tokenizer.cls_token_id
        assert all(
            len(value) == len(row["input_ids"]) for value in row.values() if type(value) is list
        )


def test_rows_are_labelled_where_examples_are_and_nowhere_else(
    task: Task, read: Read, tokenizer: PreTrainedTokenizerFast
) -> None:
    bare = [replace(one, **UNLABELLED[task.family.head]) for one in read.examples]
    limits = Limits(max_length=24, stride=4)
    labelled = task.family.encode(read.examples, tokenizer, limits)
    unlabelled = task.family.encode(bare, tokenizer, limits)
    assert all(LABELS & row.keys() for row in labelled.rows)
    assert unlabelled.rows == [
        {name: value for name, value in row.items() if name not in LABELS} for row in labelled.rows
    ]
    logits = right(labelled, task.family)
    assert task.family.decode(logits, unlabelled, bare) == task.family.decode(
        logits, labelled, read.examples
    )


def test_a_network_of_its_head_gives_logits_that_it_decodes(
    task: Task, read: Read, encoder: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    examples = read.examples[:3]
    encoded = task.family.encode(examples, tokenizer, Limits(max_length=16, stride=4))
    network = open_network(encoder, task.family.head, task.family.labels)
    logits = logits_of(network, encoded.rows, tokenizer.pad_token_id)
    expected = by_chance(encoded, task.family)
    assert [one.shape for one in logits] == [one.shape for one in expected]
    assert len(task.family.decode(logits, encoded, examples)) == 3


# Files of predictions


@pytest.mark.parametrize("logits_for", [right, by_chance])
def test_predictions_and_references_are_read_back_as_they_were_written(
    task: Task, read: Read, tokenizer: PreTrainedTokenizerFast, tmp_path: Path, logits_for: Any
) -> None:
    family = task.family
    encoded = family.encode(read.examples, tokenizer, Limits(max_length=24, stride=4))
    predictions = family.decode(logits_for(encoded, family), encoded, read.examples)
    path = tmp_path / f"deep/test-en.{ENDINGS[family.kind]}"
    for values in (predictions, family.references(read.examples)):
        write_file(path, family.kind, values)
        assert read_file(path, family.kind) == values
    figures = figures_of(task.metric, predictions, family.references(read.examples), "en")
    assert all(0 <= value <= 100 for value in figures.values())
    assert (set(figures.values()) == {100.0}) == (logits_for is right)


@pytest.mark.parametrize("name", [name for name in TASKS if name in XTREME])
def test_xtremes_scorer_gives_right_predictions_100(
    name: str, tasks_folder: Path, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    task = TASKS[name]
    codes = [code for code in ("en", "de") if find(task, tasks_folder, "test", code)]
    codes = [code for code in codes if code in task.languages]
    for code in codes:
        read = task.family.read(find(task, tasks_folder, "test", code), code)
        encoded = task.family.encode(read.examples, tokenizer, Limits(max_length=24, stride=4))
        found = {
            "predictions": task.family.decode(right(encoded, task.family), encoded, read.examples),
            "references": task.family.references(read.examples),
        }
        for side, values in found.items():
            ending = ENDINGS[task.family.kind]
            write_file(tmp_path / side / name / f"test-{code}.{ending}", task.family.kind, values)
    scores = score(tmp_path / "predictions", tmp_path / "references")
    assert scores.tasks[name]["avg_metric"] == 100.0
    assert not scores.failed
    assert not scores.notes
    assert set(scores.missing[name]) == set(task.languages) - set(codes)


# What is not as it should be


@pytest.mark.parametrize("text", ["", "\n"])
def test_an_empty_split_is_refused_by_name(task: Task, tmp_path: Path, text: str) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"empty\.jsonl: no .*ill it"):
        task.family.read([path], "en")


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("odd.jsonl", '\n{"nothing": "known"}\n', r"odd\.jsonl:2 has no .*columns are nothing"),
        ("odd.json", '[{"nothing": "known"}]', r"odd\.json row 1 has no .*columns are nothing"),
        ("odd.jsonl", '{"nothing"\n', r"odd\.jsonl:1 is not JSON"),
        ("odd.json", "7", r"odd\.json holds neither a list"),
        ("odd.parquet", "PAR0", r"odd\.parquet cannot be read"),
        ("odd.jsonl.gz", "plain", r"odd\.jsonl\.gz cannot be read"),
    ],
)
def test_columns_and_formats_that_it_does_not_know_are_refused_by_place(
    task: Task, tmp_path: Path, name: str, text: str, place: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=place):
        task.family.read([path], "en")


def test_a_file_that_is_not_there_or_no_text_is_refused_by_name(task: Task, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.jsonl cannot be read"):
        task.family.read([tmp_path / "none.jsonl"], "en")
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"tokens": ["é"]}\n'.encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.jsonl is not UTF-8"):
        task.family.read([path], "en")


def test_a_language_that_a_task_does_not_have_is_refused(task: Task, tmp_path: Path) -> None:
    told = rf"{task.name} is not in xx; it is in {', '.join(task.languages)}"
    with pytest.raises(ValueError, match=told):
        measure(task, tmp_path, tmp_path, tmp_path / "out", Settings(), languages=["xx"])
