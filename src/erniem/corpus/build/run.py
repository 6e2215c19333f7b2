"""Builds a corpus by its recipe, stage after stage; what is finished is never done again."""

import json
import math
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from erniem import recipes
from erniem.corpus.arrays import FileFacts
from erniem.corpus.build.cleaning import cleaning_steps
from erniem.corpus.build.comparing import Compare
from erniem.corpus.build.encode import Encode
from erniem.corpus.build.executors import run_stage
from erniem.corpus.build.facts import total_facts
from erniem.corpus.build.held_out import HeldOut, choose, keys_of_sides
from erniem.corpus.build.join import Join
from erniem.corpus.build.left import Remaining
from erniem.corpus.build.vocabulary import train_vocabulary
from erniem.corpus.build.work import Work, check_same, state_of
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.corpus.document import Drops
from erniem.corpus.duplicates import buckets_for
from erniem.corpus.manifest import write_manifest
from erniem.corpus.recipe import CorpusRecipe
from erniem.corpus.sources import Source, find_sources
from erniem.corpus.sources.paired import one_line
from erniem.corpus.steps.catalogue import rules_of
from erniem.corpus.steps.rule import Rule
from erniem.tokenization import fingerprint, open_tokenizer

__all__ = ["build", "build_vocabulary", "is_built"]

MEMORY = 1 << 30
"""Bytes that a task may take to compare keys, about."""
PLAN = "plan.json"
"""Lies in a finished corpus too: what it was built of."""


def is_built(recipe: CorpusRecipe) -> bool:
    """Whether the corpus of a recipe is there already, and nothing has changed since.

    Raises:
        ValueError: something else is there.
    """
    if not recipe.output.exists():
        return False
    path = recipe.output / PLAN
    if not path.is_file():
        raise ValueError(f"{recipe.output} exists already: choose another output, or delete it.")
    old = json.loads(path.read_text(encoding="utf-8"))
    check_same(old, _Build(recipe).plan, recipe.output)
    return True


def build(recipe: CorpusRecipe) -> Corpus:
    """Builds a corpus, or goes on building it; one that is there already is opened.

    Raises:
        ValueError: no text, a language without text, a damaged or useless file, too little text
            for the vocabulary, a tokeniser that is none, an output that is something else, another
            process that builds it.
        OSError: something could not be written, for want of room for example.
        RuntimeError: tasks whose processes died.
    """
    making = _Build(recipe)
    if not is_built(recipe):
        making.run()
    shutil.rmtree(making.work.folder, ignore_errors=True)
    return open_corpus(recipe.output)


def build_vocabulary(recipe: CorpusRecipe) -> None:
    """Trains the vocabulary of a recipe alone, and writes it as its output.

    Nothing is held out: a vocabulary knows no sentence.

    Raises:
        ValueError: as `build` does; an output that exists; a recipe that has a tokeniser.
    """
    if recipe.output.exists():
        raise ValueError(f"{recipe.output} exists already: choose another output, or delete it.")
    if recipe.tokenizer is not None:
        raise ValueError(
            f"the recipe encodes with {recipe.tokenizer} and trains nothing: say tokenizer=null."
        )
    making = _Build(replace(recipe, held_out=0))
    with making.work.begun(making.plan):
        making.clean()
        making.make_tokenizer(making.compare(()))
    making.tokenizer_folder.rename(recipe.output)
    shutil.rmtree(making.work.folder)


@dataclass(frozen=True)
class _Build:
    """A corpus in the making."""

    recipe: CorpusRecipe

    @property
    def work(self) -> Work:
        output = self.recipe.output
        return Work(output.with_name(output.name + ".work"))

    @cached_property
    def sources(self) -> list[Source]:
        """Files of sentences first: what stands in them and in pairs is theirs."""
        found = [source for entry in self.recipe.sources for source in find_sources(entry)]
        if self.recipe.languages is not None:
            found = _of_languages(found, self.recipe.languages)
        return sorted(found, key=lambda source: len(source.languages))

    @cached_property
    def plan(self) -> dict[str, Any]:
        """What decides the corpus: the recipe without where it runs, and the files as they are."""
        plain = recipes.plain(self.recipe)
        del plain["executor"], plain["output"]
        beside = [rule.depends_on for rule in rules_of(self.recipe.steps) if isinstance(rule, Rule)]
        tokenizer = [] if self.recipe.tokenizer is None else [str(self.recipe.tokenizer)]
        return {
            "erniem": version("erniem"),
            "recipe": plain,
            "files": list(map(_file, self.sources)),
            "beside": [{"path": path, **state_of(path)} for path in chain(tokenizer, *beside)],
        }

    def run(self) -> None:
        """All stages."""
        if self.recipe.tokenizer is not None:
            open_tokenizer(self.recipe.tokenizer)  # what is none is told before anything is read
        with self.work.begun(self.plan):
            self._run_stages()

    def _run_stages(self) -> None:
        cleaned = self.clean()
        counts = _summed(facts["counts"] for facts in cleaned)
        held_out = choose(_candidates(cleaned), _pairs(counts), self.recipe.held_out)
        remaining = self.compare(one for chosen in held_out.values() for one in chosen)
        self.make_tokenizer(remaining)
        self.encode(remaining)
        self._finish(cleaned, held_out)

    @property
    def ranks(self) -> range:
        return range(len(self.sources))

    def _run(self, name: str, steps: Sequence[Any], tasks: int) -> None:
        size = float(sum(file.get("bytes", math.inf) for file in self.plan["files"]))
        executor = self.recipe.executor.fit_for(size)
        run_stage(executor, steps, tasks=tasks, log=self.work.stage(name))

    def clean(self) -> list[dict[str, Any]]:
        """The stage that reads and cleans; what each task counted."""
        steps = cleaning_steps(
            self.sources,
            rules_of(self.recipe.steps),
            self.work,
            languages=self.recipe.languages,
            nearness=self.recipe.near_duplicates,
            held_out=self.recipe.held_out,
            rejected=self.recipe.rejected,
        )
        self._run("clean", steps, len(self.sources))
        cleaned = [_read(self.work.cleaned(rank)) for rank in self.ranks]
        _check_left(cleaned, self.recipe.languages)
        return cleaned

    def compare(self, held_out: Iterable[HeldOut]) -> Remaining:
        """The stage that compares; what is left then, without what is held out."""
        keys = [self.work.keys(rank) for rank in self.ranks]
        buckets = buckets_for(keys, MEMORY)
        self._run("compare", [Compare(self.work, keys, self.recipe.near_duplicates)], buckets)
        return Remaining(
            work=self.work,
            buckets=buckets,
            held_out=keys_of_sides(held_out),
            cap=self.recipe.max_per_source,
        )

    @property
    def tokenizer_folder(self) -> Path:
        return self.work.corpus / "tokenizer"

    def make_tokenizer(self, remaining: Remaining) -> None:
        """Trains the vocabulary, or copies the one that is given."""
        if self.tokenizer_folder.is_dir():
            return
        if self.recipe.tokenizer is not None:
            tokenizer = open_tokenizer(self.recipe.tokenizer)
        else:
            tokenizer = train_vocabulary(remaining, self.ranks, self.recipe.vocabulary)
        partial = self.work.folder / "tokenizer"
        shutil.rmtree(partial, ignore_errors=True)
        tokenizer.save_pretrained(partial)
        self.work.corpus.mkdir(exist_ok=True)
        partial.rename(self.tokenizer_folder)

    def encode(self, remaining: Remaining) -> None:
        """The stage that encodes."""
        step = Encode(
            remaining,
            self.tokenizer_folder,
            max_pieces=self.recipe.max_pieces,
            pairs_as_text=self.recipe.pairs_as_text,
            rejected=self.recipe.rejected,
        )
        self._run("encode", [step], len(self.sources))

    def _finish(
        self, cleaned: Sequence[Mapping[str, Any]], held_out: Mapping[str, list[HeldOut]]
    ) -> None:
        """Joins the parts, tells what came out, and gives the corpus its name."""
        encoded = [_read(self.work.encoded(rank)) for rank in self.ranks]
        tokenizer = open_tokenizer(self.tokenizer_folder)
        tasks = _tasks_by_dataset(encoded)
        datasets = [(*what, ranks) for what, ranks in sorted(tasks.items())]
        self._run("join", [Join(self.work, datasets, len(tokenizer))], len(datasets))
        corpus = self.work.corpus
        languages = _codes(label for label, _ in tasks)
        self._write_counts(languages, len(tokenizer))
        _write_held_out(corpus / "held_out", held_out)
        recipes.write(self.recipe, corpus / "recipe.yaml")
        plan = json.dumps(self.plan, indent=1, ensure_ascii=False)
        (corpus / PLAN).write_text(plan, encoding="utf-8")
        drops = Drops()
        for facts in (*cleaned, *encoded):
            drops.merge(facts)
        licences = self._licences()
        write_manifest(
            corpus,
            languages=languages,
            tokenizer=fingerprint(tokenizer),
            datasets=total_facts(encoded, licences),
            held_out={label: len(pairs) for label, pairs in held_out.items()},
            from_pairs=_from_pairs(encoded),
            drops=drops,
            licences=licences,
            recipe=self.plan["recipe"],
            hashed=self._hashed(len(datasets)),
        )
        corpus.rename(self.recipe.output)

    def _licences(self) -> dict[str, str]:
        """The licences of each name of a source."""
        found: dict[str, dict[str, None]] = {}
        for source in self.sources:
            found.setdefault(source.name, {})[source.licence] = None
        return {name: ", ".join(filter(None, licences)) for name, licences in found.items()}

    def _write_counts(self, languages: Sequence[str], size: int) -> None:
        """`counts.npy`: how often each piece occurs, by language id; row 0 is unused."""
        counts = np.zeros((1 + len(languages), size), dtype=np.int64)
        for rank in self.ranks:
            with np.load(self.work.parts(rank) / "counts.npz") as part:
                for row, language in enumerate(languages, start=1):
                    if f"{language}.ids" in part:
                        counts[row, part[f"{language}.ids"]] += part[f"{language}.counts"]
        np.save(self.work.corpus / "counts.npy", counts)

    def _hashed(self, datasets: int) -> dict[Path, FileFacts]:
        """What the stage that joined knows of its files."""
        facts = [_read(self.work.joined(rank)) for rank in range(datasets)]
        return {
            self.work.corpus / name: FileFacts(**one)
            for files in facts
            for name, one in files.items()
        }


def _file(source: Source) -> dict[str, Any]:
    """A source's file in the plan; of two aligned ones, both."""
    second = source.options.get("second") if source.format == "moses" else None
    told = {"path": source.path, **state_of(source.path)}
    return told if second is None else {**told, "second": {"path": second, **state_of(second)}}


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _of_languages(sources: list[Source], languages: Sequence[str]) -> list[Source]:
    """Sources that may hold text in these languages."""
    there = {code for source in sources for code in source.languages}
    if missing := sorted(set(languages) - there):
        raise ValueError(
            f"no text in {', '.join(missing)}; the folders have {', '.join(sorted(there))}."
        )
    return [source for source in sources if set(source.languages) <= set(languages)]


def _summed(tables: Iterable[Iterable[Sequence[Any]]]) -> Counter[tuple[str, str]]:
    """Counts of several tasks, by label and source."""
    total: Counter[tuple[str, str]] = Counter()
    for table in tables:
        for label, source, count in table:
            total[label, source] += count
    return total


def _pairs(counts: Mapping[tuple[str, str], int]) -> Counter[str]:
    """How many pairs each label has."""
    pairs: Counter[str] = Counter()
    for (label, _), count in counts.items():
        if "-" in label:
            pairs[label] += count
    return pairs


def _candidates(cleaned: Iterable[Mapping[str, Any]]) -> Iterable[HeldOut]:
    for facts in cleaned:
        for one in facts["candidates"]:
            yield HeldOut(label=one["label"], texts=tuple(one["texts"]), keys=tuple(one["keys"]))


def _codes(labels: Iterable[str]) -> list[str]:
    """The languages of labels, sorted: `["en-sw", "de"]` → `["de", "en", "sw"]`."""
    return sorted({code for label in labels for code in label.split("-")})


def _check_left(cleaned: Sequence[Mapping[str, Any]], languages: Sequence[str] | None) -> None:
    left = _codes(label for facts in cleaned for label, _, _ in facts["counts"])
    missing = sorted(set(languages or ()) - set(left))
    if left and not missing:
        return
    drops = Drops()
    for facts in cleaned:
        drops.merge(facts)
    reasons = ", ".join(f"{count} {reason}" for reason, count in drops.by_reason().items())
    raise ValueError(
        f"no text is left{' in ' if missing else ''}{', '.join(missing)} (dropped: "
        f"{reasons or 'none'}); give more, or for pairs ask for the other language too."
    )


def _tasks_by_dataset(encoded: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[int]]:
    """Which tasks have a part of each data set."""
    tasks: dict[tuple[str, str], list[int]] = {}
    for rank, facts in enumerate(encoded):
        for label, source, _ in facts["datasets"]:
            tasks.setdefault((label, source), []).append(rank)
    return tasks


def _from_pairs(encoded: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for facts in encoded:
        total.update(facts["from_pairs"])
    return dict(sorted(total.items()))


def _write_held_out(folder: Path, held_out: Mapping[str, Sequence[HeldOut]]) -> None:
    folder.mkdir(exist_ok=True)
    for label, pairs in held_out.items():
        rows = ["\t".join(map(one_line, one.texts)) for one in pairs]  # jsonl's may hold line ends
        lines = "".join(f"{row}\n" for row in rows)
        (folder / f"{label}.tsv").write_text(lines, encoding="utf-8")
