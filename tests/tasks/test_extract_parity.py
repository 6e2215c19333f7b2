"""Against PaddleNLP's UIETask over a tiny random UIE-M: its golden, and itself."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.pre_tokenizers import Sequence, Split, WhitespaceSplit
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from erniem import ErnieMConfig, ErnieMForInformationExtraction
from erniem.tasks.extract import ExtractionSettings, Extractor
from erniem.tasks.extract.scores import score

GOLDEN = Path(__file__).parent / "golden"
SCRIPT = Path(__file__).parents[1] / "references" / "make_extraction_golden.py"
PADDLENLP = "ERNIEM_PADDLENLP"
APART = r"[\u4e00-\u9fff,;:.?!~，；：。？！《》【】\[\]0-9]"
"""What PaddleNLP cuts out of pieces, and the brackets and digits that the golden's pieces are."""


def test_the_golden_is_small() -> None:
    assert sum(path.stat().st_size for path in GOLDEN.glob("extraction.*")) < 200_000


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    return read_golden(GOLDEN)


def read_golden(folder: Path) -> dict[str, Any]:
    golden = json.loads((folder / "extraction.json").read_text(encoding="utf-8"))
    return {**golden, "folder": folder}


def model_of(golden: Mapping[str, Any]) -> ErnieMForInformationExtraction:
    """PaddleNLP's weights under our names, which are the same; its linear ones are [in, out]."""
    model = ErnieMForInformationExtraction(ErnieMConfig(**golden["config"]))
    weights = np.load(golden["folder"] / "extraction.npz")
    state = {}
    for name in weights.files:
        turned = weights[name].ndim == 2 and "embeddings" not in name
        value = torch.from_numpy(weights[name].astype(np.float32))
        state[name] = value.T.contiguous() if turned else value
    model.load_state_dict(state)
    return model.eval()


def tokenizer_of(golden: Mapping[str, Any]) -> PreTrainedTokenizerFast:
    """A tokeniser that cuts the golden's vocabulary as PaddleNLP does: see the test of it."""
    pieces = golden["pieces"]
    tokenizer = Tokenizer(
        Unigram([(piece, -float(len(pieces)) / len(piece)) for piece in pieces], 3)
    )
    tokenizer.pre_tokenizer = Sequence([WhitespaceSplit(), Split(Regex(APART), "isolated")])
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 0), ("[SEP]", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="[CLS]",
        pad_token="[PAD]",
        sep_token="[SEP]",
        unk_token="[UNK]",
        mask_token="[MASK]",
    )


def compare(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> int:
    """The same answers at the same places, probabilities to 1e-4; how many."""
    assert list(ours) == list(theirs)
    total = 0
    for name, answers in theirs.items():
        assert len(ours[name]) == len(answers)
        for mine, yours in zip(ours[name], answers, strict=True):
            assert mine.keys() == yours.keys()
            for key in ("text", "start", "end"):
                assert mine.get(key) == yours.get(key)
            assert mine["probability"] == pytest.approx(yours["probability"], abs=1e-4)
            total += 1 + compare(mine.get("relations", {}), yours.get("relations", {}))
    return total


def compare_golden(golden: Mapping[str, Any], **settings: Any) -> int:
    """All cases of a golden; how many answers there were."""
    total = 0
    model, tokenizer = model_of(golden), tokenizer_of(golden)
    for case in golden["cases"]:
        chosen = ExtractionSettings(
            threshold=case.get("threshold", 0.5),
            max_length=golden["max_length"],
            schema_lang=case.get("language", "zh"),
            split=case.get("split", "length"),
            **settings,
        )
        ours = Extractor(model, tokenizer, chosen)(case["texts"], case["schema"])
        for mine, theirs in zip(ours, case["answers"], strict=True):
            total += compare(mine, theirs)
    return total


def test_the_tokeniser_of_these_tests_cuts_as_PaddleNLP_did(golden: dict[str, Any]) -> None:
    tokenizer = tokenizer_of(golden)
    for row in golden["rows"]:
        ours = tokenizer(row["prompt"], row["text"], return_offsets_mapping=True)
        assert ours.input_ids == row["ids"]
        assert [list(one) for one in ours["offset_mapping"]] == row["offsets"]


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
def test_every_token_has_the_probabilities_that_PaddleNLP_gives_it(
    golden: dict[str, Any], implementation: str
) -> None:
    model = model_of(golden)
    model.set_attn_implementation(implementation)
    rows = golden["rows"]
    found = score(
        model,
        [row["ids"] for row in rows],
        attention="uie-m",
        full_length=golden["max_length"],
        batch_tokens=200,
    )
    for row, (start, end) in zip(rows, found, strict=True):
        assert start[0] == end[0] == 0  # [CLS], which nothing sees
        np.testing.assert_allclose(start[1:], row["start"][1:], atol=1e-5)
        np.testing.assert_allclose(end[1:], row["end"][1:], atol=1e-5)


def test_padding_that_is_seen_and_CLS_that_is_not_make_a_difference(golden: dict[str, Any]) -> None:
    row = min(golden["rows"], key=lambda row: len(row["ids"]))
    ((start, _),) = score(
        model_of(golden),
        [row["ids"]],
        attention="plain",
        full_length=golden["max_length"],
        batch_tokens=200,
    )
    assert np.abs(start[1:] - row["start"][1:]).max() > 1e-3


@pytest.mark.parametrize("batch_tokens", [1, 100, 8192])
def test_answers_are_those_of_UIETask(golden: dict[str, Any], batch_tokens: int) -> None:
    assert compare_golden(golden, batch_tokens=batch_tokens) > 500


@pytest.mark.parity
def test_answers_are_those_of_UIETask_live(tmp_path: Path) -> None:
    """Makes the golden anew, with the interpreter that ERNIEM_PADDLENLP names."""
    python = os.environ.get(PADDLENLP)
    if python is None:
        pytest.skip(f"set {PADDLENLP} to a Python that has paddlenlp 2.8.1")
    subprocess.run([python, str(SCRIPT), str(tmp_path)], check=True, capture_output=True)
    anew = read_golden(tmp_path)
    kept = read_golden(GOLDEN)
    assert anew["cases"] == kept["cases"]
    assert compare_golden(anew) > 500
