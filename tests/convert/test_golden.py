"""Against PaddleNLP 2.8.1 and transformers 4.57.6, whose files tests/references made."""

import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from erniem.convert.checkpoint import read_checkpoint
from erniem.convert.convert import convert

GOLDEN = Path(__file__).parent / "golden"
SCRIPTS = Path(__file__).parents[1] / "references"
FOLDERS = sorted(path.parent for path in GOLDEN.glob("*/*/outputs.npz"))
PYTHONS = {"paddle": "ERNIEM_PADDLENLP", "transformers4": "ERNIEM_TRANSFORMERS4"}


def greatest_difference(model: Any, folder: Path) -> float:
    """Between what our model computes and what the other one did, at real tokens."""
    known = np.load(folder / "outputs.npz")
    ids, mask = (torch.from_numpy(known[name]) for name in ("input_ids", "attention_mask"))
    rows = (2, 2, 12) if folder.name == "ErnieMForMultipleChoice" else (4, 12)
    with torch.no_grad():
        ours = model(input_ids=ids.view(rows), attention_mask=mask.view(rows))
    differences = []
    for name in set(known.files) - {"input_ids", "attention_mask"}:
        found = ours[name.replace("prob", "logits")]
        found = found.sigmoid() if name.endswith("prob") else found
        difference = (found - torch.from_numpy(known[name])).abs()
        by_token = difference.shape[:2] == (4, 12)
        differences.append(float((difference[mask.bool()] if by_token else difference).max()))
    assert differences
    return max(differences)


def test_there_are_golden_files_for_every_head_of_both() -> None:
    assert len(FOLDERS) == 12


@pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}-{folder.name}"
)
def test_we_compute_what_they_computed(folder: Path) -> None:
    read = read_checkpoint(folder)
    assert {name for name in read.unread if "pooler" not in name} == set()
    assert greatest_difference(read.model, folder) <= 1e-5


@pytest.mark.parametrize(
    "name",
    [
        "ErnieMModel",
        "ErnieMForSequenceClassification",
        "ErnieMForTokenClassification",
        "ErnieMForQuestionAnswering",
        "ErnieMForMultipleChoice",
    ],
)
def test_the_way_round_all_of_them_ends_where_it_began_to_the_bit(
    name: str, tmp_path: Path
) -> None:
    folder = GOLDEN / "paddle" / name
    way = ["erniem", "transformers4", "erniem", "xlm-r", "erniem", "paddle", "erniem"]
    places = [folder, *(tmp_path / f"{number}" for number in range(len(way)))]
    for to, (source, target) in zip(way, pairwise(places), strict=True):
        convert(source, target, to=to)
    first, last = (read_checkpoint(place).model.state_dict() for place in (places[1], places[-1]))
    assert first.keys() == last.keys()
    for one, value in first.items():
        assert torch.equal(value, last[one]), one
    assert greatest_difference(read_checkpoint(places[-1]).model, folder) <= 1e-5


def run(kind: str, *arguments: str) -> None:
    """The other side's script, in its own environment."""
    if PYTHONS[kind] not in os.environ:
        pytest.skip(f"set {PYTHONS[kind]} to a Python that has what {kind}'s script names")
    script = SCRIPTS / f"make_{kind}_golden.py"
    subprocess.run(
        [os.environ[PYTHONS[kind]], str(script), *arguments], check=True, capture_output=True
    )


@pytest.mark.parity
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["paddle", "transformers4"])
@pytest.mark.parametrize("shape", ["tiny", "base"])
def test_live_they_compute_the_same_and_so_do_they_from_what_we_write(
    kind: str, shape: str, tmp_path: Path
) -> None:
    run(kind, str(tmp_path), *(["--base"] if shape == "base" else []))
    folders = sorted(path.parent for path in tmp_path.glob("*/outputs.npz"))
    assert len(folders) == 6
    for folder in folders:
        here = greatest_difference(read_checkpoint(folder).model, folder)
        convert(folder, tmp_path / "ours")
        convert(tmp_path / "ours", tmp_path / "theirs", to=kind)
        shutil.rmtree(folder)
        run(kind, str(tmp_path), "--read", str(tmp_path / "theirs"), folder.name)
        there = greatest_difference(read_checkpoint(tmp_path / "ours").model, folder)
        print(f"{kind} {shape} {folder.name}: {here:.1e}, from what we wrote {there:.1e}")
        assert max(here, there) <= 1e-5
        for each in (tmp_path / "ours", tmp_path / "theirs"):
            shutil.rmtree(each)
