"""ErnieM of transformers 4.57.6, in a process of its own: the peer of old_model.py.

Run by a Python that has transformers==4.57.6 and torch:

    python bench/transformers4_process.py FOLDER [--width 768] [--layers 12] [--threads 2]

It writes a random network into the folder, then reads a question a line and answers with a line:
`{"work": "vectors", "rows": [[0, 57, 2], …]}` → `{"seconds": 0.4, "vectors": [[…], …]}`, those of
first tokens; `{"work": "training", "rows": …}` → `{"seconds": 1.9}`, a step with its dropout.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from transformers.models.deprecated.ernie_m import modeling_ernie_m as modeling
from transformers.models.deprecated.ernie_m.configuration_ernie_m import ErnieMConfig

PAD = 1
CLASSES = 3


def padded(rows: list[list[int]]) -> dict[str, Tensor]:
    """Rows as its tokeniser pads them."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != PAD).long()}


class Network:
    """The classifier, and the encoder in it."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        torch.manual_seed(0)
        config = ErnieMConfig(
            vocab_size=options.pieces,
            hidden_size=options.width,
            num_hidden_layers=options.layers,
            num_attention_heads=options.width // 64,
            intermediate_size=4 * options.width,
            num_labels=CLASSES,
        )
        self.model = modeling.ErnieMForSequenceClassification(config)
        self.model.save_pretrained(folder)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-5, fused=True)

    def answer(self, work: str, rows: list[list[int]]) -> dict[str, object]:
        """Does what is asked, and how long it took."""
        batch = padded(rows)
        start = time.perf_counter()
        found = self._vectors(batch) if work == "vectors" else self._train(batch)
        return {"seconds": time.perf_counter() - start} | found

    @torch.no_grad()
    def _vectors(self, batch: dict[str, Tensor]) -> dict[str, object]:
        self.model.eval()
        hidden = self.model.ernie_m(**batch).last_hidden_state
        return {"vectors": hidden[:, 0].tolist()}

    def _train(self, batch: dict[str, Tensor]) -> dict[str, object]:
        self.model.train()
        labels = torch.arange(len(batch["input_ids"])) % CLASSES
        self.optimizer.zero_grad()
        self.model(**batch, labels=labels).loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return {}


def serve(answer: Callable[..., dict[str, object]]) -> None:
    """A line in, a line out, until there is none."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(**json.loads(line))), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--pieces", type=int, default=250_002)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    serve(Network(options.folder, options).answer)


if __name__ == "__main__":
    main()
