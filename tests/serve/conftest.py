"""Tiny checkpoints with each head, and servers of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from live_server import Live, living


def with_head(encoder: Path, folder: Path, kind: Any, **config: Any) -> Path:
    """The encoder's shape and tokenizer with a head, drawn at random."""
    shutil.copytree(encoder, folder)
    torch.manual_seed(1)
    settings = ErnieMConfig.from_pretrained(encoder)
    settings.update(config)
    kind(settings).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def masked(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "masked"
    return with_head(encoder, folder, heads.ErnieMForMaskedLM)


@pytest.fixture(scope="session")
def classifier(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "classifier"
    labels = {0: "entailment", 1: "neutral", 2: "contradiction"}
    return with_head(encoder, folder, heads.ErnieMForSequenceClassification, id2label=labels)


@pytest.fixture(scope="session")
def extraction(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "extraction"
    return with_head(encoder, folder, heads.ErnieMForInformationExtraction)


@pytest.fixture(scope="module")
def live(masked: Path) -> Iterator[Live]:
    """A masked LM, served with the limits as they are."""
    with living(masked, name="tiny") as server:
        yield server
