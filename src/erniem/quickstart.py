"""The main job, small enough for a desk: text in, an aligned encoder and a report out.

```text
catalogues or your folder ─▶ corpus ─▶ pre-training ─▶ untrained, stage 1, stage 2 ─▶ report.html
                                                       retrieval on held-out pairs     results.json
```

Everything lies in one folder, and what is done there already is not done again.
"""

import json
import platform
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from erniem.catalogues import fetch_catalogues
from erniem.corpus.build.folders import build_corpus
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.corpus.normalised import normalised
from erniem.corpus.sources import SourceEntry, find_sources
from erniem.embed import SentenceEncoder, VectorSettings
from erniem.languages import name_of
from erniem.model.heads import ErnieMForMaskedLM
from erniem.objectives import BTMLMSettings, GuessSettings, MaskingSettings
from erniem.pretrain.recipe import (
    Batch,
    Checkpoints,
    Encoder,
    Health,
    Objectives,
    Opening,
    Optimization,
    Recipe,
    Stage,
)
from erniem.pretrain.run import PretrainResult, pretrain
from erniem.report.quickstart import LanguageResult, MapPoints, Results, SourceCredit, write_report
from erniem.tasks.retrieve import RetrievalTable, held_out_retrieval
from erniem.tokenization import open_tokenizer

__all__ = ["LANGUAGES", "quickstart", "recipe_for"]

LANGUAGES = ("de", "es", "fr", "ru", "uk", "el", "zh", "he")
"""Beside English: five scripts, and few enough languages to learn in minutes."""
VOCABULARY_SIZE = 16_000
"""Pieces; fewer for little text, see `vocabulary_size_for`."""
VOCABULARY_SENTENCES = 60_000
"""Sentences that train them; a quarter of the default text, and a quarter of the time."""
HELD_OUT = 300
"""Pairs of each two languages that retrieval is measured on."""
MAP_SEGMENTS = 40
"""Held-out segments on the map, each in every language that has it."""
VECTORS = VectorSettings(layer=0)
"""How sentences become vectors: the mean over the first of two layers; the last is the head's."""


def quickstart(data: Path | None = None, *, output: Path = Path("runs/quickstart")) -> Results:
    """Runs the main job on translation catalogues from PyPI, or on one's own text.

    Leaves `report.html` and `results.json` in the output, and prints a line for each language.

    Args:
        data: folder with `XX-YY.tsv` pairs, and `XX.txt` sentences if there are any.
        output: folder of the run; one that was interrupted goes on.

    Raises:
        ValueError: text that cannot be used, no pairs, or an output with a run on other text.
    """
    _claim(output, data)
    clock = _Clock(output / "seconds.json")
    with clock.timing("text"):
        sources, origins = _catalogues(output) if data is None else _own_text(data)
    with clock.timing("corpus"):
        corpus = _corpus(sources, output / "corpus")
    with clock.timing("pre-training"):
        trained = pretrain(recipe_for(corpus, output / "pretraining"))
    with clock.timing("evaluation"):
        tables, maps = _measured(corpus, _checkpoints(trained))
    results = _results(corpus, trained, tables, clock.seconds, origins)
    (output / "results.json").write_text(results.to_json() + "\n", encoding="utf-8")
    write_report(results, output / "report.html", maps)
    print("\n".join(_lines(results)))
    print(f"\nreport: {output / 'report.html'}")
    return results


def recipe_for(corpus: Corpus, output: Path) -> Recipe:
    """The recipe of a first run: seven minutes of training on two cores."""
    return Recipe(
        corpus=corpus.folder,
        output=output,
        encoder=Encoder(
            hidden_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=512,
            max_position_embeddings=98,
            initializer_range=0.088,
            initial="repeating",
        ),
        stage1=Stage(
            steps=2_600,
            mix={"mmlm": 0.1, "tlm": 0.5, "camlm": 0.4},
            weights={"mmlm": 0.2},
        ),
        stage2=Stage(
            steps=1_000,
            mix={"mmlm": 0.1, "tlm": 0.4, "camlm": 0.3, "btmlm": 0.2},
            weights={"mmlm": 0.2, "btmlm": 0.2},
        ),
        batch=Batch(tokens_per_step=1_024, tokens_per_micro_batch=1_024, max_length=96, alpha=0.5),
        objectives=Objectives(
            masking=MaskingSettings(ratio=0.3),
            btmlm=BTMLMSettings(guess=GuessSettings(method="sample")),
            rare_first=0.5,
        ),
        health=Health(
            every=200,
            pairs=32,
            opening=Opening(distinct=0.02, content=0.2, found_content=0.1),
        ),
        optimization=Optimization(
            learning_rate=2e-3, table_rate=5.0, warmup_steps=100, weight_decay=0.0
        ),
        checkpoints=Checkpoints(every=400, keep=1, log_every=40),
    )


class _Clock:
    """How long each part of a run took, over all calls that it took, kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seconds: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Adds the time inside to a part, also when it is interrupted."""
        start = time.perf_counter()
        try:
            yield
        finally:
            spent = self.seconds.get(part, 0.0) + time.perf_counter() - start
            self.seconds[part] = round(spent, 1)
            self.path.write_text(json.dumps(self.seconds) + "\n", encoding="utf-8")


# Text


def _claim(output: Path, data: Path | None) -> None:
    """Notes what text the run is on, or checks that the run found there is on the same."""
    note = output / "data.json"
    text = json.dumps({"data": None if data is None else str(data.resolve())})
    if note.is_file() and note.read_text(encoding="utf-8") != text:
        raise ValueError(
            f"{output} holds a run on other text: delete it, or choose another folder (--output; "
            "make quickstart OUTPUT=…)."
        )
    output.mkdir(parents=True, exist_ok=True)
    note.write_text(text, encoding="utf-8")


def _catalogues(output: Path) -> tuple[list[Path], tuple[SourceCredit, ...]]:
    """Downloads the default text."""
    harvests = fetch_catalogues(output / "text", languages=LANGUAGES)
    origins = tuple(
        SourceCredit(
            name=f"{harvest.name} {harvest.version}",
            licence=harvest.licence,
            origin=harvest.origin,
            segments=sum(harvest.segments.values()),
        )
        for harvest in harvests
    )
    return [output / "text" / "pairs"], origins


def _own_text(data: Path) -> tuple[list[Path], tuple[SourceCredit, ...]]:
    """The user's own folder."""
    files = find_sources(SourceEntry(path=str(data)))
    if not any(len(file.languages) == 2 for file in files):
        raise ValueError(
            f"{data} has sentences but no pairs: alignment is learnt from pairs, and measured on "
            "them; add a file XX-YY.tsv (a sentence, a tab, its translation)."
        )
    credit = SourceCredit(name=str(data), licence="your own text", origin="", segments=0)
    return [data], (credit,)


def _corpus(sources: list[Path], folder: Path) -> Corpus:
    if folder.is_dir():
        return open_corpus(folder)
    size = vocabulary_size_for(sources)
    return build_corpus(
        sources,
        folder,
        vocabulary_size=size,
        vocabulary_sentences=VOCABULARY_SENTENCES,
        held_out=HELD_OUT,
    )


def vocabulary_size_for(sources: list[Path]) -> int:
    """As many pieces as the text can teach: one for every 200 bytes of it, in bounds."""
    entries = [SourceEntry(path=str(folder)) for folder in sources]
    files = [file for entry in entries for file in find_sources(entry)]
    size = sum(Path(file.path).stat().st_size for file in files)
    return int(np.clip(size // 200, 300, VOCABULARY_SIZE))


# Measurement


def _checkpoints(trained: PretrainResult) -> dict[str, Path]:
    """The encoders of a run by the names that the report gives them."""
    if trained.stage1 is None:
        return {"untrained": trained.start, "stage 1": trained.final}
    return {"untrained": trained.start, "stage 1": trained.stage1, "stage 2": trained.final}


def _measured(
    corpus: Corpus, checkpoints: Mapping[str, Path]
) -> tuple[dict[str, RetrievalTable], dict[str, MapPoints]]:
    """Retrieval with every checkpoint, and the sentences of the map as each sees them."""
    tokenizer = open_tokenizer(corpus.tokenizer_folder)
    segments = _map_segments(corpus.held_out)
    tables, maps = {}, {}
    for name, folder in checkpoints.items():
        encoder = SentenceEncoder(ErnieMForMaskedLM.from_pretrained(folder), tokenizer)
        print(f"retrieval, {name}")
        tables[name] = held_out_retrieval(
            encoder, corpus.held_out, VECTORS, min_rows=10, progress=True
        )
        texts = [text for _, _, text in segments]
        maps[name] = MapPoints(
            vectors=encoder.vectors(texts, VECTORS),
            languages=[code for _, code, _ in segments],
            texts=texts,
            groups=[number for number, _, _ in segments],
        )
    return tables, maps


def _map_segments(held_out: Mapping[str, list[tuple[str, str]]]) -> list[tuple[int, str, str]]:
    """Segments that most languages have: (number, language, text)."""
    pivot = _pivot(held_out)
    found: dict[str, dict[str, str]] = {}
    for label, rows in held_out.items():
        codes = label.split("-")
        if pivot not in codes:
            continue
        here = codes.index(pivot)
        for row in rows:
            segment = found.setdefault(normalised(row[here]), {})
            segment.setdefault(pivot, row[here])
            segment.setdefault(codes[1 - here], row[1 - here])
    most = sorted(found.values(), key=len, reverse=True)[:MAP_SEGMENTS]
    return [
        (number, code, text)
        for number, segment in enumerate(most)
        for code, text in sorted(segment.items())
    ]


def _pivot(held_out: Mapping[str, list[tuple[str, str]]]) -> str:
    """The language with most held-out pairs: English as a rule."""
    rows: Counter[str] = Counter()
    for label, pairs in held_out.items():
        for code in label.split("-"):
            rows[code] += len(pairs)
    return rows.most_common(1)[0][0]


# Results


def _results(
    corpus: Corpus,
    trained: PretrainResult,
    tables: Mapping[str, RetrievalTable],
    seconds: Mapping[str, float],
    origins: tuple[SourceCredit, ...],
) -> Results:
    pivot = _pivot(corpus.held_out)
    log = [line for line in trained.log if "stage" in line or "health/found" in line]
    return Results(
        title=f"An aligned encoder of {len(corpus.languages)} languages",
        languages=tuple(_language(code, pivot, corpus, tables, log) for code in corpus.languages),
        checkpoints=tuple(tables),
        between={
            name: {label: found.mean for label, found in table.pairs.items()}
            for name, table in tables.items()
        },
        losses=tuple(log),
        opened_step=trained.opened_step,
        seconds=seconds,
        versions=_versions(),
        sources=_counted(origins, corpus),
        recipe=trained.recipe.read_text(encoding="utf-8"),
        notes=_notes(trained, pivot),
    )


def _language(
    code: str,
    pivot: str,
    corpus: Corpus,
    tables: Mapping[str, RetrievalTable],
    log: list[dict[str, float]],
) -> LanguageResult:
    rows = corpus.rows
    tokens = [line[f"tokens/{code}"] for line in log if f"tokens/{code}" in line]
    found = {name: _against(table, pivot, code) for name, table in tables.items()}
    retrieval = {name: share for name, (share, _) in found.items() if share is not None}
    return LanguageResult(
        code=code,
        name=name_of(code),
        segments=rows[code],
        pairs=sum(rows[label] for label in rows if "-" in label and code in label.split("-")),
        tokens=int(tokens[-1]) if tokens else 0,
        held_out=max((rows for _, rows in found.values()), default=0),
        retrieval=retrieval,
        tatoeba={},
    )


def _against(table: RetrievalTable, pivot: str, code: str) -> tuple[float | None, int]:
    """Mean accuracy both ways between a language and the pivot, and on how many rows."""
    for label in (f"{pivot}-{code}", f"{code}-{pivot}"):
        if label in table.pairs:
            return table.pairs[label].mean, table.pairs[label].rows
    return None, 0


def _counted(origins: tuple[SourceCredit, ...], corpus: Corpus) -> tuple[SourceCredit, ...]:
    """One's own text counts what the corpus took of it."""
    pairs = sum(count for label, count in corpus.rows.items() if "-" in label)
    return tuple(
        credit if credit.segments else replace(credit, segments=pairs) for credit in origins
    )


def _notes(trained: PretrainResult, pivot: str) -> tuple[str, ...]:
    notes = [
        f"Retrieval is between {name_of(pivot)} and each language, on held-out pairs of the same "
        "sources as the training text; names, numbers and markup alone give the untrained figure."
    ]
    if long := sum(trained.misfits.get("tlm", {}).values()):
        notes.append(
            f"{long:,} pairs have a side that is too long for the recipe's batch.max_length, and "
            "were left out of training."
        )
    if trained.opened_step is None:
        notes.append(
            "Stage 2 did not open: the guesses of BTMLM's asking pass did not reach the recipe's "
            "threshold, and learning from them would have taught little. More text, or more steps, "
            "would open it."
        )
    return tuple(notes)


def _versions() -> dict[str, str]:
    libraries = ("erniem", "torch", "transformers", "tokenizers", "sentencepiece", "numpy")
    return {"Python": platform.python_version()} | {name: version(name) for name in libraries}


def _lines(results: Results) -> list[str]:
    """One line for each language, under a heading."""
    stages = "".join(f"{name:>12}" for name in results.checkpoints)
    lines = ["", f"{'language':<22}{'segments':>10}{'pairs':>10}{stages}"]
    for language in results.languages:
        shares = "".join(
            f"{language.retrieval[name]:12.1%}" if name in language.retrieval else f"{'–':>12}"
            for name in results.checkpoints
        )
        name = f"{language.name} ({language.code})"
        lines.append(f"{name:<22}{language.segments:>10,}{language.pairs:>10,}{shares}")
    return lines
