"""Takes out of a checkpoint the pieces that given text does not use.

A Unigram tokeniser takes the best of all ways to split a word. Without a piece that this way does
not use it is still the best, so text is split as before if all its pieces stay. Two more stay for
text that is yet to come: single characters, so that it can be spelled, and a piece of the lowest
score, on which the price of an unknown character depends.

Letters: V pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from erniem.surgery.checkpoint import (
    FIRST,
    Checkpoint,
    Piece,
    open_checkpoint,
    revise,
    write_checkpoint,
)
from erniem.surgery.report import Size, check_output, difference
from erniem.surgery.text import Change, Text, Usage, changed_lines, compare, count_pieces

__all__ = ["Trimming", "kept_pieces", "trim"]


@dataclass(frozen=True, kw_only=True)
class Trimming:
    """What `trim` did."""

    output: Path
    """The new checkpoint."""
    before: Size
    """Size of the old checkpoint."""
    after: Size
    """Size of the new one."""
    lines: int
    """Lines of the text."""
    changed: int
    """Lines of the text that are split otherwise now."""
    check: Change | None
    """What became of other text."""

    facts: tuple[str, ...]
    """What the model card tells, beside the sizes."""

    def summary(self) -> str:
        """Sizes and facts, a line each."""
        return "\n".join([str(self.output), *difference(self.before, self.after), *self.facts])


def trim(
    checkpoint: Path,
    output: Path,
    *,
    text: Sequence[Path],
    min_count: int = 1,
    keep_characters: bool = False,
    check: Sequence[Path] = (),
) -> Trimming:
    """Writes a checkpoint that has only the pieces that text uses.

    Outputs at the pieces that stay are as before, to the bit: hidden states, and the columns of a
    masked-LM head. With `min_count` 1 the text itself is split as before.

    Args:
        checkpoint: a folder that `save_pretrained` wrote, with any head, and a Unigram tokeniser.
        output: the new checkpoint's folder; it must not exist yet.
        text: folders of `XX.txt` and `XX-YY.tsv`, or files; plain or `.gz`, `.xz`, `.zst`.
        min_count: a piece stays if the text uses it so often.
        keep_characters: keep all single characters, not only those of the text.
        check: other text, of which to report how much is split otherwise.

    Raises:
        ValueError: an output that exists, a checkpoint or text that is of no use.

    Example: `trim(Path("base"), Path("small"), text=[Path("xnli")]).after.pieces` → `82_341`.
    """
    check_output(output)
    if min_count < 1:
        raise ValueError(f"min_count is {min_count}: give 1 to keep all that is used, or more.")
    source = open_checkpoint(checkpoint)
    texts, other = Text.of(text), Text.of(check)
    usage = count_pieces(source.tokenizer, texts)
    kept = kept_pieces(
        source.pieces,
        usage,
        always=_special(source),
        min_count=min_count,
        keep_characters=keep_characters,
    )
    tokenizer = revise(source.tokenizer, [source.pieces[old] for old in kept])
    old_ids = [*kept, *source.added]
    changed = changed_lines(tokenizer, old_ids, texts, usage)
    facts = [
        f"pieces that stayed: those that {texts.names()} use {min_count} times or more"
        + (", and all single characters" if keep_characters else ""),
        f"the text: {changed:,} of {usage.lines:,} lines are split otherwise now",
        *texts.left_out(),
    ]
    change = compare(source.tokenizer, tokenizer, old_ids, other) if check else None
    if change:
        facts.append(change.line())
    origins = [[old] for old in old_ids]
    size = write_checkpoint(source, output, tokenizer, origins, verb="trimmed", facts=facts)
    return Trimming(
        output=output,
        before=source.size,
        after=size,
        lines=usage.lines,
        changed=changed,
        check=change,
        facts=tuple(facts),
    )


def kept_pieces(
    pieces: Sequence[Piece],
    usage: Usage,
    *,
    always: frozenset[int],
    min_count: int = 1,
    keep_characters: bool = False,
) -> list[int]:
    """The ids that stay, in their order.

    Args:
        pieces: the vocabulary, by id.
        usage: what the text uses.
        always: ids that stay in any case.
        min_count, keep_characters: see `trim`.

    Example: pieces `a b ab ba`, used `ab` → `a b ab`.
    """
    counts = np.maximum(usage.counts, usage.inner)[: len(pieces)]
    kept = always | set(np.flatnonzero(counts >= min_count).tolist())
    used = (pieces[row][0] for row in np.flatnonzero(counts).tolist() if row not in always)
    characters = set().union(*used)
    kept |= {
        row
        for row, (piece, _) in enumerate(pieces)
        if len(piece) == 1 and (keep_characters or piece in characters)
    }
    lowest = min(range(len(pieces)), key=lambda row: (pieces[row][1], row not in kept))
    return sorted(kept | {lowest})


def _special(checkpoint: Checkpoint) -> frozenset[int]:
    """Special tokens, and whatever else was given to the tokeniser as a whole token."""
    added = checkpoint.tokenizer.added_tokens_decoder
    return FIRST | {row for row in added if row < len(checkpoint.pieces)}
