"""The same checkpoint by us and by ErnieM of transformers 4.57.6, where it last was.

```text
ERNIEM_TRANSFORMERS4=python4 python bench/old_model.py [--tokenizer xlm-r/] [--quick]
```

A random network of transformers 4, as it writes it, is loaded by us; both get the same padded
batches of real sentences, in turn, theirs in a process of its own under its own Python:

vectors    the encoder's, without gradients; compared once: they are equal
training   a step of its classifier: forward, backward, clipping, AdamW (fused), dropout 0.1

"like lengths" are batches of theirs whose rows are about as long as each other.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from erniem.model.heads import ErnieMForSequenceClassification
from harness import Neighbour, Row, alternate, compared, record
from step_text import BASE, TINY, Size, Text
from training_step import optimizer_step, shown

VARIABLE = "ERNIEM_TRANSFORMERS4"
WORKS = ("vectors", "training")
PEERS = ("transformers 4", "like lengths")
SENTENCES = 32
CLASSES = 3


def framed(sentences: list[list[int]], size: Size) -> list[list[int]]:
    """Rows with [CLS] and [SEP]."""
    return [[size.special.cls, *one, size.special.sep] for one in sentences]


def padded(rows: list[list[int]], pad: int = BASE.special.pad) -> dict[str, Tensor]:
    """Rows as a tokeniser pads them."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + [pad] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != pad).long()}


class Ours:
    """The classifier as we load it."""

    def __init__(self, folder: Path) -> None:
        self.model = ErnieMForSequenceClassification.from_pretrained(folder)
        self.step = optimizer_step(self.model)

    def seconds(self, work: str, rows: list[list[int]]) -> float:
        """Of a call with padded rows, as anybody calls it."""
        batch = padded(rows)
        start = time.perf_counter()
        if work == "vectors":
            self.vectors(batch)
        else:
            labels = torch.arange(len(rows)) % CLASSES
            self.model.train()
            self.step(lambda: self.model(**batch, labels=labels).loss)
        return time.perf_counter() - start

    @torch.no_grad()
    def vectors(self, batch: dict[str, Tensor]) -> Tensor:
        """Of first tokens."""
        self.model.eval()
        return self.model.ernie_m(**batch).last_hidden_state[:, 0]


def rows_of(text: Text, size: Size, repeat: int, *, alike: bool) -> list[list[int]]:
    """A batch as it comes, or one of like lengths out of as much text."""
    return framed(text.alike(repeat) if alike else text.singles(repeat), size)


def contestants(
    work: str, ours: Ours, theirs: Neighbour, text: Text, size: Size
) -> dict[str, Callable[[int], float]]:
    """Real tokens a second of each."""

    def of_ours(repeat: int) -> float:
        rows = rows_of(text, size, repeat, alike=False)
        return sum(map(len, rows)) / ours.seconds(work, rows)

    def of_theirs(repeat: int, alike: bool) -> float:
        rows = rows_of(text, size, repeat, alike=alike)
        return sum(map(len, rows)) / float(theirs.ask({"work": work, "rows": rows})["seconds"])

    return {
        "erniem": of_ours,
        PEERS[0]: lambda repeat: of_theirs(repeat, alike=False),
        PEERS[1]: lambda repeat: of_theirs(repeat, alike=True),
    }


def check_same(ours: Ours, theirs: Neighbour, rows: list[list[int]]) -> None:
    """Both compute the same vectors."""
    expected = torch.tensor(theirs.ask({"work": "vectors", "rows": rows})["vectors"])
    torch.testing.assert_close(ours.vectors(padded(rows)), expected, atol=1e-4, rtol=1e-4)


def measured(size: Size, options: argparse.Namespace) -> list[Row]:
    """All of it, at one size."""
    shape, text = size.shape, Text(size, options.tokenizer)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        command = [os.environ[VARIABLE], str(Path(__file__).parent / "transformers4_process.py")]
        command += [folder, "--width", str(shape["hidden_size"])]
        command += ["--layers", str(shape["num_hidden_layers"]), "--pieces", str(size.vocabulary)]
        command += ["--threads", str(options.threads)]
        theirs = stack.enter_context(Neighbour(command))
        assert theirs.answer()["ready"]
        ours = Ours(Path(folder))
        check_same(ours, theirs, rows_of(text, size, 0, alike=False))
        rows = []
        for work in WORKS:
            samples = alternate(contestants(work, ours, theirs, text, size), options.repeats)
            what = f"{size.name}, {work}"
            rows += shown(compared(samples, ours="erniem", what=what, unit="real tokens/s"))
    return rows


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="tiny; nothing is recorded")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--tokenizer", type=Path, help="folder; for real text (ERNIEM_DATA)")
    options = parser.parse_args()
    if VARIABLE not in os.environ:
        print(f"left out: {VARIABLE} names no Python with transformers 4.57.6 (CONTRIBUTING.md).")
        return
    if options.quick:
        options.repeats = 1
    torch.set_num_threads(options.threads)
    rows = measured(TINY if options.quick else replace(BASE, sentences=SENTENCES), options)
    if not options.quick:
        record(
            "old_model",
            rows,
            about="A checkpoint of transformers 4.57.6's ErnieM, loaded by us and by itself: the "
            "same vectors to 1e-4. Padded batches of real sentences as they come; for it also of "
            "like lengths.",
            settings={"threads": options.threads, "repeats": options.repeats}
            | {"sentences": SENTENCES, "their transformers": "4.57.6"},
        )


if __name__ == "__main__":
    main()
