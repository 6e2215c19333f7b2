import json
import lzma
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from erniem.tasks.answer import Question
from erniem.tasks.answer.questions import IMPOSSIBLE, MISPLACED, read_questions
from erniem.tasks.task import Read

CONTEXT = "มี山水 e\u0301de با"
"""Made up; the answers below are parts of it."""


def asked(name: str = "q", text: str = "山水", start: int = 2, **more: Any) -> dict[str, Any]:
    answers = [{"text": text, "answer_start": start}]
    return {"id": name, "question": "ba?", "answers": answers, **more}


def squad(*questions: Any, context: Any = CONTEXT) -> dict[str, Any]:
    """SQuAD's JSON of one paragraph."""
    return {"version": "1.1", "data": [{"paragraphs": [{"context": context, "qas": questions}]}]}


def read(folder: Path, told: Any, *, language: str = "en", named_in_ids: bool = False) -> Read:
    path = folder / "x.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    return read_questions([path], language, named_in_ids=named_in_ids)


# Shapes


def test_squads_json(tmp_path: Path) -> None:
    found = read(tmp_path, squad(asked("one"), asked("two", "e\u0301de", 5)))
    assert found.labelled
    assert not found.dropped
    assert found.examples == [
        Question(id="one", question="ba?", context=CONTEXT, answers=(("山水", 2),)),
        Question(id="two", question="ba?", context=CONTEXT, answers=(("e\u0301de", 5),)),
    ]
    assert [CONTEXT[slice(*one.place)] for one in found.examples] == ["山水", "e\u0301de"]


def test_the_hubs_tables_have_a_question_a_row(tmp_path: Path) -> None:
    """With two lists side by side, in lines and in parquet, packed and not."""
    row = {
        "id": "one",
        "title": "x",
        "context": CONTEXT,
        "question": "ba?",
        "answers": {"text": ["山水", "با"], "answer_start": [2, 10]},
    }
    lines = tmp_path / "x.jsonl"
    lines.write_text(json.dumps(row) + "\n", encoding="utf-8")
    packed = tmp_path / "x.jsonl.xz"
    packed.write_bytes(lzma.compress(lines.read_bytes()))
    table = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_pylist([row]), table)
    expected = [
        Question(id="one", question="ba?", context=CONTEXT, answers=(("山水", 2), ("با", 10)))
    ]
    for path in (lines, packed, table):
        assert read_questions([path], "en").examples == expected


def test_shards_are_read_as_one(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.json" for name in "ab"]
    for path in paths:
        path.write_text(json.dumps(squad(asked(path.stem))), encoding="utf-8")
    assert [one.id for one in read_questions(paths, "en").examples] == ["a", "b"]


def test_only_the_rows_of_a_language_where_a_column_says_it(tmp_path: Path) -> None:
    rows = [asked(code, context=CONTEXT, language=code) for code in ("en", "th")]
    assert [one.id for one in read(tmp_path, rows, language="th").examples] == ["th"]


def test_tydiqas_ids_name_their_language(tmp_path: Path) -> None:
    """Its own files hold all nine; XTREME's script leaves bare numbers, which may stand twice."""
    told = squad(*(asked(name) for name in ("korean-1-0", "english-1-0", "english-2-0")))
    found = read(tmp_path, told, named_in_ids=True)
    assert [one.id for one in found.examples] == ["english-1-0", "english-2-0"]
    assert len(read(tmp_path, told).examples) == 3
    bare = squad(asked("7"), asked("7"))
    assert len(read(tmp_path, bare, language="ko", named_in_ids=True).examples) == 2
    with pytest.raises(ValueError, match=r"x\.json: .* in it whose id begins with 'telugu-'"):
        read(tmp_path, told, language="te", named_in_ids=True)


# Answers


def test_white_space_at_an_answers_ends_is_not_of_it(tmp_path: Path) -> None:
    (one,) = read(tmp_path, squad(asked(text=" e\u0301de ", start=4))).examples
    assert one.answers == (("e\u0301de", 5),)
    assert CONTEXT[slice(*one.place)] == "e\u0301de"


@pytest.mark.parametrize(
    ("text", "start"),
    [("山水", 3), ("山水", 2 - len(CONTEXT)), ("火", 2), ("\u00e9de", 5), ("با", 99)],
    ids=["other place", "from the end", "not there", "composed otherwise", "beyond the end"],
)
def test_an_answer_that_is_not_where_the_file_says_is_counted(
    tmp_path: Path, text: str, start: int
) -> None:
    """It is right, but there is nothing to learn from it."""
    found = read(tmp_path, squad(asked("lost", text, start), asked("there")))
    assert found.dropped == {MISPLACED: 1}
    assert found.examples[0].answers == ((text, None),)
    assert found.examples[0].place is None
    assert found.examples[1].place == (2, 4)


def test_the_first_answer_with_a_place_is_the_one_to_learn(tmp_path: Path) -> None:
    answers = [{"text": "火", "answer_start": 0}, {"text": "با", "answer_start": 10}]
    (one,) = read(tmp_path, squad({**asked(), "answers": answers})).examples
    assert one.place == (10, 12)


def test_questions_without_answer_among_others_are_left_out_and_counted(tmp_path: Path) -> None:
    """SQuAD 2.0's, and an answer of white space is none."""
    told = squad(
        asked("right"),
        asked("marked", is_impossible=True),
        {**asked("empty"), "answers": []},
        asked("blank", " "),
    )
    found = read(tmp_path, told)
    assert [one.id for one in found.examples] == ["right"]
    assert found.dropped == {IMPOSSIBLE: 3}


@pytest.mark.parametrize("answers", [{}, {"answers": []}, {"answers": None}])
def test_where_none_has_an_answer_all_are_to_be_answered(
    tmp_path: Path, answers: dict[str, Any]
) -> None:
    """As in the test sets that XTREME's script downloads, whose answers are empty."""
    bare = {"id": "q", "question": "ba?", **answers}
    stripped = asked("p", "", 0)
    found = read(tmp_path, squad(bare, stripped))
    assert not found.labelled
    assert not found.dropped
    assert [one.answers for one in found.examples] == [(), ()]


# What is not as it should be


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ([], r"x\.json: no question to answer in it\. Fill it"),
        ({"data": []}, r"x\.json: no question to answer in it"),
        (squad(), r"x\.json: no question to answer in it"),
        (squad(asked(is_impossible=True)), r"in it; 1 × question that has no answer"),
        ({"version": "1.1"}, r"x\.json holds neither a list of rows nor one under `data`"),
        ([{"title": "x"}], r"x\.json row 1 has no context; its columns are title"),
        ([asked()], r"x\.json row 1 has no context; its columns are id, question, answers"),
        ([{"paragraphs": 3}], r"x\.json row 1: paragraphs is no list, but 3"),
        ([{"paragraphs": ["ba"]}], r"row 1, paragraph 1 is no object .* but 'ba'"),
        ([{"paragraphs": [{"context": "x"}]}], r"row 1, paragraph 1 has no qas"),
        (
            [{"paragraphs": [{"qas": [asked()]}]}],
            r"row 1, paragraph 1 has no context; its columns are qas",
        ),
        (squad(asked(), 7), r"row 1, paragraph 1, question 2 is no object .* but 7"),
        (squad(asked(), {"id": "p"}), r"question 2 has no question; its columns are id, context"),
        (squad(asked(7)), r"question 1: id is no text, but 7: put it in quotes"),
        (squad(asked(), context=["x"]), r"question 1: context is no text, but \['x'\]"),
        (squad(asked(answers=["ba"])), r"question 1: its answers are neither a list of objects"),
        (squad(asked(answers=[{"text": "ba"}])), r"neither a list .* \(KeyError\('answer_start'\)"),
        (squad(asked(answers={"text": ["ba"], "answer_start": []})), r"two lists .* of one length"),
        (squad(asked(answers=7)), r"question 1: its answers are neither"),
        (
            squad(asked(start="2")),
            r"answer's text is '山水', its answer_start '2': give a text and",
        ),
        (squad(asked(text=None)), r"answer's text is None, its answer_start 2"),
        (squad(asked("a"), asked("b"), asked("a")), r"x\.json: 1 ids stand more than once, 'a'"),
    ],
)
def test_what_is_not_as_it_should_be_is_named(tmp_path: Path, told: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(tmp_path, told)


def test_a_table_of_text_has_no_questions(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text("ba\tde\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"x\.tsv:1 has no context"):
        read_questions([path], "en")
