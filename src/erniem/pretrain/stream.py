"""Shards to mixed languages to micro-batches, with no state but the number of the micro-batch.

Every data set of every objective is an endless *line* of tokens (`erniem.pretrain.line`): its
sentences end to end, shuffled anew each epoch. A micro-batch takes a *window* of each line, as wide
as the data set's share of the token budget (`erniem.pretrain.mix`), and owns the sentences that
begin inside it:

```text
MMLM de, web       ─[s7 s2]─[s9]──[s1 s4 s8]─ ...     window g = floor(g·rate) to floor((g+1)·rate)
MMLM sw, stories   ─[s3]────[]────[s5]─────── ...     a small language contributes now and then
TLM en-de, films   ─[p2]────[p6 p1]─[p4]───── ...
```

So micro-batch g is a pure function of (seed, g): no sentence comes twice in an epoch or is left
out, every language has its exact share of tokens at any time, resuming needs only g, and the
number of processes plays no part, see `micro_batches_of`. It may be another one after a resume.

Where a step has several micro-batches, the windows are theirs together, and `erniem.pretrain.deal`
gives each as many tokens as any other.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int

from erniem.corpus.corpus import Corpus, Dataset
from erniem.corpus.shards import Shard, take_rows
from erniem.packing import Sentences
from erniem.pretrain.deal import deal, hand_of
from erniem.pretrain.fit import Fit
from erniem.pretrain.line import Line, Window
from erniem.pretrain.mix import mix_shares

__all__ = ["PARALLEL", "MixedSentences", "Reading", "Stream", "micro_batches_of"]

PARALLEL = ("tlm", "camlm")
"""The objectives that read pairs; the others read plain sentences."""
NOTHING = np.zeros(0, dtype=np.int64)
EMPTY = Window(numbers=NOTHING, begins=NOTHING, lengths=NOTHING)
Rows = Int[np.ndarray, " _"]
"""Numbers of rows of a shard."""


def micro_batches_of(step: int, rank: int, world: int, per_step: int) -> range:
    """The micro-batches of a step that process `rank` of `world` works on: they take turns.

    Whatever the number of processes, step s is made of micro-batches s·per_step to
    (s + 1)·per_step - 1, each worked on once.

    Example: `micro_batches_of(2, 1, 2, 4)` → 9, 11; process 0 takes 8, 10.
    """
    return range(step * per_step + rank, (step + 1) * per_step, world)


@dataclass(frozen=True, kw_only=True)
class MixedSentences:
    """What one objective works on in one micro-batch: sentences, or pairs of them."""

    objective: str
    """mmlm, tlm, camlm or btmlm."""
    first: Sentences
    """Sentences of several languages."""
    second: Sentences | None
    """Their translations, for the objectives that need parallel text."""

    def tokens(self, num_languages: int) -> Int[np.ndarray, " L"]:
        """Pieces per language id below `num_languages`, both sides counted."""
        sides = [self.first] if self.second is None else [self.first, self.second]
        languages = np.concatenate([side.languages for side in sides])
        lengths = np.concatenate([side.lengths for side in sides])
        return np.bincount(languages, lengths, minlength=num_languages).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A data set as an objective reads it."""

    objective: str
    dataset: Dataset
    line: Line

    @property
    def label(self) -> str:
        """`mmlm/de`."""
        return f"{self.objective}/{self.dataset.label}"

    @property
    def name(self) -> str:
        """`mmlm/de/stories`."""
        return f"{self.label}/{self.dataset.source}"


class Stream:
    """Micro-batches of a corpus as a pure function of their number.

    Args:
        corpus: the token shards.
        mixes: per stage, the share of tokens that each objective gets; shares need not sum to 1.
        languages: the languages to draw from.
        budget: real tokens in a micro-batch, all objectives together.
        alpha: temperature of the mix of languages, see `mix_shares`.
        max_length: longest sequence in tokens, special tokens included. Longer sentences are
            cropped; pairs with a side of more than half are left out. `misfits` counts both.
        seed: every run of the same seed sees the same micro-batches.
        sources: weights of sources within a language, see `mix_shares`.
        per_step: micro-batches of a step, which share its tokens out evenly; a stage opens with a
            step.

    Raises:
        ValueError: an objective with a share of the tokens, but no text to read; a weight of a
            source that the corpus lacks.
    """

    def __init__(
        self,
        corpus: Corpus,
        mixes: Sequence[Mapping[str, float]],
        *,
        languages: Sequence[str],
        budget: int,
        alpha: float,
        max_length: int,
        seed: int,
        sources: Mapping[str, float] | None = None,
        per_step: int = 1,
    ) -> None:
        self.corpus = corpus
        self.languages = frozenset(languages)
        self.budget = budget
        self.alpha = alpha
        self.sources = dict(sources or {})
        self.per_step = per_step
        self.limit_alone = max_length - 2
        self.limit_paired = (max_length - 4) // 2
        self.misfits: dict[str, dict[str, int]] = {}
        """Objective → label → pairs left out, or sentences cropped, for their length."""
        self._check_sources()
        objectives = sorted({name for mix in mixes for name, share in mix.items() if share > 0})
        self.readings = list(self._readings(objectives, seed))
        self.rates = [self._rates(mix) for mix in mixes]
        self._dealt = lru_cache(maxsize=1)(self._deal)

    def _check_sources(self) -> None:
        known = sorted({dataset.source for dataset in self.corpus.datasets})
        for name in self.sources:
            if name not in known:
                raise ValueError(
                    f"batch.sources names {name!r}, but the sources of {self.corpus.folder} are "
                    f"{', '.join(known)}: name one of them, or take it out."
                )

    def _readings(self, objectives: Sequence[str], seed: int) -> Iterator[Reading]:
        """Every data set as every objective reads it, if anything of it fits."""
        fits: dict[tuple[Shard, int], Fit] = {}  # objectives of one limit look at lengths once
        for objective in objectives:
            limit = self._limit(objective)
            for dataset in self._readable(objective):
                key = (dataset.shard, limit)
                rows = fits[key] = fits.get(key) or Fit(dataset.shard, limit)
                self._note(objective, dataset, rows.misfits)
                if rows.blocks.any():
                    name = f"{objective}/{dataset.label}/{dataset.source}"
                    line = Line(rows, (seed, *name.encode()))
                    yield Reading(objective=objective, dataset=dataset, line=line)

    def _limit(self, objective: str) -> int:
        """Pieces of a sentence, or of each side of a pair, at most."""
        return self.limit_alone if objective == "mmlm" else self.limit_paired

    def _readable(self, objective: str) -> Iterator[Dataset]:
        """What an objective may read."""
        for dataset in self.corpus.datasets:
            of_kind = dataset.parallel == (objective in PARALLEL)
            wanted = self.languages.issuperset(dataset.languages)
            if of_kind and wanted and self.sources.get(dataset.source, 1.0) > 0:
                yield dataset

    def _note(self, objective: str, dataset: Dataset, misfits: int) -> None:
        if misfits:
            counts = self.misfits.setdefault(objective, {})
            counts[dataset.label] = counts.get(dataset.label, 0) + misfits

    def _rates(self, mix: Mapping[str, float]) -> Float[np.ndarray, " readings"]:
        """Tokens of each reading in a micro-batch of one stage."""
        whole = sum(mix.values()) or 1.0
        shares = {
            (objective, *dataset): self.budget * share / whole * part
            for objective, share in mix.items()
            if share
            for dataset, part in self._shares(objective).items()
        }
        keys = [(each.objective, each.dataset.label, each.dataset.source) for each in self.readings]
        return np.array([shares.get(key, 0.0) for key in keys])

    def _shares(self, objective: str) -> dict[tuple[str, str], float]:
        """Share of the tokens of an objective that each data set gets, by label and source."""
        tokens = {
            (reading.dataset.label, reading.dataset.source): reading.line.total
            for reading in self.readings
            if reading.objective == objective
        }
        if not tokens:
            raise ValueError(self._lack(objective))
        return mix_shares(tokens, alpha=self.alpha, weights=self.sources)

    def _lack(self, objective: str) -> str:
        """Why an objective has nothing to read, and the way out."""
        if misfits := sum(self.misfits.get(objective, {}).values()):
            return (
                f"{objective} gets a share of the tokens, but all {misfits} pairs have a side of "
                f"more than {self.limit_paired} pieces: raise batch.max_length."
            )
        where = str(self.corpus.folder)
        if left_out := sorted(name for name, weight in self.sources.items() if not weight):
            where = f"{where} without {', '.join(left_out)}"
        kind = "pairs" if objective in PARALLEL else "sentences"
        return (
            f"{objective} gets a share of the tokens, but {where} has no "
            f"{kind} in {', '.join(sorted(self.languages))}: add some, or drop {objective}."
        )

    def _places(self, number: int, opened_at: Sequence[int]) -> Int[np.ndarray, " readings"]:
        """How far along its line each reading is when a micro-batch begins."""
        ends = [*opened_at[1:], number]
        places = np.zeros(len(self.readings))
        # Summed one by one: a matrix product may round otherwise on another machine.
        for start, end, rates in zip(opened_at, ends, self.rates, strict=False):
            places += max(0, min(end, number) - start) * rates
        return places.astype(np.int64)

    def micro_batch(self, number: int, opened_at: Sequence[int]) -> Iterator[MixedSentences]:
        """What each objective of the current stage reads in micro-batch `number`.

        Args:
            number: counted over the whole run and over all processes.
            opened_at: for each stage opened so far, the number of its first micro-batch.
        """
        parts: dict[str, list[tuple[Shard, Rows]]] = {}
        for reading, rows in self.rows(number, opened_at):
            of_objective = parts.setdefault(reading.objective, [])
            if len(rows) or not of_objective:
                of_objective.append((reading.dataset.shard, rows))
        for objective, taken in parts.items():
            limit = None if objective in PARALLEL else self._limit(objective)
            first, *others = take_rows(taken, limit)
            yield MixedSentences(
                objective=objective, first=first, second=others[0] if others else None
            )

    def rows(self, number: int, opened_at: Sequence[int]) -> Iterator[tuple[Reading, Rows]]:
        """The rows of micro-batch `number`, by the data sets that the current stage reads."""
        hand = hand_of(number, self.per_step)
        for reading, window, owner in self._dealt(hand, tuple(opened_at)):
            yield reading, window.numbers[owner == number - hand.start]

    def _deal(self, hand: range, opened_at: tuple[int, ...]) -> list[tuple[Reading, Window, Rows]]:
        """The rows of several micro-batches of a step, and whose each is."""
        rates = self.rates[len(opened_at) - 1]
        starts, stops = self._places(hand.start, opened_at), self._places(hand.stop, opened_at)
        spans = zip(self.readings, starts.tolist(), stops.tolist(), rates.tolist(), strict=True)
        windows: dict[str, list[tuple[Reading, Window, Float[np.ndarray, " _"]]]] = {}
        for reading, start, stop, rate in spans:
            if rate:
                window = reading.line.window(start, stop) if start < stop else EMPTY
                when = (window.begins - start) / max(1, stop - start)
                windows.setdefault(reading.objective, []).append((reading, window, when))
        dealt, ahead = [], np.zeros(len(hand))
        for of_objective in windows.values():
            lengths = [window.lengths for _, window, _ in of_objective]
            owners, ahead = deal(lengths, [when for *_, when in of_objective], ahead)
            dealt += [(*one[:2], owner) for one, owner in zip(of_objective, owners, strict=True)]
        return dealt

    def epochs(self, number: int, opened_at: Sequence[int]) -> dict[str, float]:
        """How often the text was read through when micro-batch `number` begins.

        By objective and language, and by objective, language and source: `mmlm/de` and
        `mmlm/de/stories`.
        """
        read: Counter[str] = Counter()
        there: Counter[str] = Counter()
        for reading, place in zip(self.readings, self._places(number, opened_at), strict=True):
            for name in (reading.label, reading.name):
                read[name] += int(place)
                there[name] += reading.line.total
        return {name: read[name] / there[name] for name in sorted(there)}
