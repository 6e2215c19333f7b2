"""BTMLM's asking pass around the network: who answers, in which language, and is it worth learning.

```text
question ─▶ encoder, no gradient ─▶ guesses            Asking, at every step of stage 2
held-out pairs ─ask─▶ guesses ─▶ shares of them        CheckUp, now and then: may stage 2 open?
```
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from erniem.corpus.corpus import Corpus
from erniem.objectives import Ask, Health, answer, ask, health
from erniem.packing import Pack, Sentences, SpecialIds
from erniem.pretrain.compute import Filling
from erniem.pretrain.recipe import Objectives

__all__ = ["Asking", "CheckUp", "partners_of"]

SENTENCES_A_CALL = 128
"""So many held-out sentences are asked at once."""


def partners_of(
    corpus: Corpus, languages: Sequence[str], targets: Literal["paired", "any"]
) -> Float[np.ndarray, "L L"]:
    """Which language may answer for which, by language id, row and column 0 unused.

    `paired`: those that parallel text pairs with it; any other language where there is none.
    """
    ids = {code: 1 + place for place, code in enumerate(corpus.languages)}
    known = [ids[code] for code in languages]
    anyone = np.zeros((len(ids) + 1, len(ids) + 1))
    anyone[np.ix_(known, known)] = 1.0
    np.fill_diagonal(anyone, 0.0)
    paired = np.zeros_like(anyone)
    for dataset in corpus.datasets:
        if not dataset.parallel:
            continue
        one, other = (ids[code] for code in dataset.languages)
        paired[one, other] = paired[other, one] = 1.0
    paired *= anyone
    alone = paired.sum(axis=1, keepdims=True) == 0
    return np.where(alone, anyone, paired) if targets == "paired" else anyone


class Asking:
    """Lets a network answer BTMLM's questions.

    Args:
        settings: the objectives' settings.
        special: ids of the special tokens.
        counts: how often each language's text has each piece; read by `corrected` guesses.
        seed: seed of the dice of `sample`.
        filling: fills questions up to few shapes; None for as they are.
    """

    def __init__(
        self,
        settings: Objectives,
        special: SpecialIds,
        counts: Int[np.ndarray, "L V"],
        seed: int,
        filling: Filling | None = None,
    ) -> None:
        self.filling = filling
        self.guess = settings.btmlm.guess
        self.special = special
        self.seed = seed
        self.log_frequency: Tensor | None = None
        if self.guess.method == "corrected":
            shares = (counts + 1.0) / (counts + 1.0).sum(axis=1, keepdims=True)
            self.log_frequency = torch.from_numpy(np.log(shares)).float()

    def answer(self, network: nn.Module, question: Ask, number: int) -> Int[np.ndarray, " H"]:
        """The guesses for a question; `number` names the dice."""
        dice = np.random.SeedSequence([self.seed, number]).generate_state(1)
        generator = torch.Generator().manual_seed(int(dice[0]))
        device = next(network.parameters()).device

        def logits_at(pack: Pack, holes: Int[np.ndarray, " H"]) -> Tensor:
            pack = pack if self.filling is None else self.filling.fill(pack)
            arrays = {
                "input_ids": pack.input_ids,
                "position_ids": pack.position_ids,
                "language_ids": pack.language_ids,
                "cu_seqlens": pack.cu_seqlens,
                "holes": holes,
            }
            tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
            return network(**tensors).logits

        with _answering(network):
            return answer(
                question, logits_at, self.guess, self.special, generator, self.log_frequency
            )


@contextmanager
def _answering(network: nn.Module) -> Iterator[None]:
    """Without gradient and without dropout."""
    training = network.training
    network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        network.train(training)


class CheckUp:
    """Asks for translations that are known.

    Args:
        corpus: its held-out pairs are asked, in both directions.
        tokenizer: the corpus's.
        languages: only pairs of these.
        pairs: so many of each two languages.
        max_length: longest question in tokens.
        asking: how answers are chosen.
        settings: the form of the questions.
        counts: how often each language's text has each piece.
    """

    def __init__(
        self,
        corpus: Corpus,
        tokenizer: PreTrainedTokenizerFast,
        *,
        languages: Sequence[str],
        pairs: int,
        max_length: int,
        asking: Asking,
        settings: Objectives,
        counts: Int[np.ndarray, "L V"],
    ) -> None:
        self.asking = asking
        self.counts = counts
        sides = _both_directions(corpus, tokenizer, frozenset(languages), pairs)
        self.references, sources = (side.cropped((max_length - 4) // 2) for side in sides)
        form, special = settings.placeholders, asking.special
        self.questions = [
            ask(
                sources.take(chunk),
                self.references.languages[chunk],
                settings.btmlm.ratio,
                form,
                special,
                settings.language_tags,
            )
            for chunk in np.split(
                np.arange(len(sources)), range(SENTENCES_A_CALL, len(sources), SENTENCES_A_CALL)
            )
        ]

    def __bool__(self) -> bool:
        """True if there is something to ask."""
        return len(self.references) > 0

    def examine(self, network: nn.Module) -> Health:
        """The health of the asking pass, the same for the same weights."""
        guesses = [
            self.asking.answer(network, question, number)
            for number, question in enumerate(self.questions)
        ]
        counts = np.concatenate([question.counts for question in self.questions])
        return health(
            np.concatenate(guesses),
            np.repeat(np.arange(len(counts)), counts),
            self.references.languages,
            self.references,
            self.counts,
        )


def _both_directions(
    corpus: Corpus, tokenizer: PreTrainedTokenizerFast, languages: frozenset[str], pairs: int
) -> tuple[Sentences, Sentences]:
    """The first held-out pairs of each two languages: what is asked for, and what is shown."""
    ids = {code: 1 + place for place, code in enumerate(corpus.languages)}
    asked: list[tuple[str, int]] = []
    shown: list[tuple[str, int]] = []
    for label, rows in corpus.held_out.items():
        one, other = label.split("-")
        if not languages.issuperset((one, other)):
            continue
        for first, second in rows[:pairs]:
            asked += [(second, ids[other]), (first, ids[one])]
            shown += [(first, ids[one]), (second, ids[other])]
    return _encoded(asked, tokenizer), _encoded(shown, tokenizer)


def _encoded(texts: list[tuple[str, int]], tokenizer: PreTrainedTokenizerFast) -> Sentences:
    if not texts:
        return Sentences.of([], [])
    words = [text for text, _ in texts]
    pieces = tokenizer(words, add_special_tokens=False, verbose=False).input_ids
    return Sentences.of(pieces, [language for _, language in texts])
