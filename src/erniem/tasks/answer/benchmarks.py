"""SQuAD, and XTREME's three tasks of question answering: where they are from, how files are called.

XQuAD and MLQA are trained on SQuAD's English questions, TyDiQA on its own (XTREME, `train_qa.sh`).
Patterns of a folder: XTREME's download script first, then the publisher's, then the Hub's tables.
"""

from erniem.scores.metrics import ANSWERS, MLQA_ANSWERS
from erniem.scores.xtreme import XTREME
from erniem.tasks.answer.family import Answer
from erniem.tasks.task import Provenance, Task

__all__ = ["MLQA", "SQUAD", "TYDIQA", "XQUAD"]

SQUAD = Task(
    name="squad",
    family=Answer(),
    metric=ANSWERS,
    languages=("en",),
    provenance=Provenance(
        origin="Stanford University, github.com/rajpurkar/SQuAD-explorer",
        revision="1.1; the test set was never published",
        licence="CC BY-SA 4.0",
        citation="Rajpurkar et al., 2016, SQuAD: 100,000+ Questions for Machine Comprehension of "
        "Text",
    ),
    folders=("squad", "SQuAD"),
    files={
        "train": ("train-v1.1.json", "train-{code}.jsonl", "train-*.parquet"),
        "dev": ("dev-v1.1.json", "dev-{code}.jsonl", "validation-*.parquet"),
    },
)

XQUAD = Task(
    name="xquad",
    family=Answer(),
    metric=ANSWERS,
    languages=XTREME["xquad"].languages,
    provenance=Provenance(
        origin="DeepMind and the University of the Basque Country, "
        "github.com/google-deepmind/xquad",
        revision="1.1, of SQuAD 1.1's dev set",
        licence="CC BY-SA 4.0",
        citation="Artetxe et al., 2020, On the Cross-lingual Transferability of Monolingual "
        "Representations",
    ),
    folders=("xquad", "XQuAD"),
    files={
        "test": (
            "xquad.{code}.json",
            "test-{code}.json",
            "test-{code}.jsonl",
            "xquad.{code}/validation-*.parquet",
            "XQuAD.{code}/validation-*.parquet",
        ),
    },
    trained_on=SQUAD,
)

MLQA = Task(
    name="mlqa",
    family=Answer(),
    metric=MLQA_ANSWERS,
    languages=XTREME["mlqa"].languages,
    provenance=Provenance(
        origin="Facebook AI and University College London, github.com/facebookresearch/MLQA",
        revision="1.0; question and context in one language",
        licence="CC BY-SA 3.0",
        citation="Lewis et al., 2020, MLQA: Evaluating Cross-lingual Extractive Question Answering",
    ),
    folders=("mlqa", "MLQA"),
    files={
        "dev": (
            "MLQA_V1/dev/dev-context-{code}-question-{code}.json",
            "dev/dev-context-{code}-question-{code}.json",
            "dev-context-{code}-question-{code}.json",
            "dev-{code}.json",
            "dev-{code}.jsonl",
            "MLQA.{code}.{code}/validation-*.parquet",
        ),
        "test": (
            "MLQA_V1/test/test-context-{code}-question-{code}.json",
            "test/test-context-{code}-question-{code}.json",
            "test-context-{code}-question-{code}.json",
            "test-{code}.json",
            "test-{code}.jsonl",
            "MLQA.{code}.{code}/test-*.parquet",
        ),
    },
    trained_on=SQUAD,
)

TYDIQA = Task(
    name="tydiqa",
    family=Answer(named_in_ids=True),
    metric=ANSWERS,
    languages=XTREME["tydiqa"].languages,
    provenance=Provenance(
        origin="Google Research, github.com/google-research-datasets/tydiqa",
        revision="GoldP 1.1; its dev set is XTREME's test set",
        licence="Apache-2.0",
        citation="Clark et al., 2020, TyDi QA: A Benchmark for Information-Seeking Question "
        "Answering in Typologically Diverse Languages",
    ),
    folders=("tydiqa", "tydiqa_goldp", "tydiqa-goldp"),
    files={
        "train": (
            "tydiqa-goldp-v1.1-train/tydiqa.goldp.{code}.train.json",
            "tydiqa-goldp-v1.1-train/tydiqa.{code}.train.json",
            "tydiqa-goldp-v1.1-train.json",
            "{lower}_tydiqa_train.json",
            "train-{code}.jsonl",
            "secondary_task/train-*.parquet",
            "train-*.parquet",
        ),
        "test": (
            "tydiqa-goldp-v1.1-dev/tydiqa.goldp.{code}.dev.json",
            "tydiqa-goldp-v1.1-dev/tydiqa.{code}.dev.json",
            "tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-{lower}.json",
            "tydiqa-goldp-v1.1-dev.json",
            "{lower}_tydiqa_dev.json",
            "test-{code}.json",
            "test-{code}.jsonl",
            "secondary_task/validation-*.parquet",
            "validation-*.parquet",
        ),
    },
)
