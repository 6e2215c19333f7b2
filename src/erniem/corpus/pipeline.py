"""From folders of text to a corpus: read, drop, hold out, encode, write.

```text
XX.txt ──────┐        ┌─ repeated, in an evaluation set: dropped and counted
XX-YY.tsv ───┴─read─▶─┼─ held out for evaluation: held_out/XX-YY.tsv
                      └─ the rest ─▶ vocabulary ─▶ monolingual/XX, parallel/XX-YY, manifest.json
```

The simple form: the text of a run is held in memory.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from erniem.corpus.clean import normalised, texts_of
from erniem.corpus.document import Drops
from erniem.corpus.read import Source, find_sources, read_documents, read_pairs
from erniem.corpus.shards import PairShard, SentenceShard, write_shard
from erniem.tokenization import ErnieMTokenizer, fingerprint, train_tokenizer

__all__ = ["Corpus", "build_corpus", "open_corpus"]

FORMAT = 1
"""Version of the corpus folder."""
MOST_HELD_OUT = 0.1
"""At most this share of the pairs of two languages is held out."""
LEAST_LETTERS = 15
"""A held-out segment has so many letters and digits on its first side: shorter ones fit many."""

Rows = dict[str, list[tuple[str, ...]]]
"""Texts by label: `de` → one-tuples, `en-de` → pairs."""


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


def build_corpus(
    sources: Sequence[Path],
    output: Path,
    *,
    tokenizer: Path | None = None,
    vocabulary_size: int = 16_000,
    languages: Sequence[str] | None = None,
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
        languages: only these; all that are found if None.
        held_out: pairs of each two languages kept for evaluation, at most a tenth of them.
        exclude: folders of evaluation sets; what stands in them is dropped.
        max_pieces: longer sentences are cropped, and counted in the manifest.

    Raises:
        ValueError: no text, a language without text, a damaged file, an output that exists.
    """
    if output.exists():
        raise ValueError(f"{output} exists already: choose another output, or delete it.")
    files = [file for folder in sources for file in find_sources(folder)]
    files = _of_languages(files, languages)
    drops = Drops()
    rows = _read(files, texts_of(exclude), drops)
    kept = _hold_out(rows, held_out, drops)
    partial = output.with_name(output.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for room in ("monolingual", "parallel", "held_out"):
        (partial / room).mkdir(parents=True)
    pieces = _tokenizer(tokenizer, rows, vocabulary_size)
    pieces.save_pretrained(partial / "tokenizer")
    counts = {
        label: _write(partial, label, rows[label], pieces, max_pieces) for label in sorted(rows)
    }
    for label, pairs in kept.items():
        lines = "".join(f"{one}\t{other}\n" for one, other in pairs)
        (partial / "held_out" / f"{label}.tsv").write_text(lines, encoding="utf-8")
    _write_manifest(partial, counts, kept, drops, fingerprint(pieces))
    partial.rename(output)
    return open_corpus(output)


def _of_languages(files: list[Source], languages: Sequence[str] | None) -> list[Source]:
    if languages is None:
        return files
    there = {code for file in files for code in file.languages}
    if missing := sorted(set(languages) - there):
        raise ValueError(
            f"no text in {', '.join(missing)}; the folders have {', '.join(sorted(there))}."
        )
    return [file for file in files if set(file.languages) <= set(languages)]


def _read(files: list[Source], excluded: Mapping[Path, set[str]], drops: Drops) -> Rows:
    """The text of all files that may be used, by label, each once."""
    rows: Rows = {}
    seen: set[tuple[str, ...]] = set()
    for file in tqdm(files, desc="reading", unit="file"):
        for texts in _texts(file, drops):
            keys = tuple(normalised(text) for text in texts)
            reason = _why_drop((file.label, *keys), keys, seen, excluded)
            if reason is not None:
                drops.add(reason, file.name, file.label)
                continue
            seen.add((file.label, *keys))
            rows.setdefault(file.label, []).append(texts)
    return rows


def _texts(file: Source, drops: Drops) -> Iterator[tuple[str, ...]]:
    if len(file.languages) == 1:
        return ((document.text,) for document in read_documents(file, drops))
    return ((pair.first.text, pair.second.text) for pair in read_pairs(file, drops))


def _why_drop(
    row: tuple[str, ...],
    keys: tuple[str, ...],
    seen: set[tuple[str, ...]],
    excluded: Mapping[Path, set[str]],
) -> str | None:
    """Why a sentence or pair cannot be used, or None."""
    if not all(keys):
        return "no letters"
    for folder, texts in excluded.items():
        if any(key in texts for key in keys):
            return f"stands in {folder.name}"
    if row in seen:
        return "repeated"
    return "same on both sides" if len(keys) == 2 and keys[0] == keys[1] else None


def _hold_out(rows: Rows, count: int, drops: Drops) -> dict[str, list[tuple[str, str]]]:
    """Takes pairs out for evaluation, and everything that repeats one of their sides.

    Chosen by a hash of the first side, so that the same segment is held out in every language.
    """
    kept: dict[str, list[tuple[str, str]]] = {}
    for label in [label for label in rows if "-" in label]:
        first_sides: dict[str, tuple[str, str]] = {}
        for one, other in rows[label]:
            first_sides.setdefault(normalised(one), (one, other))
        long = [key for key in first_sides if len(key) >= LEAST_LETTERS]
        limit = min(count, int(len(rows[label]) * MOST_HELD_OUT))
        kept[label] = [first_sides[key] for key in sorted(long, key=_hash)[:limit]]
    taken = {normalised(text) for pairs in kept.values() for pair in pairs for text in pair}
    for label, texts in rows.items():
        left = [row for row in texts if not any(normalised(text) in taken for text in row)]
        drops.counts["held out", "", label] += len(texts) - len(left)
        rows[label] = left
    return kept


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _tokenizer(folder: Path | None, rows: Rows, vocabulary_size: int) -> ErnieMTokenizer:
    """The tokeniser given, or one trained on every language alike as far as its text goes."""
    if folder is not None:
        return ErnieMTokenizer.from_pretrained(folder)
    by_language: dict[str, list[str]] = {}
    for label, texts in rows.items():
        for place, code in enumerate(label.split("-")):
            by_language.setdefault(code, []).extend(row[place] for row in texts)
    share = 2 * min(200_000, max(1, sum(map(len, by_language.values())) // len(by_language)))
    text = (line for lines in by_language.values() for line in lines[:share])
    return train_tokenizer(text, vocabulary_size=vocabulary_size)


def _write(
    folder: Path,
    label: str,
    rows: list[tuple[str, ...]],
    tokenizer: ErnieMTokenizer,
    max_pieces: int,
) -> dict[str, int]:
    """Encodes and writes one shard."""
    texts = [text for row in rows for text in row]
    encoded: list[list[int]] = []
    if texts:
        encoded = tokenizer(texts, add_special_tokens=False, verbose=False).input_ids
    room = "parallel" if "-" in label else "monolingual"
    short = (pieces[:max_pieces] for pieces in encoded)
    _, tokens = write_shard(folder / room / label, short, len(tokenizer))
    cropped = sum(len(pieces) > max_pieces for pieces in encoded)
    return {"rows": len(rows), "tokens": tokens, "cropped": cropped}


def _write_manifest(
    folder: Path,
    counts: dict[str, dict[str, int]],
    kept: Mapping[str, list[tuple[str, str]]],
    drops: Drops,
    tokenizer: str,
) -> None:
    languages = sorted({code for label in counts for code in label.split("-")})
    manifest = {
        "format": FORMAT,
        "languages": languages,
        "counts": counts,
        "held_out": {label: len(pairs) for label, pairs in kept.items()},
        "dropped": [[*what, count] for what, count in sorted(drops.counts.items()) if count],
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
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / "manifest.json").write_text(text, encoding="utf-8")


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
    labels = [label for label, facts in manifest["counts"].items() if facts["rows"]]
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
