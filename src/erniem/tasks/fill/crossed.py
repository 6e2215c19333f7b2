"""Hidden words, filled in from the other sentence alone, from their own, and from both.

```text
camlm   [CLS] x1 x2 x3 [SEP]               M8        the translation, and where the word stood
mmlm    [CLS] y1 M2 y3 [SEP]                         its own sentence
tlm     [CLS] x1 x2 x3 [SEP] [SEP] y1 M2 y3 [SEP]    both
```

The sequences are those of training: `erniem.objectives`. Letters: T tokens, H holes.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from erniem.objectives.camlm import PlaceholderSettings, place_holders
from erniem.objectives.frame import FIRST, SECOND, Frame, frame_pair, frame_single, pack
from erniem.packing import Pack
from erniem.tasks.fill.speaker import Piece, Said, Speaker, check_length
from erniem.tokenization.written_words import Word, words_of

__all__ = ["Filling", "Hole", "fill"]


@dataclass(frozen=True, kw_only=True)
class Hole:
    """A piece that was hidden, and what the network says stood there."""

    answer: Piece
    """What stood there, with its probability."""
    rank: int
    """Of what stood there among all pieces, from 1; 0 if the vocabulary does not have it."""
    guesses: tuple[Piece, ...]
    """The likeliest, likeliest first."""


@dataclass(frozen=True, kw_only=True)
class Filling:
    """The same holes, filled in three ways; a hole for each piece of the hidden words."""

    hidden: tuple[str, ...]
    """The words that were hidden."""
    camlm: tuple[Hole, ...]
    """Read: the other sentence alone."""
    mmlm: tuple[Hole, ...]
    """Read: the rest of its own sentence alone."""
    tlm: tuple[Hole, ...]
    """Read: both."""


def fill(
    speaker: Speaker,
    asked: Said,
    other: Said,
    hidden: Collection[int],
    *,
    k: int = 5,
    form: PlaceholderSettings | None = None,
) -> Filling:
    """Hides words of a sentence and lets the network say what stood there.

    Args:
        speaker: the network.
        asked: the sentence of which words are hidden.
        other: what it says, in another language.
        hidden: places of words of `asked`, as `words_of` counts them.
        k: guesses for each hole.
        form: of CAMLM's sequence in the model's training; None: as this project trains.

    Raises:
        ValueError: an empty sentence, no word hidden or one that is not there, a language that the
            model does not know, sentences too long for it.
    """
    words = words_of(speaker.tokenizer, asked.text, special=False)
    places = _places(words, hidden)
    own, read = speaker.sentence(asked), speaker.sentence(other)
    pair, single = frame_pair(read, own, speaker.special), frame_single(own, speaker.special)
    check_length(len(pair.ids), speaker.model)
    chosen = _chosen(pair, SECOND, places)
    crossed = place_holders(
        pair, chosen, FIRST, form or PlaceholderSettings(), speaker.special, "placeholders"
    )
    answers = own.ids[places]
    alone = _masked(single, _chosen(single, FIRST, places), speaker)
    both = _masked(pair, chosen, speaker)
    return Filling(
        hidden=tuple(words[number].text for number in sorted(hidden)),
        camlm=_holes(speaker, (crossed.pack, crossed.holes), answers, k),
        mmlm=_holes(speaker, alone, answers, k),
        tlm=_holes(speaker, both, answers, k),
    )


def _places(words: list[Word], hidden: Collection[int]) -> Int[np.ndarray, " H"]:
    """Places of the pieces of words."""
    if not hidden:
        raise ValueError("no word is hidden: choose at least one.")
    if missing := sorted(set(hidden) - set(range(len(words)))):
        raise ValueError(f"word {missing[0]}: the sentence has words 0 to {len(words) - 1}.")
    return np.array(sorted(piece for number in set(hidden) for piece in words[number].pieces))


def _chosen(frame: Frame, side: int, places: Int[np.ndarray, " H"]) -> np.ndarray:
    """Which tokens of the only sequence of a frame are hidden."""
    text = np.flatnonzero(frame.text(side))
    chosen = np.zeros(len(frame.ids), dtype=bool)
    chosen[text[places]] = True
    return chosen


def _masked(
    frame: Frame, chosen: np.ndarray, speaker: Speaker
) -> tuple[Pack, Int[np.ndarray, " H"]]:
    """All of a frame, [MASK] where tokens are hidden, as MMLM and TLM read it."""
    everything = np.ones(len(frame.ids), dtype=bool)
    shown = np.where(chosen, speaker.special.mask, frame.ids)
    return pack(frame, everything, shown, ~everything), np.flatnonzero(chosen)


def _holes(
    speaker: Speaker,
    asked: tuple[Pack, Int[np.ndarray, " H"]],
    answers: Int[np.ndarray, " H"],
    k: int,
) -> tuple[Hole, ...]:
    found = speaker.probabilities(*asked)
    top = found.topk(min(k, found.shape[1]), dim=-1)
    holes = []
    for row, answer in enumerate(answers.tolist()):
        probability = float(found[row, answer])
        known = answer not in speaker.special.ids
        guesses = zip(top.indices[row].tolist(), top.values[row].tolist(), strict=True)
        holes.append(
            Hole(
                answer=speaker.piece(answer, probability),
                rank=1 + int((found[row] > probability).sum()) if known else 0,
                guesses=tuple(speaker.piece(piece, share) for piece, share in guesses),
            )
        )
    return tuple(holes)
