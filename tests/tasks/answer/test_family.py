import json
from pathlib import Path

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from erniem.scores.metrics import ANSWERS
from erniem.tasks.answer import MLQA, TYDIQA, XQUAD, Answer, Question
from erniem.tasks.task import Encoded, Limits
from made_up_answers import ask

TEXT = "ba de fi go lu mi no pe ra si"
QUESTIONS = [ask(TEXT, (3, 5), name="one"), ask("tu vo", (3, 5), name="two")]


def right(encoded: Encoded) -> list[np.ndarray]:
    """Logits that are 1 where the answer begins and ends."""
    found = []
    for row in encoded.rows:
        both = np.zeros((len(row["input_ids"]), 2), dtype=np.float32)
        both[row["start_positions"], 0] = both[row["end_positions"], 1] = 1
        found.append(both)
    return found


def test_questions_are_answered_by_id(tokenizer: PreTrainedTokenizerFast) -> None:
    family = Answer()
    limits = Limits(max_length=12, stride=2)
    encoded = family.encode(QUESTIONS, tokenizer, limits)
    assert [window.question for window in encoded.places] == [0, 0, 0, 1]
    found = family.decode(right(encoded), encoded, QUESTIONS)
    assert found == {"one": "de", "two": "vo"}
    assert family.references(QUESTIONS) == {"one": ["de"], "two": ["vo"]}


def test_a_question_is_read_up_to_its_longest(tokenizer: PreTrainedTokenizerFast) -> None:
    one = ask("fi", question="ba " * 9)
    for longest in (2, 5):
        encoded = Answer(max_question=longest).encode([one], tokenizer, Limits(max_length=64))
        assert encoded.places[0].first == 1 + longest + 2


def test_the_n_best_are_sorted_distinct_and_weighed(tokenizer: PreTrainedTokenizerFast) -> None:
    family = Answer(longest=3)
    encoded = family.encode(QUESTIONS, tokenizer, Limits(max_length=16, stride=4))
    rng = np.random.default_rng(0)
    logits = [rng.normal(size=(len(row["input_ids"]), 2)) for row in encoded.rows]
    best = family.n_best(logits, encoded, QUESTIONS, count=5)
    assert {name: len(spans) for name, spans in best.items()} == {"one": 5, "two": 3}
    for name, spans in best.items():
        scores = [one.score for one in spans]
        assert scores == sorted(scores, reverse=True)
        assert len({one.text for one in spans}) == len(spans)
        assert sum(one.probability for one in spans) == pytest.approx(1)
        assert family.decode(logits, encoded, QUESTIONS)[name] == spans[0].text
    every = family.n_best(logits, encoded, QUESTIONS, count=999)["one"]
    assert {len(one.text.split()) for one in every} == {1, 2, 3}
    assert every[0].text == best["one"][0].text


def test_a_context_without_text_has_an_empty_answer(tokenizer: PreTrainedTokenizerFast) -> None:
    questions = [ask(" ", name="none"), QUESTIONS[0], ask("", name="last")]
    encoded = Answer().encode(questions, tokenizer, Limits(max_length=64))
    assert [window.question for window in encoded.places] == [1]
    found = Answer().decode(right(encoded), encoded, questions)
    assert found == {"none": "", "one": "de", "last": ""}
    assert Answer().n_best(right(encoded), encoded, questions)["none"] == []


def test_all_right_answers_are_references() -> None:
    """Also those that are not where the file says."""
    one = Question(id="q", question="?", context="fi go", answers=(("go", 3), ("lu", None)))
    assert Answer().references([one]) == {"q": ["go", "lu"]}
    counts = ANSWERS.count({"q": "lu"}, Answer().references([one]), "en")
    assert counts.rows.tolist() == [[1, 1, 1]]


def test_a_question_without_an_answer_cannot_be_scored() -> None:
    with pytest.raises(ValueError, match=r"'two' has no right answer .* read the published files"):
        Answer().references([QUESTIONS[0], ask("fi", name="two")])


def test_answers_by_id_need_an_id_each() -> None:
    questions = [ask(TEXT, (0, 2), name=name) for name in ("1", "2", "2", "2")]
    told = "2 of 4 questions have another's id, '2' first"
    with pytest.raises(ValueError, match=told):
        Answer().references(questions)
    with pytest.raises(ValueError, match=told):
        Answer().decode([], Encoded(rows=[], places=[]), questions)


@pytest.mark.parametrize("name", ["max_question", "longest"])
def test_lengths_are_at_least_one(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} 0: give at least 1"):
        Answer(**{name: 0})


def test_at_least_one_answer_is_asked_for() -> None:
    with pytest.raises(ValueError, match="count 0: ask for at least 1 answer"):
        Answer().n_best([], Encoded(rows=[], places=[]), [], count=0)


def test_a_head_of_two_numbers_a_token_and_no_classes() -> None:
    assert (Answer().head, Answer().kind, Answer().labels) == ("answer", "answers", ())


def test_xtremes_three_read_the_same_way() -> None:
    """64 pieces of a question, 30 of an answer; TyDiQA's files hold all languages."""
    families = {task.name: task.family for task in (XQUAD, MLQA, TYDIQA)}
    assert families["xquad"] == families["mlqa"] == Answer(max_question=64, longest=30)
    assert families["tydiqa"] == Answer(named_in_ids=True)
    assert (XQUAD.training.name, MLQA.training.name, TYDIQA.training.name) == (
        "squad",
        "squad",
        "tydiqa",
    )


def test_tydiqas_family_reads_the_questions_of_one_language(tmp_path: Path) -> None:
    answers = [{"text": "fi", "answer_start": 0}]
    questions = [
        {"id": f"{name}-1-0", "question": "ba", "answers": answers} for name in ("korean", "telugu")
    ]
    path = tmp_path / "x.json"
    path.write_text(
        json.dumps({"data": [{"paragraphs": [{"context": "fi", "qas": questions}]}]}),
        encoding="utf-8",
    )
    assert [one.id for one in TYDIQA.family.read([path], "te").examples] == ["telugu-1-0"]
    assert len(XQUAD.family.read([path], "te").examples) == 2
