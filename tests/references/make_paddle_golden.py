"""ERNIE-M of PaddleNLP 2.8.1 with random weights: its files, and what it computes.

Run by a Python that has paddlenlp==2.8.1, paddlepaddle==3.3.1, huggingface_hub==0.25.2, datasets<3
and aistudio-sdk==0.2.6:

    python tests/references/make_paddle_golden.py tests/convert/golden/paddle
    python tests/references/make_paddle_golden.py FOLDER --base
    python tests/references/make_paddle_golden.py FOLDER --read OURS KIND

The last reads a folder that we wrote, and only writes what it computes.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import paddle
import paddlenlp
from paddlenlp.transformers import ErnieMConfig, ErnieMModel
from paddlenlp.transformers.ernie_m import modeling

TINY = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
}
HEADS = {
    "ErnieMModel": ["last_hidden_state", "pooler_output"],
    "ErnieMForSequenceClassification": ["logits"],
    "ErnieMForTokenClassification": ["logits"],
    "ErnieMForQuestionAnswering": ["start_logits", "end_logits"],
    "ErnieMForMultipleChoice": ["logits"],
    "UIEM": ["start_prob", "end_prob"],
}


def inputs(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Four rows of pieces, two of them padded, and their mask."""
    ids = np.random.default_rng(0).integers(4, size, size=(4, 12))
    ids[:, 0], ids[:, -1] = 0, 2
    mask = np.ones_like(ids)
    mask[1, 7:] = mask[2, 3:] = 0
    ids[mask == 0] = 1
    return ids, mask


def write_outputs(model: Any, folder: Path, kind: str) -> None:
    """What the model computes from the four rows."""
    ids, mask = inputs(model.config.vocab_size)
    rows = (2, 2, 12) if kind == "ErnieMForMultipleChoice" else (4, 12)
    model.eval()
    with paddle.no_grad():
        outputs = model(
            paddle.to_tensor(ids.reshape(rows)),
            attention_mask=paddle.to_tensor(mask.reshape(rows)),
        )
    outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
    named = {name: one.numpy() for name, one in zip(HEADS[kind], outputs, strict=True)}
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "outputs.npz", input_ids=ids, attention_mask=mask, **named)
    versions = {"paddlenlp": paddlenlp.__version__, "paddlepaddle": paddle.__version__}
    (folder / "versions.json").write_text(json.dumps(versions) + "\n")


def write_own_test(model: Any, folder: Path) -> None:
    """What its own test suite looks at: a row whose first token is hidden."""
    ids, mask = np.array([[0, 34, 23, 32, 40, 14, 2]]), np.array([[0, 1, 1, 1, 1, 1, 1]])
    with paddle.no_grad():
        hidden = model(paddle.to_tensor(ids), attention_mask=paddle.to_tensor(mask))[0][0]
    np.savez_compressed(folder / "own_test.npz", input_ids=ids, hidden=hidden.numpy())


def make(kind: str, config: ErnieMConfig, spread: float, rng: np.random.Generator) -> Any:
    """A model with random weights."""
    model = ErnieMModel(config) if kind == "ErnieMModel" else getattr(modeling, kind)(config)
    for value in model.parameters():
        drawn = rng.normal(0, spread, size=value.shape).astype("float32")
        value.set_value(drawn + (1 if value.ndim == 1 and "norm" in value.name else 0))
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", action="store_true", help="in the shape of the base model")
    parser.add_argument("--read", nargs=2, metavar=("OURS", "KIND"))
    arguments = parser.parse_args()
    if arguments.read:
        ours, kind = arguments.read
        write_outputs(getattr(modeling, kind).from_pretrained(ours), arguments.folder / kind, kind)
        return
    config = ErnieMConfig(**({} if arguments.base else TINY), num_labels=3, num_choices=2)
    rng = np.random.default_rng(0)
    for kind in HEADS:
        folder = arguments.folder / kind
        model = make(kind, config, 0.02 if arguments.base else 0.3, rng)
        model.save_pretrained(str(folder))
        write_outputs(model, folder, kind)
        (folder / "generation_config.json").unlink(missing_ok=True)
        if kind == "ErnieMModel":
            write_own_test(model, folder)


if __name__ == "__main__":
    main()
