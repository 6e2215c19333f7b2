"""What a corpus says of itself: `manifest.json`, format 3, written last, so that it ends a corpus.

```text
{"format": 3, "erniem": "0.1", "languages": ["de", "en"], "tokenizer": "<fingerprint>",
 "recipe": {…}, "versions": {…},
 "datasets": [{"label": "de", "source": "stories", "rows": 100, "tokens": 2500, …}],
 "licences": {"stories": "CC0-1.0"},
 "held_out": {"de-en": 500}, "from_pairs": {"de": 40},
 "dropped": [["reason", "source", "label", 12]],
 "examples": [["reason", "source", "label", ["text", …]]],
 "files": {"monolingual/de/stories.tokens.npy": {"bytes": 5128, "sha256": "…"}}}
```
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from erniem.corpus.arrays import FileFacts, facts_of
from erniem.corpus.document import Drops

__all__ = [
    "MANIFEST",
    "DatasetFacts",
    "added_lengths",
    "files_in",
    "lengths_histogram",
    "read_manifest",
    "write_manifest",
]

FORMAT = 3
"""Version of the corpus folder."""
MANIFEST = "manifest.json"
LIBRARIES = ("datatrove", "numpy", "tokenizers", "transformers")
"""Their versions are kept: they decide what stands in a corpus."""


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """What is counted of one data set: the rows of one label from one source."""

    label: str
    """A language, `de`, or the two of pairs, `de-en`."""
    source: str
    """Name of the source."""
    licence: str = ""
    """As the user states it."""
    rows: int
    """Sentences, or pairs."""
    from_pairs: int = 0
    """Of the sentences, those that are sides of pairs."""
    tokens: int
    """Pieces, both sides counted."""
    characters: int = 0
    """Characters of the text, both sides counted."""
    words: int = 0
    """What white space separates, both sides counted."""
    cropped: int = 0
    """Sentences that were cropped."""
    unknown: int = 0
    """Pieces that the vocabulary lacks."""
    lengths: tuple[int, ...] = ()
    """Rows by pieces, both sides together, see `lengths_histogram`."""


def lengths_histogram(lengths: Int[np.ndarray, " N"]) -> tuple[int, ...]:
    """How many lengths are 0, 1, 2 to 3, 4 to 7, 8 to 15, and so on to the longest.

    Example: `[1, 2, 3, 9]` → `(0, 1, 2, 0, 1)`. Histograms of parts add up bin by bin.
    """
    _, bits = np.frexp(lengths)  # 2^(bits - 1) <= length < 2^bits
    return tuple(int(count) for count in np.bincount(bits, minlength=1))


def added_lengths(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Two histograms as one.

    Example: `[1, 2]` and `[0, 1, 3]` → `[1, 3, 3]`.
    """
    return [sum(counts) for counts in zip_longest(one, other, fillvalue=0)]


def files_in(folder: Path) -> dict[str, Path]:
    """All files of a corpus but its manifest, by the names that it has for them."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path for path in found if path != folder / MANIFEST
    }


def write_manifest(
    folder: Path,
    *,
    languages: Sequence[str],
    tokenizer: str,
    datasets: Sequence[DatasetFacts],
    held_out: Mapping[str, int],
    from_pairs: Mapping[str, int],
    drops: Drops,
    licences: Mapping[str, str] | None = None,
    recipe: Mapping[str, Any] | None = None,
    hashed: Mapping[Path, FileFacts] | None = None,
) -> None:
    """Writes the manifest of a folder in which everything else stands already.

    Args:
        folder: with shards, `counts.npy`, `tokenizer/` and `held_out/`.
        languages: codes; the id of a language in the shards is 1 + its place here.
        tokenizer: fingerprint of the tokeniser.
        datasets: one for each shard.
        held_out: pairs kept from training by label, as `held_out/LABEL.tsv` has them.
        from_pairs: sentences that came from pairs alone, by language.
        drops: what was left out.
        licences: of every source, also of those of which nothing was left.
        recipe: how the corpus was built.
        hashed: files whose checksums are known, as `merge_shards` gives them; the others are read.

    Raises:
        ValueError: two data sets of the same label and source.
        OSError: it cannot be written.
    """
    known = hashed or {}
    manifest = {
        "format": FORMAT,
        "erniem": version("erniem"),
        "languages": list(languages),
        "tokenizer": tokenizer,
        "recipe": dict(recipe or {}),
        "versions": {name: version(name) for name in LIBRARIES},
        "datasets": [asdict(each) for each in _sorted(datasets)],
        "licences": dict(sorted((licences or {}).items())),
        "held_out": dict(held_out),
        "from_pairs": dict(from_pairs),
        "dropped": [[*what, count] for what, count in sorted(drops.counts.items()) if count],
        "examples": [[*what, texts] for what, texts in sorted(drops.examples.items())],
        "files": {
            name: asdict(known.get(path) or facts_of(path))
            for name, path in files_in(folder).items()
        },
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    unfinished = folder / f"{MANIFEST}.partial"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(folder / MANIFEST)


def _sorted(datasets: Sequence[DatasetFacts]) -> list[DatasetFacts]:
    """By label and source, each once."""
    by_name = {(each.label, each.source): each for each in datasets}
    if len(by_name) < len(datasets):
        names = [f"{each.label} of {each.source}" for each in datasets]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"there are two data sets {', '.join(twice)}: put them together.")
    return [by_name[name] for name in sorted(by_name)]


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a corpus.

    Raises:
        ValueError: no corpus, a damaged manifest, or another format.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ValueError(f"{folder} is no corpus (no {MANIFEST}): build one there.")
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found = int(manifest["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is torn or altered ({error}): build the corpus again from its recipe, with "
            "`erniem corpus build`."
        ) from error
    if found < FORMAT:
        raise ValueError(
            f"{folder} has format {found}, and this erniem reads {FORMAT}: build it again from the "
            "recipe that lies beside it, with `erniem corpus build`."
        )
    if found > FORMAT:
        raise ValueError(
            f"{folder} has format {found}, and this erniem reads {FORMAT}: upgrade erniem."
        )
    return manifest
