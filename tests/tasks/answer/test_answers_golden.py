"""Against SQuAD's published code as transformers 4.57.6 has it, see `make_answers_golden.py`.

The rules agree on windows, on what is learnt in each, on whose a token is, on scores, and on the
n-best wherever that code looks at all spans. They differ, on purpose, in four ways:

1. It looks for an answer between the n best first and last tokens of each row, the question's and
   the frame's among them; we weigh all spans, so ours is never worse, and never the word "empty".
2. Its answers are put together from pieces and laid over words between spaces; ours are the
   characters of the context.
3. With a stride longer than a window it leaves tokens out; our windows then stand side by side.
4. Two answers without any word score F1 1 by SQuAD 2.0's rules, 0 by those of 1.1, XTREME's.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from erniem.scores.metrics import ANSWERS
from erniem.tasks.answer import Answer, Question
from erniem.tasks.answer.spans import Span
from erniem.tasks.task import Encoded, Limits

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parent / "golden" / "answers.json").read_text(encoding="utf-8")
)
CASES: list[dict[str, Any]] = GOLDEN["cases"]
FAMILY = Answer(max_question=GOLDEN["max_question"], longest=GOLDEN["longest"])


def tokenizer() -> PreTrainedTokenizerFast:
    """BERT's, of the golden's pieces."""
    vocabulary = {piece: number for number, piece in enumerate(GOLDEN["pieces"])}
    backend = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = WhitespaceSplit()
    backend.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(one, vocabulary[one]) for one in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_input_names=["input_ids", "token_type_ids"],
        unk_token="[UNK]",
        cls_token="[CLS]",
    )


def asked(case: dict[str, Any]) -> tuple[Question, Encoded]:
    """The golden's question, and our rows of it."""
    one = Question(
        id="q",
        question=case["question"],
        context=case["context"],
        answers=((case["answer"], case["answer_start"]),),
    )
    limits = Limits(max_length=case["max_length"], stride=case["stride"])
    return one, FAMILY.encode([one], tokenizer(), limits)


def answers(case: dict[str, Any], count: int) -> list[Span]:
    one, encoded = asked(case)
    logits = [np.array(row["logits"], dtype=np.float64) for row in case["rows"]]
    return FAMILY.n_best(logits, encoded, [one], count=count)["q"]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_windows_labels_and_whose_a_token_is_are_those_of_squads_code(number: int) -> None:
    case = CASES[number]
    _, encoded = asked(case)
    assert len(encoded.rows) == len(case["rows"])
    for row, window, theirs in zip(encoded.rows, encoded.places, case["rows"], strict=True):
        assert row["input_ids"] == theirs["input_ids"]
        assert row["token_type_ids"] == theirs["token_type_ids"]
        assert [row["start_positions"], row["end_positions"]] == theirs["labels"]
        assert (np.flatnonzero(window.own) + window.first).tolist() == theirs["own"]


WHOLE_WORDS = [case for case in CASES if set(case["context"].split()) <= set(GOLDEN["pieces"])]


@pytest.mark.parametrize("number", range(len(WHOLE_WORDS)))
def test_the_n_best_are_those_of_squads_code_where_it_looks_at_all_spans(number: int) -> None:
    case = WHOLE_WORDS[number]
    theirs = case["all"]
    ours = answers(case, case["max_length"])
    assert [one.text for one in ours] == [text for text, _, _ in theirs]
    assert [one.score for one in ours] == pytest.approx([score for _, score, _ in theirs])
    assert [one.probability for one in ours] == pytest.approx([share for _, _, share in theirs])


def test_where_it_looks_at_few_spans_ours_are_as_good_or_better() -> None:
    better = 0
    for case in WHOLE_WORDS:
        best = answers(case, 10_000)
        scores = {one.text: one.score for one in best}
        for place, (text, score, _) in enumerate(case["few"]):
            assert text == "empty" or score <= scores[text] + 1e-9
            better += score < best[place].score - 1e-9
    assert better


WORDLESS = {"", " ", "the", "A", "an the"}
"""Answers of which SQuAD leaves no word."""


def test_answers_score_as_in_squads_code() -> None:
    texts = GOLDEN["answers"]
    for answer, exact_row, f1_row in zip(texts, GOLDEN["exact"], GOLDEN["f1"], strict=True):
        for right, exact, f1 in zip(texts, exact_row, f1_row, strict=True):
            (found,) = ANSWERS.count({"q": answer}, {"q": [right]}, "en").rows
            expected = (exact, 0.0 if {answer, right} <= WORDLESS else f1, 1.0)
            assert found.tolist() == pytest.approx(expected, abs=1e-12), (answer, right)
