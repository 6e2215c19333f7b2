"""BTMLM: ask for pseudo tokens in another language, then learn with them beside the text.

```text
ask     [CLS] x1 x2 x3 x4 [SEP]  M5 M6 M7                    → guesses h5 h6 h7, no gradient
learn   [CLS] x1 M2 M3 x4 [SEP] [SEP] h5 h6 h7 [SEP]         M2 and M3 read all of it
```

The paper, §3.2 and figure 2. Asking has exactly the form of CAMLM's first sequence, which taught
the network to answer. Pseudo tokens are never answers.

Letters: S sentences, H placeholders over all sentences, V vocabulary, L languages.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from erniem.objectives.camlm import PlaceholderSettings, place_holders
from erniem.objectives.frame import FIRST, SECOND, Batch, frame_pair
from erniem.objectives.masking import LanguageTags, MaskingSettings, choose
from erniem.objectives.mlm import hide
from erniem.packing import Pack, Sentences, SpecialIds, boundaries

__all__ = [
    "Ask",
    "BTMLMSettings",
    "GuessSettings",
    "answer",
    "ask",
    "choose_targets",
    "guess",
    "learn",
]


@dataclass(frozen=True, kw_only=True)
class GuessSettings:
    """How pseudo tokens are chosen from the network's answer."""

    method: Literal["argmax", "sample", "corrected", "confident_first"] = "argmax"
    """`argmax`: the likeliest piece. `sample`: drawn with `temperature`. `corrected`: the piece
    that the source adds most to, the logit less `strength` × its log frequency in the target
    language. `confident_first`: in `passes` passes, the surest are filled and read by the rest."""
    temperature: float = 1.0
    """Of `sample`; lower is surer."""
    strength: float = 1.0
    """Of `corrected`; 0 is argmax."""
    passes: int = 3
    """Of `confident_first`; 1 is argmax."""

    def __post_init__(self) -> None:
        if self.temperature <= 0:
            raise ValueError(f"temperature is {self.temperature}; it must be above 0.")
        if self.passes < 1:
            raise ValueError(f"passes is {self.passes}; there must be at least one.")


@dataclass(frozen=True, kw_only=True)
class BTMLMSettings:
    """What the paper leaves open in BTMLM."""

    ratio: float = 0.75
    """Placeholders for each piece of the sentence, at least one a sentence (figure 2: 3 for 4), and
    at most as many as pieces: half of `batch.max_length` is the sentence's, half is theirs."""
    targets: Literal["paired", "any"] = "paired"
    """Languages that answer: those that parallel text pairs with the sentence's own, so that CAMLM
    has practised the direction; or any other language."""
    guess: GuessSettings = field(default_factory=GuessSettings)
    """How an answer is chosen."""
    masking: MaskingSettings = field(default_factory=MaskingSettings)
    """The holes of the learning half."""
    asker: Literal["current", "frozen"] = "current"
    """The weights that answer: those of this step, or those with which stage 2 opened."""

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise ValueError(f"ratio is {self.ratio}; it must be above 0 and at most 1.")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """Sentences with placeholders in another language, waiting for an answer."""

    pack: Pack
    """`[CLS] x [SEP] M M M` for each sentence."""
    holes: Int[np.ndarray, " H"]
    """Places of the placeholders among the tokens of the pack, sentence by sentence."""
    source: Sentences
    """The sentences x."""
    targets: Int[np.ndarray, " S"]
    """Language id in which each is to be answered."""
    counts: Int[np.ndarray, " S"]
    """Placeholders of each sentence."""

    @property
    def sequence(self) -> Int[np.ndarray, " H"]:
        """The sentence to which each placeholder belongs."""
        return np.repeat(np.arange(len(self.counts)), self.counts)


def choose_targets(
    languages: Int[np.ndarray, " S"],
    partners: Float[np.ndarray, "L L"],
    rng: np.random.Generator,
) -> Int[np.ndarray, " S"]:
    """Draws the language that answers each sentence.

    Args:
        languages: language id of each sentence.
        partners: weight of target j for a sentence of language i, row and column 0 unused; every
            language given has a positive weight in its row.
    """
    cumulated = np.cumsum(partners, axis=1)
    level = rng.random(len(languages)) * cumulated[languages, -1]
    return (cumulated[languages] <= level[:, None]).sum(axis=1)


def ask(
    sentences: Sentences,
    targets: Int[np.ndarray, " S"],
    ratio: float,
    form: PlaceholderSettings,
    special: SpecialIds,
    tags: LanguageTags = "placeholders",
) -> Ask:
    """Adds placeholders in the target language after each sentence."""
    counts = np.maximum(1, np.rint(ratio * sentences.lengths)).astype(np.int64)
    placeholders = Sentences(
        ids=np.full(counts.sum(), special.mask), bounds=boundaries(counts), languages=targets
    )
    frame = frame_pair(sentences, placeholders, special)
    batch = place_holders(frame, frame.text(SECOND), FIRST, form, special, tags)
    return Ask(pack=batch.pack, holes=batch.holes, source=sentences, targets=targets, counts=counts)


def guess(
    logits: Float[Tensor, "H V"],
    settings: GuessSettings,
    special: SpecialIds,
    generator: torch.Generator,
    log_frequency: Float[Tensor, "H V"] | None = None,
) -> Int[Tensor, " H"]:
    """One piece for each placeholder, never a special token.

    Args:
        logits: the network's answer; special tokens are struck out in it.
        settings: the method.
        special: the ids that cannot be guessed.
        generator: the dice of `sample`.
        log_frequency: for `corrected`, the log frequency of each piece in the target language.
    """
    logits[:, list(special.ids)] = -torch.inf
    score = logits.float()
    if settings.method == "corrected":
        assert log_frequency is not None, "corrected needs frequencies"
        score = score - settings.strength * log_frequency
    if settings.method == "sample":
        noise = torch.rand(logits.shape, generator=generator).to(logits.device)
        score = score / settings.temperature - torch.log(-torch.log(noise))  # Gumbel-max
    return score.argmax(dim=-1)


def answer(
    question: Ask,
    network: Callable[[Pack, Int[np.ndarray, " H"]], Tensor],
    settings: GuessSettings,
    special: SpecialIds,
    generator: torch.Generator,
    log_frequency: Float[Tensor, "L V"] | None = None,
) -> Int[np.ndarray, " H"]:
    """Asks the network and chooses the pseudo tokens, in one pass or several.

    Args:
        question: what to ask.
        network: gives the logits `(H, V)` at holes of a pack, which are written over; it is called
            without gradient.
        settings: how to choose.
        special: ids that are no text.
        generator: the dice of `sample`.
        log_frequency: for `corrected`, by language id.
    """
    passes = settings.passes if settings.method == "confident_first" else 1
    guesses = np.zeros(len(question.holes), dtype=np.int64)
    waiting = np.arange(len(question.holes))
    pack = question.pack
    for left in range(passes, 0, -1):
        logits = network(pack, question.holes[waiting])
        frequency = None
        if log_frequency is not None and settings.method == "corrected":
            targets = question.targets[question.sequence[waiting]]
            frequency = log_frequency[torch.from_numpy(targets)].to(logits.device)
        best = guess(logits, settings, special, generator, frequency)
        pieces = best.cpu().numpy()
        filled = np.ones(len(waiting), dtype=bool)
        if left > 1:
            sure = logits.gather(1, best[:, None])[:, 0].float() - logits.float().logsumexp(dim=1)
            filled = choose(question.sequence[waiting], filled, 1 / left, -sure.cpu().numpy())
        guesses[waiting[filled]] = pieces[filled]
        pack = _filled(pack, question.holes[waiting[filled]], pieces[filled])
        # On to the last pass even if none waits: sharded weights are gathered by all processes.
        waiting = waiting[~filled]
    return guesses


def _filled(pack: Pack, places: Int[np.ndarray, " n"], pieces: Int[np.ndarray, " n"]) -> Pack:
    """The pack with pieces in these places."""
    ids = pack.input_ids.copy()
    ids[places] = pieces
    return replace(pack, input_ids=ids)


def learn(
    question: Ask,
    guesses: Int[np.ndarray, " H"],
    settings: MaskingSettings,
    special: SpecialIds,
    rng: np.random.Generator,
    tags: LanguageTags = "placeholders",
    odds: Float[np.ndarray, "L V"] | None = None,
) -> Batch:
    """The sentence with holes, and its pseudo tokens to read; holes in the sentence alone."""
    pseudo = Sentences(ids=guesses, bounds=boundaries(question.counts), languages=question.targets)
    frame = frame_pair(question.source, pseudo, special)
    text = frame.text(FIRST)
    return hide(frame, text, settings, special, rng, tags=tags, odds=odds, objective="btmlm")
