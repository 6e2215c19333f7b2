"""Shards to mixed languages to micro-batches, with no state but the number of the micro-batch.

Every data set of every objective is an endless *line* of tokens: its sentences end to end, shuffled
anew each epoch. A micro-batch takes a *window* of each line, as wide as the data set's share of the
token budget, and owns the sentences that begin inside it:

```text
MMLM de   ─[s7 s2]─[s9]──[s1 s4 s8]─ ...      window g = floor(g·rate) to floor((g+1)·rate)
MMLM sw   ─[s3]────[]────[s5]─────── ...      a small language contributes now and then
TLM en-de ─[p2]────[p6 p1]─[p4]───── ...
```

So micro-batch g is a pure function of (seed, g): no sentence comes twice in an epoch or is left
out, every language has its exact share of tokens at any time, resuming needs only g, and the
number of processes plays no part: process r of W takes the micro-batches g with g mod W = r.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Int

from erniem.corpus.pipeline import Corpus
from erniem.packing import Sentences, boundaries

__all__ = ["PARALLEL", "Line", "MixedSentences", "Stream", "temperature_shares"]


def temperature_shares(tokens: Mapping[str, int], alpha: float) -> dict[str, float]:
    """How much of the mix each data set gets: share ∝ (tokens / all tokens)^alpha (XLM-R, §3.1).

    alpha 1 is the natural mix, 0 gives every data set the same share; 0.3 lifts the small ones.

    Example: `temperature_shares({"en": 900, "sw": 100}, 0.5)` → `{"en": 0.75, "sw": 0.25}`.
    """
    total = sum(tokens.values())
    raised = {name: (count / total) ** alpha for name, count in tokens.items() if count > 0}
    norm = sum(raised.values())
    return {name: value / norm for name, value in raised.items()}


class Line:
    """The endless line of tokens of one data set; a sentence belongs to the window it begins in.

    Args:
        lengths: tokens of each sentence (or pair), every one at least 1.
        seed: names the line among all lines of a run, and the run among runs.
    """

    def __init__(self, lengths: Int[np.ndarray, " N"], seed: Sequence[int]) -> None:
        assert len(lengths), "a line needs a sentence"
        assert lengths.min() > 0, "an empty sentence has no place on a line"
        self.lengths = lengths
        self.seed = tuple(seed)
        self.total = int(lengths.sum())
        """Tokens of one epoch."""
        self._epoch = lru_cache(maxsize=2)(self._shuffled)

    def _shuffled(self, epoch: int) -> tuple[Int[np.ndarray, " N"], Int[np.ndarray, " N"]]:
        """The order of an epoch, and the token at which each sentence of it begins."""
        order = np.random.default_rng([*self.seed, epoch]).permutation(len(self.lengths))
        return order, boundaries(self.lengths[order])[:-1]

    def window(self, start: int, stop: int) -> Int[np.ndarray, " n"]:
        """Numbers of the sentences that begin at tokens `start` to `stop` of the endless line.

        Example: lengths [4, 4, 4] in their own order: `window(0, 8)` → `[0, 1]`,
        `window(8, 13)` → `[2]` and the first of the next epoch.
        """
        found = [np.zeros(0, dtype=np.int64)]
        for epoch in range(start // self.total, (max(start, stop - 1)) // self.total + 1):
            order, starts = self._epoch(epoch)
            offset = epoch * self.total
            low, high = np.searchsorted(starts, [start - offset, stop - offset])
            found.append(order[low:high])
        return np.concatenate(found)


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


PARALLEL = ("tlm", "camlm")
"""The objectives that read pairs; the others read plain sentences."""


@dataclass(frozen=True)
class _Dataset:
    objective: str
    name: str
    rows: Int[np.ndarray, " N"]
    """Numbers in the shard of the sentences or pairs on the line."""
    line: Line


class Stream:
    """Micro-batches of a corpus as a pure function of their number.

    Args:
        corpus: the token shards.
        mixes: per stage, the share of tokens that each objective gets; shares need not sum to 1.
        languages: the languages to draw from.
        budget: real tokens in a micro-batch, all objectives together.
        alpha: temperature of the mix of languages, see `temperature_shares`.
        max_length: longest sequence in tokens, special tokens included. Longer sentences are
            cropped; pairs with a side of more than half are left out, since two halves of a
            translation do not match. `misfits` counts both.
        seed: every run of the same seed sees the same micro-batches.

    Raises:
        ValueError: an objective with a share of the tokens, but no text to read.
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
    ) -> None:
        self.corpus = corpus
        self.languages = frozenset(languages)
        self.budget = budget
        self.limit_alone = max_length - 2
        self.limit_paired = (max_length - 4) // 2
        self.misfits: dict[str, dict[str, int]] = {}
        """Objective → data set → pairs left out, or sentences cropped, for their length."""
        objectives = sorted({name for mix in mixes for name, share in mix.items() if share > 0})
        self.datasets = [
            _Dataset(objective, name, rows, Line(lengths, (seed, *objective.encode(), place)))
            for objective in objectives
            for place, (name, rows, lengths) in enumerate(self._readable(objective))
            if len(rows)
        ]
        self.rates = [self._rates(mix, alpha) for mix in mixes]

    def _readable(
        self, objective: str
    ) -> Iterator[tuple[str, Int[np.ndarray, " N"], Int[np.ndarray, " N"]]]:
        """What an objective may read: data set, numbers in its shard, tokens of each as cropped."""
        parallel = objective in PARALLEL
        shards = self.corpus.parallel if parallel else self.corpus.monolingual
        limit = self.limit_alone if objective == "mmlm" else self.limit_paired
        for name in sorted(shards):
            if not self.languages.issuperset(name.split("-")):
                continue
            lengths = shards[name].lengths.reshape(len(shards[name]), -1).astype(np.int64)
            fits = (lengths <= limit).all(axis=1)
            if misfits := int((~fits).sum()):
                self.misfits.setdefault(objective, {})[name] = misfits
            rows = np.flatnonzero(fits) if parallel else np.arange(len(lengths))
            yield name, rows, np.minimum(lengths[rows], limit).sum(axis=1)

    def _rates(self, mix: Mapping[str, float], alpha: float) -> list[float]:
        """Tokens of each data set in a micro-batch of one stage."""
        shares = {}
        for objective in mix:
            tokens = {d.name: d.line.total for d in self.datasets if d.objective == objective}
            if mix[objective] and not tokens:
                raise ValueError(self._lack(objective))
            shares[objective] = temperature_shares(tokens, alpha)
        whole = sum(mix.values()) or 1.0
        return [
            self.budget
            * mix.get(d.objective, 0.0)
            / whole
            * shares.get(d.objective, {}).get(d.name, 0.0)
            for d in self.datasets
        ]

    def _lack(self, objective: str) -> str:
        """Why an objective has nothing to read, and the way out."""
        if misfits := sum(self.misfits.get(objective, {}).values()):
            return (
                f"{objective} gets a share of the tokens, but all {misfits} pairs have a side of "
                f"more than {self.limit_paired} pieces: raise batch.max_length."
            )
        kind = "pairs" if objective in PARALLEL else "sentences"
        return (
            f"{objective} gets a share of the tokens, but {self.corpus.folder} has no "
            f"{kind} in {', '.join(sorted(self.languages))}: add some, or drop {objective}."
        )

    def _place(self, dataset: int, micro_batch: int, opened_at: Sequence[int]) -> int:
        """How far along its line a data set is when a micro-batch begins."""
        ends = [*opened_at[1:], micro_batch]
        spans = [
            max(0, min(end, micro_batch) - start)
            for start, end in zip(opened_at, ends, strict=True)
        ]
        return int(
            sum(span * rates[dataset] for span, rates in zip(spans, self.rates, strict=False))
        )

    def micro_batch(self, number: int, opened_at: Sequence[int]) -> Iterator[MixedSentences]:
        """What each objective of the current stage reads in micro-batch `number`.

        Args:
            number: counted over the whole run and over all processes.
            opened_at: for each stage opened so far, the number of its first micro-batch.
        """
        parts: dict[str, list[tuple[Sentences, Sentences | None]]] = {}
        for place, dataset in enumerate(self.datasets):
            if not self.rates[len(opened_at) - 1][place]:
                continue
            start = self._place(place, number, opened_at)
            stop = self._place(place, number + 1, opened_at)
            indices = dataset.line.window(start, stop)
            parts.setdefault(dataset.objective, []).append(self._take(dataset, indices))
        for objective, sides in parts.items():
            first = Sentences.concatenated([side for side, _ in sides])
            second = [side for _, side in sides if side is not None]
            yield MixedSentences(
                objective=objective,
                first=first,
                second=Sentences.concatenated(second) if objective in PARALLEL else None,
            )

    def _take(
        self, dataset: _Dataset, indices: Int[np.ndarray, " n"]
    ) -> tuple[Sentences, Sentences | None]:
        rows = dataset.rows[indices]
        if dataset.objective in PARALLEL:
            return self.corpus.parallel[dataset.name].take(rows)
        limit = self.limit_alone if dataset.objective == "mmlm" else self.limit_paired
        return self.corpus.monolingual[dataset.name].take(rows).cropped(limit), None

    def epochs(self, number: int, opened_at: Sequence[int]) -> dict[str, float]:
        """How often each data set was read through when micro-batch `number` begins."""
        return {
            f"{dataset.objective}/{dataset.name}": self._place(place, number, opened_at)
            / dataset.line.total
            for place, dataset in enumerate(self.datasets)
        }
