"""What the report of a corpus tells, from its manifest: by language, by source, by reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from erniem.corpus.corpus import Corpus, Dataset
from erniem.corpus.manifest import DatasetFacts
from erniem.languages import name_of
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
    """A source, over all its languages."""

    name: str
    """As the recipe, or its folder, calls it."""
    licence: str
    """As it was stated."""
    languages: int
    """How many it has text in."""
    sentences: int
    """Sentences, sides of pairs among them where they count as such."""
    pairs: int
    """Pairs."""
    tokens: int
    """Pieces of both."""
    dropped: int
    """What was left out of it."""


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
    """Of all that this source had in this label, dropped or kept."""
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
    """Its data sets, as the manifest has them."""
    dropped: list[Dropped]
    """What was left out, the most first."""
    reasons: dict[str, int]
    """The same by reason alone."""
    duplicates: dict[str, int]
    """Of those, what was there before: exactly, nearly."""
    lengths: list[int]
    """Rows by pieces: 0, 1, 2 to 3, 4 to 7, …"""
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
        sources=_sources(facts, dropped),
        datasets=[asdict(one) for one in facts],
        dropped=dropped,
        reasons=dict(reasons.most_common()),
        duplicates={reason: reasons[reason] for reason in DUPLICATES if reasons[reason]},
        lengths=_lengths(facts),
        held_out=dict(manifest["held_out"]),
        recipe=dict(manifest["recipe"]),
        versions={"erniem": manifest["erniem"], **manifest["versions"]},
        tokenizer=manifest["tokenizer"],
    )


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


def _sources(facts: Sequence[DatasetFacts], dropped: Iterable[Dropped]) -> list[SourceFacts]:
    gone: Counter[str] = Counter()
    for one in dropped:
        gone[one.source] += one.count
    found = []
    for name in {one.source for one in facts}:
        some = [one for one in facts if one.source == name]
        pairs = sum(one.rows for one in some if "-" in one.label)
        found.append(
            SourceFacts(
                name=name,
                licence=some[0].licence,
                languages=len({code for one in some for code in one.label.split("-")}),
                sentences=sum(one.rows for one in some) - pairs,
                pairs=pairs,
                tokens=sum(one.tokens for one in some),
                dropped=gone[name],
            )
        )
    return sorted(found, key=lambda one: (-one.tokens, one.name))


def _rows(datasets: Iterable[Dataset]) -> int:
    return sum(one.facts.rows for one in datasets)


def _ratio(one: int, other: int | None) -> float | None:
    return one / other if other else None


def _dropped(manifest: Mapping[str, Any], facts: Iterable[DatasetFacts]) -> list[Dropped]:
    there: Counter[tuple[str, str]] = Counter()
    for one in facts:
        there[one.source, one.label] += one.rows
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


def _lengths(facts: Iterable[DatasetFacts]) -> list[int]:
    total: list[int] = []
    for one in facts:
        total += [0] * (len(one.lengths) - len(total))
        for place, count in enumerate(one.lengths):
            total[place] += count
    return total


def shares_by(tokens: Mapping[str, int], alpha: float) -> dict[str, float]:
    """The mix of languages that a temperature gives: share ∝ tokens^alpha (XLM-R, §3.1)."""
    raised = {code: count**alpha for code, count in tokens.items() if count}
    whole = sum(raised.values()) or 1.0
    return {code: raised.get(code, 0.0) / whole for code in tokens}
