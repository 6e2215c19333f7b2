"""ERNIE-M of PaddleNLP 2.8.1 with random weights: its files, and what it computes.

Run by a Python that has paddlenlp==2.8.1, paddlepaddle==3.3.1, huggingface_hub==0.25.2, datasets<3
and aistudio-sdk==0.2.6:

    python tests/references/make_paddle_golden.py tests/convert/golden/paddle
    python tests/references/make_paddle_golden.py FOLDER --base
"""

import argparse
import json
from pathlib import Path

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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", action="store_true", help="in the shape of the base model")
    arguments = parser.parse_args()
    shape = (
        {} if arguments.base else {**TINY, "intermediate_size": 64, "max_position_embeddings": 40}
    )
    config = ErnieMConfig(**shape, num_labels=3, num_choices=2)
    rng = np.random.default_rng(0)
    ids = rng.integers(4, config.vocab_size, size=(4, 12))
    ids[:, 0], ids[:, -1] = 0, 2
    mask = np.ones_like(ids)
    mask[1, 7:] = mask[2, 3:] = 0
    ids[mask == 0] = 1
    kinds = list(HEADS) if not arguments.base else ["ErnieMModel", "UIEM"]
    for kind in kinds:
        model = ErnieMModel(config) if kind == "ErnieMModel" else getattr(modeling, kind)(config)
        model.eval()
        for value in model.parameters():
            spread = 0.02 if arguments.base else 0.3
            drawn = rng.normal(0, spread, size=value.shape).astype("float32")
            value.set_value(drawn + (1 if value.ndim == 1 and "norm" in value.name else 0))
        choices = kind == "ErnieMForMultipleChoice"
        rows = (2, 2, 12) if choices else (4, 12)
        with paddle.no_grad():
            outputs = model(
                paddle.to_tensor(ids.reshape(rows)),
                attention_mask=paddle.to_tensor(mask.reshape(rows)),
            )
        outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
        folder = arguments.folder / kind
        model.save_pretrained(str(folder))
        named = {name: one.numpy() for name, one in zip(HEADS[kind], outputs, strict=True)}
        np.savez_compressed(folder / "outputs.npz", input_ids=ids, attention_mask=mask, **named)
        versions = {"paddlenlp": paddlenlp.__version__, "paddlepaddle": paddle.__version__}
        (folder / "versions.json").write_text(json.dumps(versions) + "\n")
        (folder / "generation_config.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main()
