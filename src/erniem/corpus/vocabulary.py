"""A tokeniser from folders of text, without a corpus around it."""

from collections.abc import Sequence
from pathlib import Path

from erniem.corpus.encode import train_vocabulary
from erniem.corpus.gather import gather

__all__ = ["build_tokenizer"]


def build_tokenizer(
    sources: Sequence[Path],
    output: Path,
    *,
    vocabulary_size: int = 16_000,
    vocabulary_alpha: float = 0.3,
    languages: Sequence[str] | None = None,
) -> Path:
    """Trains a vocabulary and writes it as a transformers tokeniser.

    Args:
        sources: folders with `XX.txt` and `XX-YY.tsv` files.
        output: the tokeniser's folder; it must not exist yet.
        vocabulary_size: pieces, the five special ones counted.
        vocabulary_alpha: temperature of the mix of languages, see `build_corpus`.
        languages: only these; all that are found if None.

    Raises:
        ValueError: as `build_corpus` does.
    """
    if output.exists():
        raise ValueError(f"{output} exists already: choose another output, or delete it.")
    text = gather(
        sources,
        languages=languages,
        exclude=(),
        max_per_source=None,
        held_out=0,
        pairs_as_text=True,
    )
    tokenizer = train_vocabulary(text.rows, size=vocabulary_size, alpha=vocabulary_alpha)
    tokenizer.save_pretrained(output)
    return output
