"""Writes what PaddleNLP answers: UIETask's own methods over a tiny random UIE-M.

Made with paddlenlp 2.8.1, paddlepaddle 3.3.1 and sentencepiece 0.2.1 on Python 3.11. To run, in an
environment that has them:

    python tests/references/make_extraction_golden.py tests/tasks/golden

Writes `extraction.npz` (weights under PaddleNLP's names, in float16, which they are rounded to
before anything is computed) and `extraction.json` (vocabulary, cases, answers). The task object is
made without its `__init__`, which would download weights and compile them; a dygraph model stands
in for the compiled one. Two things are put right on the way, as docs/extraction.md has them:
`_summary_token_num` is 4, the special tokens that ERNIE-M's frame has, where UIETask has 3; and of
each window's answers only those are kept that are where the prompt asks, in the text or, if it has
options, among these: UIETask would take one answer in a prompt as a sign that all answers are.

The weights are random but for one direction that makes some pieces loud (names) and others quiet
(special tokens, words of prompts), so that answers are where a trained model has them, too.
"""

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddlenlp.taskflow.information_extraction import UIETask
from paddlenlp.transformers import UIEM, ErnieMConfig, ErnieMTokenizer
from sentencepiece import sentencepiece_model_pb2

LOUD = [*"张王李三四五明华北上海京南", *["anna", "boris", "clara", "acme", "paris", "oslo"]]
OPTIONS = [*"正负", "good", "bad"]
QUIET = [
    *"人物公司地点时间情感倾向的观评在是和去了年月日工作说我你他她很好,。!?:.[]0123456789",
    *["person", "company", "place", "opinion", "sentiment", "of", "works", "for", "at", "in"],
    *["and", "lives", "the", "was", "very", "nice", "screen", "since", "went", "to"],
    *"abcdefghijklmnopqrstuvwxyz",
]
SPECIAL = ["[CLS]", "[PAD]", "[SEP]", "[UNK]"]
PIECES = list(dict.fromkeys(["▁", *LOUD, *OPTIONS, *QUIET]))
MAX_LENGTH = 64
SEED = 11

ZH = [
    "张三在北京的公司工作,李四去了上海。",
    "王五明和张华说:海南很好!2024年3月5日",
    "今",
    "我在工作",
    "  李四  在 acme 工作 ",
]
EN = [
    "anna works for acme in paris",
    "the screen was nice, boris",
    "clara lives in oslo since 2019",
    "acme went to paris for anna.",
    "boris",
]
LONG = "张三在北京工作,李四去了上海。王五和李明说:海南很好!我在公司,你在海上。" * 4
LONG_EN = "anna works for acme in paris and boris lives in oslo. clara went to paris. " * 4

CASES: list[dict[str, Any]] = [
    {"texts": ZH, "schema": ["人物", "公司"]},
    {"texts": ZH, "schema": "时间"},
    {"texts": ZH[1:3], "schema": ["地点", {"人物": ["公司", {"地点": "时间"}]}]},
    {"texts": ZH, "schema": ["人物", "公司"], "threshold": 0.35},
    {"texts": ZH, "schema": ["人物"], "threshold": 0.8},
    {"texts": ZH, "schema": "情感倾向[正,负]"},
    {"texts": ZH, "schema": {"地点": ["情感倾向[正，负]", "评"]}},
    {"texts": EN, "schema": ["person", {"company": ["place", "person"]}], "language": "en"},
    {
        "texts": EN,
        "schema": {"opinion": "sentiment[good,bad]"},
        "language": "en",
        "threshold": 0.2,
    },
    {"texts": [LONG, ZH[0], LONG_EN], "schema": "人物", "split": "length"},
    {"texts": [LONG, LONG_EN], "schema": ["公司", "情感倾向[正,负]"], "split": "length"},
    {"texts": [LONG, ZH[0]], "schema": ["地点"], "split": "sentence"},
]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = make_tokenizer()
    model = make_model()
    set_thresholds(model, tokenizer)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}
    np.savez_compressed(
        folder / "extraction.npz", **{name: one.astype(np.float16) for name, one in weights.items()}
    )
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    cases = [{**case, "answers": answers_of(case, model, tokenizer, rows)} for case in CASES]
    golden = {
        "versions": {"paddle": paddle.__version__, "numpy": np.__version__},
        "config": {
            key: getattr(model.config, key)
            for key in (
                *("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"),
                *("intermediate_size", "max_position_embeddings"),
            )
        },
        "pieces": [*SPECIAL, *PIECES, "[MASK]"],
        "max_length": MAX_LENGTH,
        "rows": list(rows.values())[::6][:16],
        "cases": cases,
    }
    (folder / "extraction.json").write_text(
        json.dumps(golden, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )


def make_tokenizer() -> ErnieMTokenizer:
    """PaddleNLP's, over a vocabulary by hand; it drops each lone `▁`, and so here every `▁`."""
    proto = sentencepiece_model_pb2.ModelProto()
    proto.trainer_spec.model_type = 1
    proto.normalizer_spec.name = "identity"
    for number, (name, kind) in enumerate(
        [("<unk>", 2), ("<s>", 3), ("</s>", 3), *((piece, 1) for piece in PIECES)]
    ):
        score = 0.0 if kind != 1 else -float(len(PIECES) + number) / (4 * len(name))
        proto.pieces.add(piece=name, score=score, type=kind)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sentencepiece.bpe.model").write_bytes(proto.SerializeToString())
        (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *PIECES, "[MASK]"]) + "\n")
        return ErnieMTokenizer(str(folder / "vocab.txt"), str(folder / "sentencepiece.bpe.model"))


def make_model() -> UIEM:
    """Random, with loud and quiet pieces; every weight a float16 number."""
    rng = np.random.default_rng(SEED)
    config = ErnieMConfig(
        vocab_size=len(SPECIAL) + len(PIECES) + 1,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=MAX_LENGTH + 2,
    )
    model = UIEM(config)
    model.eval()
    direction = rng.normal(size=32)
    direction /= np.linalg.norm(direction)
    state = {}
    for name, value in model.state_dict().items():
        drawn = rng.normal(scale=0.25, size=value.shape)
        if "norm" in name:
            drawn = (1.0 if name.endswith("weight") else 0.0) + drawn / 5
        state[name] = drawn
    loudness = np.full(config.vocab_size, -2.5)
    loudness[: len(SPECIAL)] = -6
    for pieces, level in ((LOUD, 2.0), (OPTIONS, 4.0)):
        for piece in pieces:
            loudness[len(SPECIAL) + PIECES.index(piece)] = level
    state["ernie_m.embeddings.word_embeddings.weight"] += loudness[:, None] * direction
    for end in ("start", "end"):
        state[f"linear_{end}.weight"] = state[f"linear_{end}.weight"] * 2 + 0.8 * direction[:, None]
        state[f"linear_{end}.bias"] = np.zeros(1)
    model.set_state_dict(
        {name: one.astype(np.float16).astype(np.float32) for name, one in state.items()}
    )
    return model


def set_thresholds(model: UIEM, tokenizer: ErnieMTokenizer) -> None:
    """Biases with which so many tokens of the texts are over 0.5: on both sides there are some."""
    logits: list[list[np.ndarray]] = [[], []]
    for text in [*ZH, *EN]:
        ids = tokenizer("人物", text)["input_ids"]
        ids = ids + [1] * (MAX_LENGTH - len(ids))
        positions = paddle.arange(MAX_LENGTH).unsqueeze(0)
        with paddle.no_grad():
            both = model(paddle.to_tensor([ids]), position_ids=positions)
        for kept, probabilities in zip(logits, both, strict=True):
            one = probabilities.numpy()[0, 5 : ids.index(1)].astype(np.float64)
            kept.append(np.log(one / (1 - one)))
    for layer, kept, quantile in zip(
        (model.linear_start, model.linear_end), logits, (0.65, 0.6), strict=True
    ):
        bias = -np.quantile(np.concatenate(kept), quantile)
        layer.bias.set_value(np.array([bias], np.float16).astype(np.float32))


class Predictor:
    """Stands where UIETask has the compiled model, and keeps what it said."""

    def __init__(self, model: UIEM) -> None:
        self.model = model
        self.said: dict[tuple[int, ...], tuple[list[float], list[float]]] = {}

    def run(self, _: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        with paddle.no_grad():
            both = self.model(**{name: paddle.to_tensor(one) for name, one in inputs.items()})
        starts, ends = (one.numpy() for one in both)
        for ids, start, end in zip(inputs["input_ids"], starts, ends, strict=True):
            self.said[tuple(ids.tolist())] = (start.tolist(), end.tolist())
        return [starts, ends]


def make_task(case: dict[str, Any], model: UIEM, tokenizer: ErnieMTokenizer) -> UIETask:
    """UIETask as its `__init__` leaves it for `uie-m-base`, but without a compiled model."""
    task = UIETask.__new__(UIETask)
    task._init_class = "UIEM"
    task._summary_token_num = 4
    task._max_seq_len = MAX_LENGTH
    task._dynamic_max_length = None
    task._batch_size = 4
    task._split_sentence = case.get("split") == "sentence"
    task._position_prob = case.get("threshold", 0.5)
    task._lazy_load = False
    task._num_workers = 0
    task._is_en = case.get("language") == "en"
    task._predictor_type = "dygraph"
    task.predictor = Predictor(model)
    task._tokenizer = tokenizer
    task._ocr_lang, task._layout_analysis = "ch", False
    task.set_schema(case["schema"])
    return task


def answers_of(
    case: dict[str, Any],
    model: UIEM,
    tokenizer: ErnieMTokenizer,
    rows: dict[tuple[str, str], dict[str, Any]],
) -> list[dict[str, Any]]:
    """What UIETask answers; also keeps the rows that it read, with their probabilities."""
    task = make_task(case, model, tokenizer)
    convert = task._convert_ids_to_results

    def watch(examples: list[dict[str, str]], ids: Any, probabilities: Any) -> Any:
        results = convert(examples, ids, probabilities)
        for example in examples:
            rows.setdefault((example["prompt"], example["text"]), row_of(task, example))
        return [
            where_asked(example["prompt"], found)
            for example, found in zip(examples, results, strict=True)
        ]

    task._convert_ids_to_results = watch
    inputs = {"text": task._check_input_text([case["texts"]])}
    answers = task._postprocess(task._run_model(inputs))
    return [by_place(one) for one in answers]


def where_asked(prompt: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answers in the text, or, if the prompt has options, the likeliest one of these."""
    if not prompt.endswith("]"):
        return [one for one in found if "start" in one and one["text"]]
    options = re.split(r"[\[\],]", prompt)[1:-1]
    inside = [one for one in found if "start" not in one and one["text"] in options]
    return sorted(inside, key=lambda one: -one["probability"])[:1]


def row_of(task: UIETask, example: dict[str, str]) -> dict[str, Any]:
    """One row as its reader makes it, and what the model says of it."""
    encoded = task._tokenizer(
        text=[example["prompt"]],
        text_pair=[example["text"]],
        truncation=True,
        max_seq_len=MAX_LENGTH,
        pad_to_max_seq_len=True,
        return_attention_mask=True,
        return_position_ids=True,
        return_offsets_mapping=True,
    )
    ids = encoded["input_ids"][0]
    start, end = task.predictor.said[tuple(ids)]
    real = sum(encoded["attention_mask"][0])
    return {
        "prompt": example["prompt"],
        "text": example["text"],
        "ids": ids[:real],
        "offsets": [list(one) for one in encoded["offset_mapping"][0][:real]],
        "positions": encoded["position_ids"][0],
        "start": [round(one, 7) for one in start[:real]],
        "end": [round(one, 7) for one in end[:real]],
    }


def by_place(answers: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """In the order of the text; UIETask has them in that of a set."""
    for found in answers.values():
        found.sort(key=lambda one: (one.get("start", -1), one.get("end", -1)))
        for one in found:
            one["probability"] = round(one["probability"], 7)
            by_place(one.get("relations", {}))
    return answers


if __name__ == "__main__":
    main(Path(sys.argv[1]))
