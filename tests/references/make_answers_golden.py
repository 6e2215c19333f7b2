"""Writes answers.json: what transformers 4.57.6 makes of made-up questions and answers.

Run by a Python that has transformers==4.57.6 and torch==2.13.0:

    python tests/references/make_answers_golden.py tests/tasks/answer/golden/answers.json

Its rules are those of SQuAD's published code: `squad_convert_examples_to_features` (windows, what
is learnt in each, whose a token is), `compute_predictions_logits` (n-best), `compute_exact` and
`compute_f1`.
"""

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import transformers
from transformers import BertTokenizer
from transformers.data.metrics.squad_metrics import (
    compute_exact,
    compute_f1,
    compute_predictions_logits,
)
from transformers.data.processors.squad import (
    SquadExample,
    SquadFeatures,
    SquadResult,
    squad_convert_examples_to_features,
)

SYLLABLES = ["ba", "de", "fi", "go", "lu", "mi", "no", "pe", "ra", "si", "tu", "vo"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*SPECIAL, *SYLLABLES, *(f"##{one}" for one in SYLLABLES[:6])]
MAX_QUESTION = 5
ODD = [
    *("", " ", "the", "A", "an the", "Ba", "ba.", "the ba", "ba, de", "ba-de", "de ba", "ba ba de"),
    *(
        "ba\u00a0de",
        "theba",
        "“ba”",
        "山水",
        "山 水",
        "山水。",
        "ซำ นี่",
        "نُو الر",
        "e\u0301",
        "\u00e9",
    ),
    *("3.5 ba", "35 ba", "a ba a de", "İ", "ß SS", "$ba$", "ba_de", "\u200bba", "ba\tde\n"),
]


def example(
    number: int, words: int, answer: tuple[int, int], *, split: bool
) -> tuple[SquadExample, int]:
    """A question on made-up words, of one piece each or of up to three; where its answer begins."""
    rng = np.random.default_rng(number)
    sizes = rng.integers(1, 4, words) if split else np.ones(words, dtype=int)
    known = SYLLABLES[:6] if split else SYLLABLES
    said = ["".join(rng.choice(known, size)) for size in sizes]
    context = " ".join(said)
    start = len(" ".join(said[: answer[0]])) + (answer[0] > 0)
    one = SquadExample(
        qas_id=f"q{number}",
        question_text=" ".join(rng.choice(SYLLABLES, rng.integers(1, 8))),
        context_text=context,
        answer_text=" ".join(said[answer[0] : answer[1]]),
        start_position_character=start,
        title="",
        answers=[],
    )
    return one, start


def case(
    asked: tuple[SquadExample, int], tokenizer: BertTokenizer, length: int, stride: int
) -> dict[str, Any]:
    """A question's windows, and its n-best from logits by chance, among few and among all spans."""
    one, start = asked
    features: list[SquadFeatures] = squad_convert_examples_to_features(
        [one], tokenizer, length, stride, MAX_QUESTION, True, tqdm_enabled=False
    )
    rng = np.random.default_rng(len(features))
    rows = []
    results = []
    for feature in features:
        size = len(feature.tokens)
        logits = rng.normal(size=(2, size)).round(3)
        results.append(SquadResult(feature.unique_id, *logits.tolist()))
        rows.append(
            {
                "input_ids": feature.input_ids[:size],
                "token_type_ids": feature.token_type_ids[:size],
                "labels": [feature.start_position, feature.end_position],
                "own": [place for place, own in feature.token_is_max_context.items() if own],
                "logits": logits.T.tolist(),
            }
        )
    return {
        "question": one.question_text,
        "context": one.context_text,
        "answer": one.answer_text,
        "answer_start": start,
        "max_length": length,
        "stride": stride,
        "rows": rows,
        "all": n_best(one, features, results, tokenizer, length),
        "few": n_best(one, features, results, tokenizer, 4),
    }


def n_best(
    one: SquadExample,
    features: list[SquadFeatures],
    results: list[SquadResult],
    tokenizer: BertTokenizer,
    count: int,
) -> list[list[Any]]:
    """Text, score and probability of so many answers, between so many first and last tokens."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "n_best.json"
        compute_predictions_logits(
            [one], features, results, count, 3, False, None, str(path), None, False, False, 0.0,
            tokenizer,
        )  # fmt: skip
        (found,) = json.loads(path.read_text()).values()
    return [
        [row["text"], row["start_logit"] + row["end_logit"], row["probability"]] for row in found
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    with TemporaryDirectory() as folder:
        (Path(folder) / "vocab.txt").write_text("\n".join(PIECES))
        tokenizer = BertTokenizer(f"{folder}/vocab.txt", do_lower_case=False)
    cases = [
        case(example(0, 6, (2, 4), split=False), tokenizer, 24, 8),
        case(example(1, 30, (12, 14), split=False), tokenizer, 24, 8),
        case(example(2, 30, (29, 30), split=False), tokenizer, 20, 3),
        case(example(3, 34, (0, 3), split=False), tokenizer, 16, 5),
        case(example(4, 12, (5, 7), split=True), tokenizer, 20, 6),
        case(example(5, 15, (3, 4), split=True), tokenizer, 16, 4),
    ]
    golden = {
        "versions": {"transformers": transformers.__version__},
        "pieces": PIECES,
        "max_question": MAX_QUESTION,
        "longest": 3,
        "answers": ODD,
        "exact": [[compute_exact(right, one) for right in ODD] for one in ODD],
        "f1": [[compute_f1(right, one) for right in ODD] for one in ODD],
        "cases": cases,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
