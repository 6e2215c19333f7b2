"""What the report of a corpus tells, from its manifest: by language, by source, by reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from erniem.corpus.corpus import Corpus, Dataset
from erniem.corpus.manifest import DatasetFacts, added_lengths
from erniem.languages import name_of
from erniem.pretrain.mix import temperature_shares
from erniem.writing import is_spaced

__all__ = ["CorpusFacts", "Dropped", "LanguageFacts", "SourceFacts", "corpus_facts", "shares_by"]

DUPLICATES = ("repeated", "nearly repeated")
"""Reasons that say a text was there before."""


@dataclass(frozen=True, kw_only=True)
class LanguageFacts:
    """A language of a corpus; the sides of pairs are counted as its sentences where they are."""

    code: str
    """As in `de`."""
    name: str
    """In English."""
    sentences: int
    """Sentences."""
    pairs: int
    """Pairs that have it on one side."""
    tokens: int
    """Pieces of the sentences."""
    words: int | None
    """Their words; None where no spaces stand between words."""
    characters: int
    """Their characters."""
    per_word: float | None
    """Fertility: pieces for each word (Rust et al. 2021, §4); None without words."""
    per_character: float | None
    """Pieces for each character."""
    unknown: float
    """Share of pieces that the vocabulary lacks."""
    cropped: int
    """Sentences that were cropped."""
    from_pairs: int
    """Sentences that came from pairs alone."""


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """A source, over all its languages; also one of which nothing was left."""

    name: str
    """As the recipe, or its folder, calls it."""
    licence: str
    """As it was stated."""
    languages: int
    """How many it has text in, left out or kept."""
    sentences: int
    """Sentences, sides of pairs among them where they count as such."""
    pairs: int
    """Pairs."""
    tokens: int
    """Pieces of both."""
    dropped: int
    """What was left out of it."""
    share: float
    """Of all that it had, sides of pairs not counted again, what was left out."""


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """What one reason took from one source and label."""

    reason: str
    """Why."""
    source: str
    """Where from."""
    label: str
    """`de`, or `en-de`."""
    count: int
    """How many sentences or pairs."""
    share: float
    """Of all that this source had in this label, dropped or kept; sides of pairs are no more."""
    examples: list[str] = field(default_factory=list)
    """A few of them, sides with a tab between."""


@dataclass(frozen=True, kw_only=True)
class CorpusFacts:
    """Everything the report tells; `asdict` of it is the JSON."""

    folder: str
    """Where the corpus lies."""
    languages: list[LanguageFacts]
    """Its languages, the largest first."""
    sources: list[SourceFacts]
    """Its sources, the largest first."""
    datasets: list[dict[str, Any]]
    """Its data sets, as the manifest has them, and `share`, of the pieces of their label."""
    dropped: list[Dropped]
    """What was left out, the most first."""
    reasons: dict[str, int]
    """The same by reason alone."""
    duplicates: dict[str, int]
    """Of those, what was there before: exactly, nearly."""
    repeated_sides: int
    """Sides of pairs that are no sentences of their own, because they were there before."""
    lengths: dict[str, list[int]]
    """By label, rows by pieces: 0, 1, 2 to 3, 4 to 7, …"""
    held_out: dict[str, int]
    """Pairs kept for evaluation, by label."""
    recipe: dict[str, Any]
    """How it was built."""
    versions: dict[str, str]
    """With what."""
    tokenizer: str
    """Fingerprint of the tokeniser."""


def corpus_facts(corpus: Corpus) -> CorpusFacts:
    """What a corpus is made of."""
    manifest = corpus.manifest
    facts = [dataset.facts for dataset in corpus.datasets]
    dropped = _dropped(manifest, facts)
    reasons: Counter[str] = Counter()
    for one in dropped:
        reasons[one.reason] += one.count
    return CorpusFacts(
        folder=str(corpus.folder),
        languages=_languages(corpus),
        sources=_sources(facts, dropped, manifest.get("licences", {})),
        datasets=_datasets(facts),
        dropped=dropped,
        reasons=dict(reasons.most_common()),
        duplicates={reason: reasons[reason] for reason in DUPLICATES if reasons[reason]},
        repeated_sides=_repeated_sides(corpus),
        lengths=_lengths(facts),
        held_out=dict(manifest["held_out"]),
        recipe=dict(manifest["recipe"]),
        versions={"erniem": manifest["erniem"], **manifest["versions"]},
        tokenizer=manifest["tokenizer"],
    )


def _datasets(facts: Sequence[DatasetFacts]) -> list[dict[str, Any]]:
    whole: Counter[str] = Counter()
    for one in facts:
        whole[one.label] += one.tokens
    return [{**asdict(one), "share": _ratio(one.tokens, whole[one.label]) or 0.0} for one in facts]


def _languages(corpus: Corpus) -> list[LanguageFacts]:
    found = [_language(code, corpus) for code in corpus.languages]
    return sorted(found, key=lambda one: (-one.tokens, one.code))


def _language(code: str, corpus: Corpus) -> LanguageFacts:
    sentences = [one.facts for one in corpus.of(code)]
    pairs = [one for one in corpus.datasets if one.parallel and code in one.languages]
    total = {name: sum(getattr(one, name) for one in sentences) for name in _SUMMED}
    words = total["words"] if is_spaced(code) else None
    return LanguageFacts(
        code=code,
        name=name_of(code),
        sentences=total["rows"],
        pairs=_rows(pairs),
        tokens=total["tokens"],
        words=words,
        characters=total["characters"],
        per_word=_ratio(total["tokens"], words),
        per_character=_ratio(total["tokens"], total["characters"]),
        unknown=_ratio(total["unknown"], total["tokens"]) or 0.0,
        cropped=total["cropped"],
        from_pairs=corpus.manifest["from_pairs"].get(code, 0),
    )


_SUMMED = ("rows", "tokens", "words", "characters", "unknown", "cropped")


def _sources(
    facts: Sequence[DatasetFacts], dropped: Sequence[Dropped], licences: Mapping[str, str]
) -> list[SourceFacts]:
    stated = {**{one.source: one.licence for one in facts}, **licences}
    names = {one.source for one in facts} | {one.source for one in dropped}
    found = [
        _source(
            name,
            stated.get(name, ""),
            [one for one in facts if one.source == name],
            [one for one in dropped if one.source == name],
        )
        for name in names
    ]
    return sorted(found, key=lambda one: (-one.tokens, one.name))


def _source(
    name: str, licence: str, kept: Sequence[DatasetFacts], gone: Sequence[Dropped]
) -> SourceFacts:
    labels = [*(one.label for one in kept), *(one.label for one in gone)]
    pairs = sum(one.rows for one in kept if "-" in one.label)
    rows = sum(one.rows for one in kept)
    read = rows - sum(one.from_pairs for one in kept)
    dropped = sum(one.count for one in gone)
    return SourceFacts(
        name=name,
        licence=licence,
        languages=len({code for label in labels for code in label.split("-")}),
        sentences=rows - pairs,
        pairs=pairs,
        tokens=sum(one.tokens for one in kept),
        dropped=dropped,
        share=_ratio(dropped, read + dropped) or 0.0,
    )


def _rows(datasets: Iterable[Dataset]) -> int:
    return sum(one.facts.rows for one in datasets)


def _ratio(one: int, other: int | None) -> float | None:
    return one / other if other else None


def _dropped(manifest: Mapping[str, Any], facts: Iterable[DatasetFacts]) -> list[Dropped]:
    there: Counter[tuple[str, str]] = Counter()
    for one in facts:
        there[one.source, one.label] += one.rows - one.from_pairs
    for _, source, label, count in manifest["dropped"]:
        there[source, label] += count
    examples = {tuple(key): texts for *key, texts in manifest["examples"]}
    found = [
        Dropped(
            reason=reason,
            source=source,
            label=label,
            count=count,
            share=count / there[source, label],
            examples=examples.get((reason, source, label), []),
        )
        for reason, source, label, count in manifest["dropped"]
    ]
    return sorted(found, key=lambda one: (-one.count, one.reason, one.label, one.source))


def _repeated_sides(corpus: Corpus) -> int:
    manifest = corpus.manifest
    if not manifest["recipe"].get("pairs_as_text"):
        return 0
    pairs = _rows(one for one in corpus.datasets if one.parallel)
    return 2 * pairs - sum(manifest["from_pairs"].values())


def _lengths(facts: Iterable[DatasetFacts]) -> dict[str, list[int]]:
    by_label: dict[str, list[int]] = {}
    for one in facts:
        by_label[one.label] = added_lengths(by_label.get(one.label, []), one.lengths)
    return by_label


def shares_by(tokens: Mapping[str, int], alpha: float) -> dict[str, float]:
    """The mix that the stream gives, 0 for a language of which there are no sentences."""
    return dict.fromkeys(tokens, 0.0) | temperature_shares(tokens, alpha)
