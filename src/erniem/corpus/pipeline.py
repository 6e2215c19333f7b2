"""From folders of text to a corpus: gather, train a vocabulary, encode, write.

```text
XX.txt ──────┐
XX-YY.tsv ───┴─gather─▶ text ─▶ vocabulary ─encode─▶ monolingual/XX, parallel/XX-YY, counts.npy
                └─▶ held_out/XX-YY.tsv               manifest.json
```

The simple form: the text of a run is held in memory.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from erniem.corpus.corpus import Corpus, open_corpus
from erniem.corpus.encode import MOST_SENTENCES, train_vocabulary, write_shards
from erniem.corpus.gather import codes_of, gather
from erniem.corpus.manifest import write_manifest
from erniem.tokenization import fingerprint, open_tokenizer
from erniem.whole import whole_or_not_at_all

__all__ = ["build_corpus"]


def build_corpus(
    sources: Sequence[Path],
    output: Path,
    *,
    tokenizer: Path | None = None,
    vocabulary_size: int = 16_000,
    vocabulary_alpha: float = 0.3,
    vocabulary_sentences: int = MOST_SENTENCES,
    languages: Sequence[str] | None = None,
    pairs_as_text: bool = True,
    max_per_source: int | None = None,
    held_out: int = 500,
    exclude: Sequence[Path] = (),
    max_pieces: int = 510,
) -> Corpus:
    """Builds a corpus, whole or not at all.

    Args:
        sources: folders with `XX.txt` and `XX-YY.tsv` files.
        output: the corpus; it must not exist yet.
        tokenizer: folder of a tokeniser; one is trained on the text if None.
        vocabulary_size: pieces of a trained tokeniser.
        vocabulary_alpha: temperature of the mix of languages that it is trained on: 1 as they are,
            0 all alike.
        vocabulary_sentences: so many of them, at most; fewer are quicker.
        languages: only these; all that are found if None.
        pairs_as_text: the sides of pairs are monolingual sentences too.
        max_per_source: lines kept of each file, at most, drawn; all if None.
        held_out: pairs of each two languages kept for evaluation, at most a tenth of them.
        exclude: folders of evaluation sets; what stands in them is dropped.
        max_pieces: longer sentences are cropped, and counted in the manifest.

    Raises:
        ValueError: no text, a language without text, a damaged or useless file, too little text
            for the vocabulary, a tokeniser that is none, an output that exists, a setting out of
            range.
        OSError: the output cannot be written, for want of room for example.
    """
    if output.exists():
        raise ValueError(f"{output} exists already: choose another output, or delete it.")
    if not 0 <= vocabulary_alpha <= 1:
        raise ValueError(f"vocabulary_alpha is {vocabulary_alpha}; it must be from 0 to 1.")
    pieces = None if tokenizer is None else open_tokenizer(tokenizer)
    text = gather(
        sources,
        languages=languages,
        exclude=exclude,
        max_per_source=max_per_source,
        held_out=held_out,
        pairs_as_text=pairs_as_text,
    )
    with whole_or_not_at_all(output) as partial:
        if pieces is None:
            pieces = train_vocabulary(
                text.rows,
                size=vocabulary_size,
                alpha=vocabulary_alpha,
                most=vocabulary_sentences,
            )
        pieces.save_pretrained(partial / "tokenizer")
        datasets = write_shards(partial, text, pieces, max_pieces)
        _write_held_out(partial / "held_out", text.held_out)
        write_manifest(
            partial,
            languages=codes_of(text.rows),
            tokenizer=fingerprint(pieces),
            datasets=datasets,
            held_out={label: len(pairs) for label, pairs in text.held_out.items()},
            from_pairs=text.from_pairs,
            drops=text.drops,
        )
    return open_corpus(output)


def _write_held_out(folder: Path, kept: Mapping[str, list[tuple[str, ...]]]) -> None:
    folder.mkdir()
    for label, pairs in kept.items():
        lines = "".join(f"{one}\t{other}\n" for one, other in pairs)
        (folder / f"{label}.tsv").write_text(lines, encoding="utf-8")
