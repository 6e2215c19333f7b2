"""Frames: sentences and pairs with their special tokens and positions, before any hole is made.

Every objective is three moves on a frame: choose holes, keep what they may read, pack.

```text
frame_single   [CLS] x1 x2 x3 [SEP]                          side  0 1 1 1 1
frame_pair     [CLS] x1 x2 x3 [SEP] [SEP] y1 y2 y3 y4 [SEP]  side  0 1 1 1 1 0 2 2 2 2 2
```

Letters: T tokens over all sequences, S sequences, H holes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int

from erniem.packing import NO_LANGUAGE, Pack, Sentences, SpecialIds, boundaries, within

__all__ = ["Batch", "Frame", "Joined", "frame_pair", "frame_single", "join", "pack", "swap_sides"]

FIRST, SECOND = 1, 2
"""The sides of a frame; 0 is the frame itself: [CLS], and the [SEP] before the second sentence."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What an objective asks of the network: sequences, and the answers it wants."""

    objective: str
    """Name of the objective: mmlm, tlm, camlm, btmlm."""
    pack: Pack
    """The sequences, holes made."""
    holes: Int[np.ndarray, " H"]
    """Places of the holes among the tokens of the pack, ascending."""
    answers: Int[np.ndarray, " H"]
    """The pieces that the holes stand for."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Tokens of many sequences, end to end, with what an objective needs to know of each."""

    ids: Int[np.ndarray, " T"]
    """Piece or special id."""
    positions: Int[np.ndarray, " T"]
    """Position in the sequence, from 0, running on over a pair."""
    languages: Int[np.ndarray, " T"]
    """Language id of the sentence that the token belongs to; the first one's for side 0."""
    sequence: Int[np.ndarray, " T"]
    """Number of the sequence."""
    side: Int[np.ndarray, " T"]
    """1 or 2 for a sentence and its [SEP], 0 for the frame itself."""
    special: Bool[np.ndarray, " T"]
    """True where the token is no text."""
    num_sequences: int
    """Number of sequences S; some may be empty."""

    def text(self, side: int) -> Bool[np.ndarray, " T"]:
        """Where the text of one side stands."""
        return (self.side == side) & ~self.special

    def length(self, side: int) -> Int[np.ndarray, " T"]:
        """For every token, the number of text tokens on one side of its sequence."""
        counts = np.bincount(self.sequence[self.text(side)], minlength=self.num_sequences)
        return counts[self.sequence]


def _constant(value: int, like: Sentences) -> Sentences:
    """One special token beside each sentence."""
    return Sentences(
        ids=np.full(len(like), value), bounds=np.arange(len(like) + 1), languages=like.languages
    )


def _lay(parts: Sequence[tuple[Sentences, int, bool]]) -> Frame:
    """Lays sequence i as part 0's sentence i, part 1's, …; a part is (text, side, special)."""
    lengths = np.stack([sentences.lengths for sentences, _, _ in parts])
    whole = lengths.sum(axis=0)
    starts = boundaries(whole)[:-1] + np.cumsum(lengths, axis=0) - lengths
    ids, languages, side = (np.zeros(whole.sum(), dtype=np.int64) for _ in range(3))
    is_special = np.zeros(whole.sum(), dtype=bool)
    for (sentences, its_side, special), start in zip(parts, starts, strict=True):
        places = np.repeat(start, sentences.lengths) + within(sentences.lengths)
        ids[places] = sentences.ids
        languages[places] = np.repeat(sentences.languages, sentences.lengths)
        side[places] = its_side
        is_special[places] = special
    return Frame(
        ids=ids,
        positions=within(whole),
        languages=languages,
        sequence=np.repeat(np.arange(len(whole)), whole),
        side=side,
        special=is_special,
        num_sequences=len(whole),
    )


def frame_single(sentences: Sentences, special: SpecialIds) -> Frame:
    """`[CLS] x [SEP]` for each sentence."""
    return _lay(
        [
            (_constant(special.cls, sentences), 0, True),
            (sentences, FIRST, False),
            (_constant(special.sep, sentences), FIRST, True),
        ]
    )


def frame_pair(first: Sentences, second: Sentences, special: SpecialIds) -> Frame:
    """`[CLS] x [SEP] [SEP] y [SEP]` for each pair, positions running on (the paper, figure 1)."""
    assert len(first) == len(second), "a pair has two sides"
    return _lay(
        [
            (_constant(special.cls, first), 0, True),
            (first, FIRST, False),
            (_constant(special.sep, first), FIRST, True),
            (_constant(special.sep, first), 0, True),
            (second, SECOND, False),
            (_constant(special.sep, second), SECOND, True),
        ]
    )


def swap_sides(
    first: Sentences, second: Sentences, probability: float, rng: np.random.Generator
) -> tuple[Sentences, Sentences]:
    """Exchanges the two sentences of a pair with this probability, pair by pair."""
    swapped = rng.random(len(first)) < probability
    both = Sentences.concatenated([first, second])
    order = np.arange(len(first))
    return (
        both.take(np.where(swapped, order + len(first), order)),
        both.take(np.where(swapped, order, order + len(first))),
    )


def pack(
    frame: Frame,
    keep: Bool[np.ndarray, " T"],
    ids: Int[np.ndarray, " T"],
    tagged: Bool[np.ndarray, " T"],
) -> Pack:
    """The kept tokens of a frame as sequences for the network.

    Args:
        frame: where the tokens come from.
        keep: the tokens that stay; nothing else can be read.
        ids: their ids, holes made.
        tagged: the tokens that say in which language they are to be answered.
    """
    lengths = np.bincount(frame.sequence[keep], minlength=frame.num_sequences)
    return Pack(
        input_ids=ids[keep],
        position_ids=frame.positions[keep],
        language_ids=np.where(tagged, frame.languages, NO_LANGUAGE)[keep],
        cu_seqlens=boundaries(lengths),
    )


@dataclass(frozen=True, kw_only=True)
class Joined:
    """Batches of several objectives as one: one forward pass serves them all."""

    pack: Pack
    """All sequences, longest first: equal lengths stand together, which attention likes."""
    holes: Int[np.ndarray, " H"]
    """Places of the holes among the tokens of the pack."""
    answers: Int[np.ndarray, " H"]
    """The pieces that the holes stand for."""
    objective: Int[np.ndarray, " H"]
    """Which objective each hole belongs to, an index into the names given to `join`."""


def join(batches: Sequence[Batch], objectives: Sequence[str]) -> Joined:
    """Lays batches end to end and orders their sequences by length.

    Args:
        batches: at least one.
        objectives: the names that `Joined.objective` counts.
    """
    tokens = np.array([len(batch.pack.input_ids) for batch in batches])
    offsets = boundaries(tokens)
    lengths = np.concatenate([batch.pack.lengths for batch in batches])
    order = np.argsort(-lengths, kind="stable")
    starts = boundaries(lengths)[:-1]
    gather = np.repeat(starts[order], lengths[order]) + within(lengths[order])
    new_place = np.empty(len(gather), dtype=np.int64)
    new_place[gather] = np.arange(len(gather))
    holes = [batch.holes + offset for batch, offset in zip(batches, offsets[:-1], strict=True)]
    names = [objectives.index(batch.objective) for batch in batches]
    return Joined(
        pack=Pack(
            input_ids=np.concatenate([batch.pack.input_ids for batch in batches])[gather],
            position_ids=np.concatenate([batch.pack.position_ids for batch in batches])[gather],
            language_ids=np.concatenate([batch.pack.language_ids for batch in batches])[gather],
            cu_seqlens=boundaries(lengths[order]),
        ),
        holes=new_place[np.concatenate(holes)],
        answers=np.concatenate([batch.answers for batch in batches]),
        objective=np.repeat(names, [len(batch.holes) for batch in batches]),
    )
