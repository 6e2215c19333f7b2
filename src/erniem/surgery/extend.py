"""Puts pieces of a new language into a checkpoint.

```text
text ─train─▶ its own Unigram ─not yet in the vocabulary─▶ on the old scale ─▶ tried on the text
                                                           pieces that save most ◀──────┘
```

A piece is used where its score is above the sum of the scores that spelled it before. The old
scores are logarithms of shares of text in many languages, the new ones of text in one: taken as
they are, new pieces would be too cheap. Both vocabularies have pieces in common; the shift that
makes their scores agree on the average piece of the text puts the new ones where they would stand
if the language had had its share of the old text.

Old ids stay as they are and new pieces follow the last, so [MASK] is in the middle: shards, caches
and differences of weights go on to fit. Every tokeniser looks [MASK] up by its name.

Letters: V pieces.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from pathlib import Path

from tokenizers.models import Unigram
from transformers import PreTrainedTokenizerFast

from erniem.surgery.checkpoint import (
    Checkpoint,
    Piece,
    open_checkpoint,
    revise,
    unigram,
    write_checkpoint,
)
from erniem.surgery.report import Size, check_output, difference
from erniem.surgery.text import Change, Text, compare, count_pieces
from erniem.tokenization import train_tokenizer

__all__ = ["Extension", "extend", "score_shift"]

FRAME = 10
"""A trainer wants room for some pieces beside the characters: special ones, the mark of a word."""
SHRINK = 0.8
"""Text that is too little for a vocabulary is asked for one so many times as large."""


@dataclass(frozen=True, kw_only=True)
class Extension:
    """What `extend` did."""

    output: Path
    """The new checkpoint."""
    before: Size
    """Size of the old checkpoint."""
    after: Size
    """Size of the new one."""
    words: int
    """Words of the text, between white space."""
    pieces_before: int
    """Pieces of the text, split by the old tokeniser."""
    pieces_after: int
    """Pieces, split by the new one."""
    used: int
    """New pieces that the text uses."""
    check: Change | None
    """What became of other text."""
    facts: tuple[str, ...]
    """What the model card tells, beside the sizes."""

    def summary(self) -> str:
        """Sizes and facts, a line each."""
        return "\n".join([str(self.output), *difference(self.before, self.after), *self.facts])


def extend(
    checkpoint: Path,
    output: Path,
    *,
    text: Sequence[Path],
    pieces: int,
    check: Sequence[Path] = (),
) -> Extension:
    """Writes a checkpoint with pieces for the language of a text.

    The row of a new piece, in every table, is the mean of the rows of the pieces that spelled it
    before; what was unknown starts as [UNK] was read. All other weights and rows stay, to the bit.
    The new rows are a start: train on text of the language afterwards.

    Args:
        checkpoint: a folder that `save_pretrained` wrote, with any head, and a Unigram tokeniser.
        output: the new checkpoint's folder; it must not exist yet.
        text: text of the language: folders of `XX.txt` and `XX-YY.tsv`, or files.
        pieces: how many to add: first characters that were unknown, then what saves most pieces.
        check: other text, of which to report how much is split otherwise.

    Raises:
        ValueError: an output that exists, a checkpoint or text that is of no use, text that does
            not give so many pieces.

    Example: `extend(Path("base"), Path("more"), text=[Path("yo.txt")], pieces=4_000)`.
    """
    check_output(output)
    if pieces < 1:
        raise ValueError(f"pieces is {pieces}: add at least one.")
    source = open_checkpoint(checkpoint)
    texts, other = Text.of(text), Text.of(check)
    before = count_pieces(source.tokenizer, texts)
    new = best_pieces(source, texts, pieces)
    tokenizer = revise(source.tokenizer, [*source.pieces, *new])
    after = count_pieces(tokenizer, texts)
    first = len(source.pieces)
    unknown = source.tokenizer.unk_token_id
    used = int((after.counts[first : first + pieces] > 0).sum())
    facts = [
        f"new pieces: {pieces:,}, of which {texts.names()} use {used:,}",
        f"pieces of the text: {before.pieces:,} → {after.pieces:,}, unknown ones "
        f"{before.counts[unknown]:,} → {after.counts[unknown]:,}",
        f"pieces a word: {before.pieces / before.words:.2f} → {after.pieces / after.words:.2f}",
        *texts.left_out(),
    ]
    old_ids = [*range(first), *[-1] * pieces, *source.added]
    change = compare(source.tokenizer, tokenizer, old_ids, other) if check else None
    if change:
        facts.append(change.line())
    spell = source.tokenizer.backend_tokenizer.model.tokenize
    spellings = iter([token.id for token in spell(piece)] for piece, _ in new)
    origins = [next(spellings) if old < 0 else [old] for old in old_ids]
    size = write_checkpoint(source, output, tokenizer, origins, verb="extended", facts=facts)
    return Extension(
        output=output,
        before=source.size,
        after=size,
        words=before.words,
        pieces_before=before.pieces,
        pieces_after=after.pieces,
        used=used,
        check=change,
        facts=tuple(facts),
    )


def best_pieces(source: Checkpoint, texts: Text, count: int) -> list[Piece]:
    """The new pieces that save most on a text, best first, with scores on the old scale.

    Raises:
        ValueError: the text does not give so many.
    """
    letters: set[str] = set()
    for line in _normalised(source.tokenizer, texts):
        letters.update(line)
    least = len(letters) + FRAME
    size = 2 * count + least
    while True:
        trained, whole = _train(source.tokenizer, texts, size, least)
        useful = _useful(source, _on_old_scale(source, trained), texts)
        if len(useful) >= count:
            return useful[:count]
        if not whole:
            raise ValueError(
                f"the text gives {len(useful)} new pieces that it would use, and {count} are "
                "asked for: give more text or ask for fewer."
            )
        size *= 2


def _normalised(tokenizer: PreTrainedTokenizerFast, lines: Iterable[str]) -> Iterator[str]:
    """Lines as the old vocabulary's pieces see them."""
    normalizer = tokenizer.backend_tokenizer.normalizer
    return iter(lines) if normalizer is None else map(normalizer.normalize_str, lines)


def _train(
    tokenizer: PreTrainedTokenizerFast, texts: Text, size: int, least: int
) -> tuple[list[Piece], bool]:
    """The pieces of a vocabulary of this size, and whether the text gave so many."""
    wanted = size
    while True:
        try:
            trained = train_tokenizer(_normalised(tokenizer, texts), vocabulary_size=size)
            break
        except ValueError:
            if size <= least:
                raise
            size = max(least, int(size * SHRINK))
    special = set(trained.all_special_tokens)
    return [piece for piece in unigram(trained) if piece[0] not in special], size == wanted


def _on_old_scale(source: Checkpoint, trained: list[Piece]) -> list[Piece]:
    """The trained pieces that are new, and no piece below the old ones: an unknown character costs
    what the lowest piece costs, and more."""
    old = dict(source.pieces)
    shift = score_shift(old, trained)
    lowest = min(old.values())
    known = source.tokenizer.get_vocab()
    return [(piece, max(lowest, score + shift)) for piece, score in trained if piece not in known]


def score_shift(old: Mapping[str, float], trained: Iterable[Piece]) -> float:
    """What to add to trained scores for the scale of old ones.

    The mean difference over the pieces that both have, each weighted by its trained share; 0 if
    they have none in common.

    Example: `▁a` −2 and `b` −4 in the old, −1 and −3 in the trained → −1.
    """
    common = [(exp(score), old[piece] - score) for piece, score in trained if piece in old]
    total = sum(share for share, _ in common)
    return sum(share * gap for share, gap in common) / total if total else 0.0


def _useful(source: Checkpoint, pool: list[Piece], texts: Text) -> list[Piece]:
    """The pieces of a pool that the text uses: first characters that were unknown, then by the
    number of old pieces that each saves."""
    trial = revise(source.tokenizer, [*source.pieces, *pool])
    counts = count_pieces(trial, texts).counts[len(source.pieces) :].tolist()
    letters = [piece for piece in pool if len(piece[0]) == 1]
    spell = Unigram([*source.pieces, *letters], unk_id=source.tokenizer.unk_token_id).tokenize
    ranks = {}
    for piece, count in zip(pool, counts[: len(pool)], strict=True):
        is_letter = len(piece[0]) == 1
        saved = count * (1 if is_letter else len(spell(piece[0])) - 1)
        if saved > 0:
            ranks[piece] = (not is_letter, -saved, piece[0])
    return sorted(ranks, key=ranks.__getitem__)
