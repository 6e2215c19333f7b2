"""transformers' pipelines and Trainer on our classes, found by the Auto classes."""

import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    Trainer,
    TrainingArguments,
    pipeline,
)

import erniem  # noqa: F401  registers ernie_m
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import train_tokenizer
from invented import CYRILLIC, invented

LINES = [*invented(200), *(line.translate(CYRILLIC) for line in invented(200))]
TEXT = "Baderi, " + unicodedata.normalize("NFD", "gòlu") + "  ｆｉｎｏ … бадери!"
"""An accent of its own, full-width letters, two spaces, signs the vocabulary never saw."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder with its tokeniser."""
    path = tmp_path_factory.mktemp("encoder")
    tokenizer = train_tokenizer(LINES, vocabulary_size=200)
    tokenizer.save_pretrained(path)
    torch.manual_seed(0)
    ErnieMModel(
        ErnieMConfig(
            vocab_size=len(tokenizer),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            initializer_range=0.2,
            id2label={0: "O", 1: "B-A", 2: "I-A"},
        )
    ).save_pretrained(path)
    return path


def piped(task: str, auto: Any, folder: Path, **more: Any) -> Any:
    model = auto.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return pipeline(task, model=model, tokenizer=tokenizer, device="cpu", **more)


def test_fill_mask(folder: Path) -> None:
    answers = piped("fill-mask", AutoModelForMaskedLM, folder)("Baderi [MASK] golu.", top_k=3)
    assert len(answers) == 3
    assert all("[MASK]" not in answer["sequence"] for answer in answers)


def test_text_classification_of_pairs_in_batches(folder: Path) -> None:
    classify = piped("text-classification", AutoModelForSequenceClassification, folder)
    pairs = [{"text": one, "text_pair": other} for one, other in pairwise(LINES)]
    together = classify(pairs[:9], batch_size=4)
    alone = [classify(pair) for pair in pairs[:9]]
    for one, other in zip(together, alone, strict=True):
        assert one["label"] == other["label"]
        assert one["score"] == pytest.approx(other["score"], abs=1e-5)


@pytest.mark.filterwarnings("ignore:Tokenizer does not support real words")
@pytest.mark.parametrize("strategy", ["none", "simple", "first", "max"])
def test_token_classification_says_where_in_the_text(folder: Path, strategy: str) -> None:
    tag = piped(
        "token-classification",
        AutoModelForTokenClassification,
        folder,
        aggregation_strategy=strategy,
        ignore_labels=[],
    )
    covered = {place for span in tag(TEXT) for place in range(span["start"], span["end"])}
    letters = {place for place, character in enumerate(TEXT) if character != " "}
    assert letters <= covered, "every letter, its accent with it"
    if strategy == "none":
        assert letters == covered, "and no white space"


def test_windows_of_a_question_and_a_long_text_lead_back_to_the_text(folder: Path) -> None:
    """transformers 5 has no question-answering pipeline; this is what it was made of."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    text = TEXT * 40
    windows = tokenizer(
        ["Golu?"],
        [text],
        truncation="only_second",
        max_length=64,
        stride=16,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        padding=True,
        return_tensors="pt",
    )
    assert len(windows["input_ids"]) > 10
    offsets = windows.pop("offset_mapping")
    windows.pop("overflow_to_sample_mapping")
    starts = model(**windows).start_logits
    reached = set()
    for i, start in enumerate(starts):
        inside = [k for k, which in enumerate(windows.sequence_ids(i)) if which == 1]
        best = max(inside, key=lambda k: start[k].item())
        first, last = offsets[i, best].tolist()
        assert text[first:last].strip() or tokenizer.decode(windows["input_ids"][i, best]) == ""
        reached |= {c for k in inside for c in range(*offsets[i, k].tolist())}
    assert {c for c in range(len(text)) if text[c] != " "} <= reached


def test_feature_extraction_gives_the_encoders_vectors(folder: Path) -> None:
    extract = piped("feature-extraction", ErnieMModel, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    (vectors,) = extract(LINES[0])
    expected = extract.model(**tokenizer(LINES[0], return_tensors="pt")).last_hidden_state[0]
    assert torch.allclose(torch.tensor(vectors), expected, atol=1e-6)


def test_trainer_trains_goes_on_and_saves_what_auto_classes_load(
    folder: Path, tmp_path: Path
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [{**tokenizer(line), "labels": i // 200} for i, line in enumerate(LINES)]
    rows = [rows[i % 2 * 200 + i // 2] for i in range(64)]

    def trainer(steps: int) -> Trainer:
        torch.manual_seed(0)
        return Trainer(
            model=AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2),
            args=TrainingArguments(
                output_dir=str(tmp_path / "run"),
                max_steps=steps,
                save_steps=steps,
                learning_rate=1e-2,
                per_device_train_batch_size=16,
                report_to="none",
                use_cpu=True,
                disable_tqdm=True,
                dataloader_pin_memory=False,
            ),
            train_dataset=rows,
            eval_dataset=rows,
            processing_class=tokenizer,
        )

    before = trainer(1).evaluate()["eval_loss"]
    trainer(5).train()
    longer = trainer(40)
    longer.train(resume_from_checkpoint=True)
    assert longer.state.global_step == 40
    assert longer.evaluate()["eval_loss"] < before / 2
    longer.save_model(str(tmp_path / "saved"))
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "saved")
    assert (tmp_path / "saved" / "model.safetensors").is_file()
    batch = tokenizer.pad(
        [{k: row[k] for k in ("input_ids",)} for row in rows], return_tensors="pt"
    )
    answers = model(**batch).logits.argmax(-1)
    assert (answers == torch.tensor([row["labels"] for row in rows])).float().mean() > 0.9
