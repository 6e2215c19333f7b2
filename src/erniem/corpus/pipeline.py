"""From folders of text to a corpus: gather, train a vocabulary, encode, write; and open it again.

```text
XX.txt ──────┐
XX-YY.tsv ───┴─gather─▶ text ─▶ vocabulary ─encode─▶ monolingual/XX, parallel/XX-YY, counts.npy
                └─▶ held_out/XX-YY.tsv               manifest.json
```

The simple form: the text of a run is held in memory. Letters: L languages (and L + 1 `rows`), V
vocabulary.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from erniem.corpus.encode import (
    MOST_SENTENCES,
    train_vocabulary,
    write_shards,
)
from erniem.corpus.gather import Gathered, codes_of, gather
from erniem.corpus.shards import PairShard, SentenceShard
from erniem.tokenization import fingerprint, open_tokenizer
from erniem.whole import whole_or_not_at_all

__all__ = ["Corpus", "build_corpus", "open_corpus"]

FORMAT = 2
"""Version of the corpus folder."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A corpus on disk, memory-mapped."""

    folder: Path
    """Where it lies."""
    manifest: Mapping[str, Any]
    """Counts, drops, hashes."""
    languages: tuple[str, ...]
    """Codes; the id of a language is 1 + its index."""
    monolingual: Mapping[str, SentenceShard]
    """Sentences by language."""
    parallel: Mapping[str, PairShard]
    """Pairs by languages, `en-de`."""
    held_out: Mapping[str, list[tuple[str, str]]]
    """Pairs kept from training, as text."""

    @property
    def tokenizer_folder(self) -> Path:
        """The tokeniser that encoded it."""
        return self.folder / "tokenizer"

    def summary(self) -> list[str]:
        """A line for each language, and how many lines were left out, by reason."""
        counts = self.manifest["counts"]
        lines = [f"{self.folder}: {len(self.languages)} languages"]
        for label, facts in counts.items():
            lines.append(f"{label:8}{facts['rows']:>12,} rows{facts['tokens']:>14,} pieces")
        dropped: Counter[str] = Counter()
        for reason, _, _, count in self.manifest["dropped"]:
            dropped[reason] += count
        return lines + [f"left out, {reason}: {count:,}" for reason, count in dropped.items()]

    @cached_property
    def piece_counts(self) -> Int[np.ndarray, "rows V"]:
        """How often each piece stands in the shards by language id; row 0 is unused.

        Both sides of pairs count, also where they stand among the sentences as well.
        """
        return np.load(self.folder / "counts.npy", mmap_mode="r")


def build_corpus(
    sources: Sequence[Path],
    output: Path,
    *,
    tokenizer: Path | None = None,
    vocabulary_size: int = 16_000,
    vocabulary_alpha: float = 0.3,
    vocabulary_sentences: int = MOST_SENTENCES,
    languages: Sequence[str] | None = None,
    pairs_as_text: bool = True,
    max_per_source: int | None = None,
    held_out: int = 500,
    exclude: Sequence[Path] = (),
    max_pieces: int = 510,
) -> Corpus:
    """Builds a corpus, whole or not at all.

    Args:
        sources: folders with `XX.txt` and `XX-YY.tsv` files.
        output: the corpus; it must not exist yet.
        tokenizer: folder of a tokeniser; one is trained on the text if None.
        vocabulary_size: pieces of a trained tokeniser.
        vocabulary_alpha: temperature of the mix of languages that it is trained on: 1 as they are,
            0 all alike.
        vocabulary_sentences: so many of them, at most; fewer are quicker.
        languages: only these; all that are found if None.
        pairs_as_text: the sides of pairs are monolingual sentences too.
        max_per_source: lines kept of each file, at most, drawn; all if None.
        held_out: pairs of each two languages kept for evaluation, at most a tenth of them.
        exclude: folders of evaluation sets; what stands in them is dropped.
        max_pieces: longer sentences are cropped, and counted in the manifest.

    Raises:
        ValueError: no text, a language without text, a damaged or useless file, too little text
            for the vocabulary, a tokeniser that is none, an output that exists, a setting out of
            range.
        OSError: the output cannot be written, for want of room for example.
    """
    if output.exists():
        raise ValueError(f"{output} exists already: choose another output, or delete it.")
    if not 0 <= vocabulary_alpha <= 1:
        raise ValueError(f"vocabulary_alpha is {vocabulary_alpha}; it must be from 0 to 1.")
    pieces = None if tokenizer is None else open_tokenizer(tokenizer)
    text = gather(
        sources,
        languages=languages,
        exclude=exclude,
        max_per_source=max_per_source,
        held_out=held_out,
        pairs_as_text=pairs_as_text,
    )
    with whole_or_not_at_all(output) as partial:
        if pieces is None:
            pieces = train_vocabulary(
                text.rows,
                size=vocabulary_size,
                alpha=vocabulary_alpha,
                most=vocabulary_sentences,
            )
        pieces.save_pretrained(partial / "tokenizer")
        counts = write_shards(partial, text.rows, pieces, max_pieces)
        _write_held_out(partial / "held_out", text.held_out)
        _write_manifest(partial, counts, text, fingerprint(pieces))
    return open_corpus(output)


def _write_held_out(folder: Path, kept: Mapping[str, list[tuple[str, ...]]]) -> None:
    folder.mkdir()
    for label, pairs in kept.items():
        lines = "".join(f"{one}\t{other}\n" for one, other in pairs)
        (folder / f"{label}.tsv").write_text(lines, encoding="utf-8")


def _write_manifest(
    folder: Path,
    counts: dict[str, dict[str, int]],
    text: Gathered,
    tokenizer: str,
) -> None:
    manifest = {
        "format": FORMAT,
        "languages": codes_of(counts),
        "counts": counts,
        "held_out": {label: len(pairs) for label, pairs in text.held_out.items()},
        "from_pairs": dict(text.from_pairs),
        "dropped": [[*what, count] for what, count in sorted(text.drops.counts.items()) if count],
        "tokenizer": tokenizer,
        "files": {
            str(path.relative_to(folder)): {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }
    (folder / "manifest.json").write_text(
        json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8"
    )


def open_corpus(folder: Path) -> Corpus:
    """Opens a corpus; nothing is read but its manifest and the held-out pairs.

    Raises:
        ValueError: no corpus, another format, or a file missing or of another size.
    """
    path = folder / "manifest.json"
    if not path.is_file():
        raise ValueError(f"{folder} is no corpus (no manifest.json): build one there.")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if manifest["format"] != FORMAT:
        raise ValueError(
            f"{folder} has format {manifest['format']}, this erniem reads {FORMAT}: build it again."
        )
    for name, facts in manifest["files"].items():
        file = folder / name
        size = file.stat().st_size if file.is_file() else None
        if size != facts["bytes"]:
            raise ValueError(
                f"{file} has {size if size is not None else 'no'} bytes, its manifest says "
                f"{facts['bytes']}: build the corpus again."
            )
    ids = {code: 1 + place for place, code in enumerate(manifest["languages"])}
    labels = list(manifest["counts"])
    return Corpus(
        folder=folder,
        manifest=manifest,
        languages=tuple(manifest["languages"]),
        monolingual={
            label: SentenceShard(folder / "monolingual" / label, ids[label])
            for label in labels
            if "-" not in label
        },
        parallel={
            label: PairShard(folder / "parallel" / label, _two(ids, label))
            for label in labels
            if "-" in label
        },
        held_out={label: _read_held_out(folder, label) for label in manifest["held_out"]},
    )


def _two(ids: Mapping[str, int], label: str) -> tuple[int, int]:
    one, other = label.split("-")
    return ids[one], ids[other]


def _read_held_out(folder: Path, label: str) -> list[tuple[str, str]]:
    text = (folder / "held_out" / f"{label}.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.split("\n") if line]
    return [(one, other) for one, other in rows]
