"""What an approximate index finds of real sentences, asked in the index's languages or in others.

```sh
OMP_NUM_THREADS=1 python bench/search_recall.py MODEL DATA --vectors vectors.npy
```

DATA: a folder with `monolingual/commonvoice/XX.txt.xz` (Common Voice's prompts) and
`xtreme/tatoeba/` (Tatoeba as XTREME has it). Up to 1,200 prompts in 20 languages and Tatoeba in 20
languages and English are encoded once, into vectors.npy. 1,000 queries each time:

- all languages in the index, queries left out of it;
- English in the index, six others ask;
- ten European languages in the index, six others ask.

The number of cells is what the index chose by asking itself, for 95 % of the ten nearest. And: how
often a sentence's translation comes first, by cosine and by margin.
"""

import argparse
import lzma
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from erniem.embed import VectorSettings, open_encoder
from erniem.languages import LANGUAGES
from erniem.search import Entry, Index, IndexSettings, part, publish
from erniem.search.recall import share_found

E5 = VectorSettings(layer="last", pooling="mean", prefix="query: ")
TATOEBA = [
    "de",
    "fr",
    "es",
    "ru",
    "zh",
    "ja",
    "ar",
    "hi",
    "tr",
    "el",
    "he",
    "fi",
    "hu",
    "it",
    "nl",
    "pl",
    "pt",
    "ro",
    "uk",
    "vi",
]
PROMPTS = [
    "en",
    "de",
    "fr",
    "es",
    "ru",
    "zh",
    "ja",
    "ar",
    "hi",
    "tr",
    "el",
    "fi",
    "it",
    "nl",
    "pl",
    "pt",
    "ro",
    "uk",
    "vi",
    "ta",
]
EUROPEAN = ["en", "de", "fr", "es", "ru", "it", "nl", "pl", "pt", "uk"]
OTHERS = ["zh", "ja", "ar", "hi", "tr", "fi"]
QUERIES = 1000


def lines(path: Path) -> list[str]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [line.strip() for line in file]


def gathered(data: Path) -> list[Entry]:
    """Distinct sentences; a translation's id is its sentence's, with -en."""
    found: dict[tuple[str, str], Entry] = {}
    for code in TATOEBA:
        iso = LANGUAGES[code].iso3
        iso = {"zho": "cmn"}.get(iso, iso)
        sides = [
            lines(data / f"xtreme/tatoeba/tatoeba.{iso}-eng.{side}.xz") for side in (iso, "eng")
        ]
        for number, (one, other) in enumerate(zip(*sides, strict=True)):
            found.setdefault((code, one), Entry(f"{code}-{number}", one, code))
            found.setdefault(("en", other), Entry(f"{code}-{number}-en", other, "en"))
    for code in PROMPTS:
        prompts = lines(data / f"monolingual/commonvoice/{code}.txt.xz")[::4]
        for number, text in enumerate(islice(prompts, 1200)):
            found.setdefault((code, text), Entry(f"prompt-{code}-{number}", text, code))
    return [entry for entry in found.values() if entry.text]


class Known:
    """An encoder that looks vectors up; a text is known by its id, a tab and itself."""

    fingerprint = "known"

    def __init__(self, entries: Sequence[Entry], vectors: np.ndarray) -> None:
        self.vectors, self.width = vectors, vectors.shape[1]
        self.rows = {entry.id: row for row, entry in enumerate(entries)}

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return self.vectors[[self.rows[text.partition("\t")[0]] for text in texts]]


def built(known: Known, entries: Sequence[Entry], folder: Path) -> Index:
    return Index.build(
        known,
        [f"{entry.id}\t{entry.text}" for entry in entries],
        output=folder,
        ids=[entry.id for entry in entries],
        languages=[entry.language for entry in entries],
        settings=IndexSettings(kind="approximate"),
    )


def compared(index: Index, queries: np.ndarray, **given: str) -> str:
    _, truth = index.nearest(queries, 10, exact=True, **given)
    _, found = index.nearest(queries, 10, **given)
    first = np.mean([row[0] in other for row, other in zip(truth, found, strict=True)])
    return f"{share_found(truth, found):.1%} of the ten nearest found, the first in {first:.1%}"


def tatoeba(index: Index, known: Known, entries: Sequence[Entry], score: str) -> str:
    """How often a sentence's translation is the first of all English ones, if it is there."""
    there = {entry.id for entry in entries}
    asked = [one for one in entries if one.language in TATOEBA and f"{one.id}-en" in there]
    asked = asked[:: len(asked) // 2000]
    texts = [f"{entry.id}\t{entry.text}" for entry in asked]
    found = index.search(texts, k=1, score=score, language="en", exact=True)
    right = [hits[0].id == f"{one.id}-en" for hits, one in zip(found, asked, strict=True)]
    return f"{np.mean(right):.1%} of {len(asked):,} by {score}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--vectors", type=Path, required=True)
    arguments = parser.parse_args()
    entries = gathered(arguments.data)
    if not arguments.vectors.is_file():
        encoder = open_encoder(arguments.model)
        made = encoder.vectors([entry.text for entry in entries], E5, progress=True)
        np.save(arguments.vectors, made)
    vectors = np.load(arguments.vectors)
    known = Known(entries, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    languages = np.array([entry.language for entry in entries])
    rng = np.random.default_rng(0)
    left = rng.choice(len(entries), QUERIES, replace=False)
    cases = {"all languages": (np.setdiff1d(np.arange(len(entries)), left), left)}
    for name, inside in (("English; others ask", ["en"]), ("ten; others ask", EUROPEAN)):
        there = np.flatnonzero(np.isin(languages, inside))
        asked = rng.choice(np.flatnonzero(np.isin(languages, OTHERS)), QUERIES, replace=False)
        cases[name] = (there, asked)
    with tempfile.TemporaryDirectory() as folder:
        for name, (there, asked) in cases.items():
            index = built(known, [entries[row] for row in there], Path(folder, name))
            cells = index.manifest.cells
            print(f"{name}: {len(index):,} sentences, {cells}")
            print(f"  {compared(index, known.vectors[asked])}")
        part.FEW = publish.FEW = 0  # of one language too, look into cells
        index = built(known, entries, Path(folder, "every"))
        for code in ("en", "de", "ar"):
            told = compared(index, known.vectors[left], language=code)
            cells = index.manifest.cells
            probes = cells.alone[code] if cells else 0
            print(f"all languages, of {code} alone, {probes} cells looked into: {told}")
        for score in ("cosine", "margin"):
            print(f"Tatoeba, translation first: {tatoeba(index, known, entries, score)}")


if __name__ == "__main__":
    main()
