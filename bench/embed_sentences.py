"""Sentence vectors: our backends, sentence-transformers, and ONNX Runtime behind padded batches.

```text
python bench/embed_sentences.py [e5/ --tatoeba tatoeba/] [--accuracy] [--threads 1] [--quick]
```

The same weights, the same sentences, the same way to vectors (last layer, mean, `query: `); all in
one process, in turn, tokenising with it:

torch, torch-bf16, torch-int8, onnx, onnx-int8   `erniem.Encoder`
sentence-transformers                the weights as XLM-R, `encode` as it is: sorted, batches of 32
plain onnx, plain onnx-int8          the files of `erniem export onnx`, batches of 32 as they come

Sentences are Tatoeba's, of twelve languages in twelve scripts, shuffled; without files, invented,
and weights drawn at random. With `--accuracy` all of theirs are embedded: how many translations are
nearest to their English sentences (XTREME's direction), by backend.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch

from erniem import Encoder
from erniem.embed import VectorSettings
from erniem.embed.encoder import unit
from erniem.embed.onnx_backend import padded_rows
from erniem.export.to_onnx import export_onnx
from erniem.export.to_sentence_transformers import export_sentence_transformers
from erniem.tasks.retrieve.table import accuracy
from erniem.tasks.retrieve.tatoeba_files import read_tatoeba
from harness import Figure, Row, alternate, compared, record
from sentence_text import LANGUAGES, chosen, made_up, sentences

WAY = {"layer": "last", "pooling": "mean", "prefix": "query: "}
BACKENDS = ("torch", "torch-bf16", "torch-int8", "onnx", "onnx-int8")
BATCH = 32
"""Of the peers: sentence-transformers' own default."""

TARGETS: Mapping[str, Mapping[str, str]] = {
    "torch": {"sentence-transformers": "≥ 1.3", "plain onnx": "≥ 1"},
    "torch-bf16": {"sentence-transformers": "≥ 1.3"},
    "onnx": {"sentence-transformers": "≥ 1.3", "plain onnx": "≥ 1"},
    "torch-int8": {"sentence-transformers": "≥ 2.5", "plain onnx-int8": "≥ 1"},
    "onnx-int8": {"sentence-transformers": "≥ 2.5", "plain onnx-int8": "≥ 1"},
}

Embed = Callable[[Sequence[str]], np.ndarray]


def plain_onnx(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    """Batches as they come, padded; the tokenizer and the session are the encoder's."""
    found = []
    for start in range(0, len(texts), BATCH):
        some = [WAY["prefix"] + text for text in texts[start : start + BATCH]]
        rows = encoder.tokenizer(some, truncation=True, max_length=encoder.limit).input_ids
        ids, mask = padded_rows(rows, encoder.tokenizer.pad_token_id)
        inputs = {"input_ids": ids, "attention_mask": mask}
        found += encoder.backend.session.run(None, inputs)
    return unit(np.concatenate(found))


def contestants(model: Path, place: Path, threads: int) -> dict[str, Embed]:
    """All by name; what they read is written to `place`."""
    from sentence_transformers import SentenceTransformer

    export_onnx(model, place / "onnx", form="sentence", int8=True, **WAY)
    export_sentence_transformers(model, place / "theirs", **WAY)
    way = VectorSettings(**WAY)
    opened = {
        name: Encoder.from_pretrained(
            place / "onnx" if "onnx" in name else model,
            backend=name,
            settings=way,
            threads=threads,
        )
        for name in BACKENDS
    }
    theirs = SentenceTransformer(str(place / "theirs"), device="cpu")
    name, prompt = next(iter(theirs.prompts.items()))
    assert prompt == WAY["prefix"], theirs.prompts
    return {
        **{name: encoder.encode for name, encoder in opened.items()},
        "sentence-transformers": partial(
            theirs.encode, batch_size=BATCH, prompt_name=name, normalize_embeddings=True
        ),
        "plain onnx": partial(plain_onnx, opened["onnx"]),
        "plain onnx-int8": partial(plain_onnx, opened["onnx-int8"]),
    }


def speeds(embeds: Mapping[str, Embed], texts: Sequence[str], repeats: int) -> list[Row]:
    """Sentences a second of processor time, which is what other work on the machine spares."""

    def run(embed: Embed, repeat: int) -> float:
        start = time.process_time()
        embed(texts)
        return len(texts) / (time.process_time() - start)

    samples = alternate({name: partial(run, one) for name, one in embeds.items()}, repeats)
    peers = [name for name in embeds if name not in BACKENDS]
    rows = []
    for name in BACKENDS:
        some = {each: samples[each] for each in (name, *TARGETS[name])}
        found = compared(
            some, ours=name, what="speed", unit="sentences/CPU s", targets=TARGETS[name]
        )
        rows += [row for row in found if row.name == name]
    for name in peers:
        rows += compared({name: samples[name]}, ours=name, what="speed", unit="sentences/CPU s")
    return rows


def figure(name: str, what: str, unit: str, values: Sequence[float]) -> Row:
    """A figure that time has no part in."""
    shown = Figure(
        median=statistics.median(values),
        lowest=min(values),
        highest=max(values),
        repeats=len(values),
    )
    return Row(what=what, name=name, unit=unit, figure=shown)


def cosines(embeds: Mapping[str, Embed], texts: Sequence[str]) -> list[Row]:
    """How near each backend's vectors are to sentence-transformers', mean over the sentences."""
    theirs = embeds["sentence-transformers"](texts)
    ours = {name: embeds[name](texts) for name in BACKENDS}
    assert np.abs(ours["torch"] - theirs).max() < 1e-4, "the same vectors, or nothing is compared"
    found = {name: 1 - np.einsum("nd,nd->n", one, theirs) for name, one in ours.items()}
    return [
        figure(name, f"1 - cosine with sentence-transformers', {how}", "", [float(of(one))])
        for name, one in found.items()
        for how, of in (("mean", np.mean), ("greatest", np.max))
    ]


def tatoeba_accuracy(embeds: Mapping[str, Embed], folder: Path) -> list[Row]:
    """Percent of translations found from English, mean over the languages; and what int8 loses."""
    pairs = read_tatoeba(folder, languages=LANGUAGES)
    found: dict[str, list[float]] = {}
    for name in BACKENDS:
        found[name] = []
        for rows in pairs.values():
            english, foreign = (embeds[name](side) for side in zip(*rows, strict=True))
            found[name].append(100 * accuracy(english, foreign))
        print(name, dict(zip(LANGUAGES, found[name], strict=True)), flush=True)
    return [
        figure(name, "Tatoeba accuracy, mean of 12 languages", "%", [statistics.fmean(values)])
        for name, values in found.items()
    ]


def arguments() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, nargs="?", help="an encoder; random weights without")
    parser.add_argument("--tatoeba", type=Path, help="folder of the sets; invented text without")
    parser.add_argument("--accuracy", action="store_true", help="also how much int8 loses there")
    parser.add_argument("--sentences", type=int, default=600, help="of a repeat")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="see that it works; writes nothing")
    options = parser.parse_args()
    if options.accuracy and not options.tatoeba:
        parser.error("--accuracy needs --tatoeba")
    if options.quick:
        options.repeats, options.sentences = 1, 60
    return options


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    texts = chosen(options.tatoeba, options.sentences)
    with tempfile.TemporaryDirectory() as place:
        model = options.model or Path(place) / "made-up"
        if options.model is None:
            made_up(model, sentences(), quick=options.quick)
        embeds = contestants(model, Path(place), options.threads)
        rows = cosines(embeds, texts[:200]) + speeds(embeds, texts, options.repeats)
        if options.accuracy:
            rows += tatoeba_accuracy(embeds, options.tatoeba)
    for row in rows:
        print(row.what, row.name, row.figure, row.against or "", row.ratio or "", flush=True)
    if not options.quick:
        record(
            "embed_sentences",
            rows,
            about="Vectors of short sentences, tokenising counted, by 12 layers × 384 with "
            "multilingual-e5-small's weights or of its size. Peers: sentence-transformers on the "
            "same weights as XLM-R, and ONNX Runtime on batches of 32 as they come.",
            settings={"threads": options.threads, "sentences": len(texts)}
            | {"model": options.model.name if options.model else "random weights"}
            | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "unset")},
            packages=("torch", "transformers", "sentence-transformers", "onnxruntime"),
        )


if __name__ == "__main__":
    main()
