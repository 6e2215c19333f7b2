"""A memory of words: each is split into pieces once, if its neighbours do not matter.

```text
texts ─at spaces─▶ words ─known?─┬─▶ pieces from memory ─┐
                                 └─▶ split once ─────────┴─end to end─▶ pieces, lengths
```

A Unigram behind Metaspace splits each word by itself. Its normaliser comes before that, and could
join a word with its neighbour or split one in two; a text with such a word goes the long way, as
does one that has hardly a space.

Letters: n texts, W words of all texts, T pieces.
"""

import json
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import regex
from jaxtyping import Bool, Int
from tokenizers import Tokenizer

from erniem.packing import end_to_end, within

__all__ = ["WordMemory", "splits_words_alone"]

MOST = 2**20
"""Words that are kept; then the memory begins anew."""
WORTH = 12
"""Characters a word, above which a text is split as it is: few of its words come again."""
ALIEN = 0
"""The number of all words that cannot be split by themselves."""
SPACE = "\u2581"
"""What Metaspace puts in the place of a space."""
TOGETHER = 512
"""New words that are split in one go, as if they were a text."""
JOINS = r"^[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]|\p{GCB=Prepend}$"
"""What makes one grapheme of a word and the space beside it, which a normaliser may look up."""


def splits_words_alone(backend: Tokenizer) -> bool:
    """Whether a tokeniser is a Unigram that splits at spaces and nowhere else, as XLM-R's is."""
    state = json.loads(backend.to_str())
    return (
        state["model"]["type"] == "Unigram"
        and _splits_at_spaces(_steps(state["pre_tokenizer"], "pretokenizers"))
        and all(map(_acts_within_words, _steps(state["normalizer"], "normalizers")))
        and any(piece == SPACE for piece, _ in state["model"]["vocab"])
        and not any(
            one["normalized"] or one["lstrip"] or one["rstrip"] or " " in one["content"]
            for one in state["added_tokens"]
        )
    )


def _steps(state: dict[str, Any] | None, name: str) -> Sequence[dict[str, Any]]:
    """The steps of a normaliser or of what comes before the model, one after the other."""
    if state is None:
        return []
    return state[name] if state["type"] == "Sequence" else [state]


def _splits_at_spaces(steps: Sequence[dict[str, Any]]) -> bool:
    """Whether words are split at white space, and each begins with `SPACE`.

    In XLM-R's file Metaspace is alone; transformers puts WhitespaceSplit before it.
    """
    *before, last = steps or [{"type": None}]
    return (
        all(one == {"type": "WhitespaceSplit"} for one in before)
        and last["type"] == "Metaspace"
        and last["split"] is True
        and last["prepend_scheme"] == "always"
    )


def _acts_within_words(step: dict[str, Any]) -> bool:
    """Whether it changes graphemes, or makes one space of many."""
    several_spaces = {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}
    return step["type"] == "Precompiled" or step == several_spaces


class WordMemory:
    """Splits texts, each word once.

    Args:
        backend: for which `splits_words_alone` holds.
    """

    def __init__(self, backend: Tokenizer) -> None:
        self.backend = backend
        special = [regex.escape(one.content) for one in backend.get_added_tokens_decoder().values()]
        self._not_alone = regex.compile("|".join([JOINS, *special]))
        begins = [piece.startswith(SPACE) for piece in _pieces_by_id(backend)]
        self._characters: dict[str, bool] = {}
        self._begins: Bool[np.ndarray, " V"] = np.array(begins)
        backend.no_truncation()
        backend.no_padding()
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {"": ALIEN}
        self._pieces: Int[np.ndarray, " T"] = np.zeros(0, dtype=np.int64)
        self._bounds: Int[np.ndarray, " W+1"] = np.zeros(2, dtype=np.int64)

    def split(self, texts: Sequence[str]) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " n"]]:
        """The pieces of all texts, end to end, and how many each has; no special ones around.

        Example: `["Hallo Welt", ""]` → `[54029, 12389]`, `[2, 0]`.
        """
        words = [text.split(" ") if _is_worth(text) else [""] for text in texts]
        counts = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
        numbers = self._numbered(list(chain.from_iterable(words)))
        text_of = np.repeat(np.arange(len(texts)), counts)
        alien = np.unique(text_of[numbers == ALIEN])
        known = ~np.isin(text_of, alien)
        lengths = np.diff(self._bounds)[numbers[known]]
        places = np.repeat(self._bounds[numbers[known]], lengths) + within(lengths)
        of_texts = np.bincount(text_of[known], weights=lengths, minlength=len(texts))
        return _merged(
            self._pieces[places],
            of_texts.astype(np.int64),
            alien,
            *self._split_whole([texts[one] for one in alien]),
        )

    def _numbered(self, words: list[str]) -> Int[np.ndarray, " W"]:
        """The number of each word; new ones are learnt."""
        if len(self._numbers) > MOST:
            self._forget()
        new = [word for word in dict.fromkeys(words) if word not in self._numbers]
        self._numbers.update(dict.fromkeys(new, ALIEN))
        alone = [word for word in new if self._stands_alone(word)]
        if alone:
            self._learn(alone)
        return np.fromiter(map(self._numbers.__getitem__, words), dtype=np.int64, count=len(words))

    def _stands_alone(self, word: str) -> bool:
        """Whether it reaches the network as one word, whatever is beside it."""
        for character in set(word) - self._characters.keys():
            self._characters[character] = _is_visible(self.backend, character)
        return all(map(self._characters.__getitem__, word)) and not self._not_alone.search(word)

    def _learn(self, words: list[str]) -> None:
        """Keeps the pieces of words, split as if some of them were a text."""
        parts = [words[first : first + TOGETHER] for first in range(0, len(words), TOGETHER)]
        pieces, _ = self._split_whole([" ".join(part) for part in parts])
        starts = np.flatnonzero(self._begins[pieces])
        assert len(starts) == len(words), "each word begins with a space, and has no other"
        known = len(self._bounds) - 1
        self._numbers.update(zip(words, range(known, known + len(words)), strict=True))
        ends = np.append(starts[1:], len(pieces))
        self._bounds = np.concatenate([self._bounds, self._bounds[-1] + ends])
        self._pieces = np.concatenate([self._pieces, pieces])

    def _split_whole(self, texts: list[str]) -> tuple[Int[np.ndarray, " T"], Int[np.ndarray, " n"]]:
        """The same, by the tokeniser alone."""
        found = self.backend.encode_batch_fast(texts, add_special_tokens=False)
        return end_to_end([one.ids for one in found])


def _pieces_by_id(backend: Tokenizer) -> list[str]:
    """All pieces; an id without one has an empty one."""
    return [backend.id_to_token(one) or "" for one in range(backend.get_vocab_size())]


def _is_visible(backend: Tokenizer, character: str) -> bool:
    """Whether the normaliser leaves something of a character, and nothing of it is a space."""
    shown = backend.normalizer.normalize_str(character) if backend.normalizer else character
    return bool(shown) and not any(one.isspace() or one == SPACE for one in shown)


def _is_worth(text: str) -> bool:
    return len(text) < WORTH * (text.count(" ") + 1)


def _merged(
    pieces: Int[np.ndarray, " T"],
    lengths: Int[np.ndarray, " n"],
    others: Int[np.ndarray, " k"],
    their_pieces: Int[np.ndarray, " t"],
    their_lengths: Int[np.ndarray, " k"],
) -> tuple[Int[np.ndarray, " U"], Int[np.ndarray, " n"]]:
    """Texts by memory, and those that were split whole, in order."""
    if not len(others):
        return pieces, lengths
    total = lengths.copy()
    total[others] = their_lengths
    whole = np.empty(total.sum(), dtype=np.int64)
    theirs = np.zeros(len(lengths), dtype=bool)
    theirs[others] = True
    is_theirs = np.repeat(theirs, total)
    whole[is_theirs], whole[~is_theirs] = their_pieces, pieces
    return whole, total
