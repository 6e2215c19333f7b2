"""ERNIE-M of transformers 4.57.6 with random weights: its files, and what it computes.

Run by a Python that has transformers==4.57.6 and torch==2.13.0:

    python tests/references/make_transformers4_golden.py tests/convert/golden/transformers4
    python tests/references/make_transformers4_golden.py FOLDER --base
    python tests/references/make_transformers4_golden.py FOLDER --read OURS KIND

The last reads a folder that we wrote, and only writes what it computes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers.models.deprecated.ernie_m import modeling_ernie_m as modeling
from transformers.models.deprecated.ernie_m.configuration_ernie_m import ErnieMConfig

TINY = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "max_position_embeddings": 40,
}
KINDS = [
    "ErnieMModel",
    "ErnieMForSequenceClassification",
    "ErnieMForTokenClassification",
    "ErnieMForQuestionAnswering",
    "ErnieMForMultipleChoice",
    "ErnieMForInformationExtraction",
]


def inputs(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Four rows of pieces, two of them padded, and their mask."""
    ids = np.random.default_rng(0).integers(4, size, size=(4, 12))
    ids[:, 0], ids[:, -1] = 0, 2
    mask = np.ones_like(ids)
    mask[1, 7:] = mask[2, 3:] = 0
    ids[mask == 0] = 1
    return ids, mask


def write_outputs(model: torch.nn.Module, folder: Path, kind: str) -> None:
    """What the model computes from the four rows."""
    ids, mask = inputs(model.config.vocab_size)
    rows = (2, 2, 12) if kind == "ErnieMForMultipleChoice" else (4, 12)
    with torch.no_grad():
        outputs = model.eval()(
            torch.from_numpy(ids.reshape(rows)), attention_mask=torch.from_numpy(mask.reshape(rows))
        )
    named = {name: one.numpy() for name, one in outputs.items()}
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "outputs.npz", input_ids=ids, attention_mask=mask, **named)
    versions = {"transformers": transformers.__version__, "torch": torch.__version__}
    (folder / "versions.json").write_text(json.dumps(versions) + "\n")


def write_own_test(model: torch.nn.Module, folder: Path) -> None:
    """What its own test suite looks at: six pieces, and no mask, which hides the padding, id 1."""
    ids = torch.arange(6)[None]
    with torch.no_grad():
        hidden = model.eval()(ids).last_hidden_state[0]
    np.savez_compressed(folder / "own_test.npz", input_ids=ids, hidden=hidden)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", action="store_true", help="in the shape of the base model")
    parser.add_argument("--read", nargs=2, metavar=("OURS", "KIND"))
    arguments = parser.parse_args()
    if arguments.read:
        ours, kind = arguments.read
        model, report = getattr(modeling, kind).from_pretrained(ours, output_loading_info=True)
        assert not any(report.values()), report
        write_outputs(model, arguments.folder / kind, kind)
        return
    torch.manual_seed(0)
    config = ErnieMConfig(**({} if arguments.base else TINY))
    for kind in KINDS:
        config.num_labels = 2 if kind == "ErnieMForQuestionAnswering" else 3
        model = getattr(modeling, kind)(config)
        for name, value in model.named_parameters():
            spread = 0.02 if arguments.base else 0.3
            centre = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            value.data.normal_(centre, spread)
        model.save_pretrained(arguments.folder / kind)
        write_outputs(model, arguments.folder / kind, kind)
        if kind == "ErnieMModel":
            write_own_test(model, arguments.folder / kind)


if __name__ == "__main__":
    main()
